"""The labels of one source as the tables `pairs`, `labels` and `players`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.tables.checks import check_table
from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import read_table
from gamelabel.tables.votes import players_from_labels

# Subfolder of a run for pairs, and their pictures, that came with labels from elsewhere
OUTSIDE_FOLDER = "outside"
_NAMES = ("pairs", "labels", "players")


def rejected_cells(faults: Iterable[tuple[int, str, str]] = ()) -> pd.DataFrame:
    """Return faults (row, column, reason) as a frame.

    Examples
    --------
    >>> rejected_cells([(3, "choice", "is empty")])
       row  column    reason
    0    3  choice  is empty
    """
    frame = pd.DataFrame(list(faults), columns=["row", "column", "reason"])
    return frame.astype({"row": int, "column": str, "reason": str})


class LabelTables(NamedTuple):
    """The labels of one source.

    Attributes
    ----------
    pairs, labels, players : DataFrame
        The tables of these names; see `TABLES`.
    rejected : DataFrame
        Cells of the source that could not be used: `row` (counted from 0, without a header),
        `column` and `reason`.
    """

    pairs: pd.DataFrame
    labels: pd.DataFrame
    players: pd.DataFrame
    rejected: pd.DataFrame = rejected_cells()

    def by_name(self) -> dict[str, pd.DataFrame]:
        """Return the three tables by their names."""
        return {"pairs": self.pairs, "labels": self.labels, "players": self.players}


def label_tables(
    pairs: pd.DataFrame,
    labels: pd.DataFrame,
    faults: Iterable[tuple[int, str, str]],
    game_id: str,
    where: str,
) -> LabelTables:
    """Make the tables of a source that does not have all of their columns.

    Columns that a frame lacks become null; a label's name is that of its pair and a number.

    Parameters
    ----------
    pairs : DataFrame
        At least `pair_id`, `prompt_id`, `prompt` and `kind`.
    labels : DataFrame
        At least `pair_id`, `choice` and `source`.
    faults : iterable of (int, str, str)
        Row, column and reason of each cell that could not be used.
    game_id : str
        What the table `players` calls the game.
    where : str
        What an error message calls the source, such as its path.

    Returns
    -------
    LabelTables
        The tables, checked.

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame(
    ...     {"pair_id": ["p1"], "prompt_id": ["t1"], "prompt": ["a star"], "kind": ["preference"]}
    ... )
    >>> labels = pd.DataFrame({"pair_id": ["p1", "p1"], "choice": ["a", "b"], "source": "crowd"})
    >>> label_tables(pairs, labels, [], "demo", "an example").labels["label_id"].tolist()
    ['p1-0', 'p1-1']
    """
    number = labels.groupby("pair_id").cumcount().astype(str)
    named = labels.assign(label_id=labels["pair_id"] + "-" + number)
    checked = check_table(pairs.reindex(columns=list(TABLES["pairs"])), "pairs", where)
    choices = check_table(named.reindex(columns=list(TABLES["labels"])), "labels", where)
    players = players_from_labels(choices, checked, game_id)
    return LabelTables(checked, choices, players, rejected_cells(faults))


def labelled_pairs(run_dir: str | Path) -> pd.DataFrame:
    """Read the pairs that a run's labels are about: those that came with them, or the run's own.

    Examples
    --------
    >>> labelled_pairs("nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: /.../nowhere/pairs.parquet not found: run notebooks/02_images.ipynb first
    """
    outside = Path(run_dir) / OUTSIDE_FOLDER
    return read_table(outside if (outside / "pairs.parquet").is_file() else run_dir, "pairs")


def read_label_tables(run_dir: str | Path) -> LabelTables:
    """Read the labels of a run, their pairs and players; without labels the tables are empty.

    Examples
    --------
    >>> tables = read_label_tables("nowhere")
    >>> len(tables.labels), "choice" in tables.labels
    (0, True)
    """
    if not (Path(run_dir) / "labels.parquet").is_file():
        empty = (check_table(pd.DataFrame(columns=list(TABLES[name])), name) for name in _NAMES)
        return LabelTables(*empty)
    labels, players = read_table(run_dir, "labels"), read_table(run_dir, "players")
    return LabelTables(labelled_pairs(run_dir), labels, players)


def fitting_images(run_dir: str | Path) -> pd.DataFrame:
    """Return which image fits, for each pair of a run's labels of which exactly one image fits.

    Only the judge of the drawn world knows. The result is empty if the labels came with pairs of
    their own, or if the run has no table `adherence`.

    Parameters
    ----------
    run_dir : str or Path
        The run's folder.

    Returns
    -------
    DataFrame
        Columns `task` (the pair) and `label` ("a" or "b"), as the known answers of
        `gamelabel.reliability.accuracy`.

    Examples
    --------
    >>> fitting_images("nowhere")
    Empty DataFrame
    Columns: [task, label]
    Index: []
    """
    run_dir = Path(run_dir)
    outside = (run_dir / OUTSIDE_FOLDER / "pairs.parquet").is_file()
    if outside or not (run_dir / "adherence.parquet").is_file():
        return pd.DataFrame({"task": [], "label": []}, dtype=object)
    truth = read_table(run_dir, "adherence")
    truth = truth[truth["fits_a"] != truth["fits_b"]]
    label = truth["fits_a"].map({True: "a", False: "b"})
    return pd.DataFrame({"task": truth["pair_id"], "label": label}).reset_index(drop=True)
