"""Recognize GameLabel-10K's release by its size, so that nothing else is called released."""

from __future__ import annotations

from gamelabel.tables.released_csv import RELEASED_COLUMNS

# its page on the hub: 6.84 thousand rows, 2.26 GB of text
ROWS = (6_835, 6_844)
CHARACTERS = (2_255_000_000, 2_265_000_000)


def is_release(columns: set[str], rows: int, characters: int) -> bool:
    """Return whether data with these columns, rows and characters are the release.

    Parameters
    ----------
    columns : set of str
        Names of the columns. A number of the row may have any name.
    rows : int
        Number of rows.
    characters : int
        Length of all cells together.

    Returns
    -------
    bool
        Whether they have the release's columns and its size.

    Examples
    --------
    >>> columns = {"prompt", "img0_votes", "img0_encoding", "img1_votes", "img1_encoding"}
    >>> is_release(columns, 6840, 2_260_000_000), is_release(columns, 12, 4_000_000)
    (True, False)
    """
    numbers = {"", "Unnamed: 0"}
    has_size = ROWS[0] <= rows <= ROWS[1] and CHARACTERS[0] <= characters <= CHARACTERS[1]
    return has_size and columns - numbers == set(RELEASED_COLUMNS)
