"""Copies of recordings: new games are fetched, deleted ones are removed."""

from __future__ import annotations

import shutil
from pathlib import Path

from gamelabel.files import replacing
from gamelabel.games.play.recorded_tables import game_ids, table_path
from gamelabel.games.play.recordings_card import write_recordings_card

_TABLES = ("steps", "seats", "episodes")  # in this order a reader never sees a part of a game


def fetch_games(
    source: str | Path, target: str | Path, licence: str = ""
) -> tuple[list[str], list[str]]:
    """Copy the games that a folder of recordings has and another one lacks, and write a card.

    Games that were deleted at the source, as when a player withdraws, are deleted in the copy.

    Parameters
    ----------
    source : str or Path
        The folder of recordings, such as a server's.
    target : str or Path
        The copy; it is created if needed.
    licence : str
        What the card of the copy states; see `write_recordings_card`.

    Returns
    -------
    new, deleted : list of str
        Ids of the games that were copied, and of those that were deleted.

    Raises
    ------
    FileNotFoundError
        If the source has no recordings at all: a copy is not emptied by a wrong path.
    """
    source, target = Path(source), Path(target)
    if not (source / "episodes").is_dir():
        raise FileNotFoundError(f"{source.absolute()} is not a folder of recordings (no episodes/)")
    there, here = set(game_ids(source)), set(game_ids(target))
    for game in sorted(there - here):
        for table in _TABLES:
            with replacing(table_path(target, table, game)) as partial:
                shutil.copyfile(table_path(source, table, game), partial)
    for game in sorted(here - there):
        for table in reversed(_TABLES):
            table_path(target, table, game).unlink(missing_ok=True)
    if there:
        write_recordings_card(target, licence)
    return sorted(there - here), sorted(here - there)
