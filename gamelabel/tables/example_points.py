"""Examples of labelled points, with the images that players preferred."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.votes import count_votes


def example_preferences(
    tables: LabelTables, folder: str | Path, n: int = 8, seed: int = 0
) -> pd.DataFrame:
    """Draw preference points at random from those of which one image has more votes.

    Parameters
    ----------
    tables : LabelTables
        The labels and their pairs.
    folder : str or Path
        The folder of the images. Points of which an image does not exist are left out.
    n : int
        Number of points; fewer if there are not as many.
    seed : int
        Seed of the draw.

    Returns
    -------
    DataFrame
        Columns `pair_id`, `prompt`, `chosen` and `rejected`, the last two paths in the folder.

    Examples
    --------
    >>> from gamelabel.tables import read_label_tables
    >>> example_preferences(read_label_tables("nowhere"), "nowhere").columns.tolist()
    ['pair_id', 'prompt', 'chosen', 'rejected']
    """
    points = tables.pairs[tables.pairs["kind"] == "preference"]
    votes = count_votes(tables.labels).merge(points, on="pair_id")
    votes = votes[votes["votes_a"] != votes["votes_b"]]
    prefers_a = votes["votes_a"] > votes["votes_b"]
    chosen = votes["image_a"].where(prefers_a, votes["image_b"])
    rejected = votes["image_b"].where(prefers_a, votes["image_a"])
    decided = votes[["pair_id", "prompt"]].assign(chosen=chosen, rejected=rejected)
    exists = decided[["chosen", "rejected"]].map(lambda file: Path(folder, str(file)).is_file())
    decided = decided[exists.all(axis=1)]
    return decided.sample(min(n, len(decided)), random_state=seed)
