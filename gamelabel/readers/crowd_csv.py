"""Read labels of a crowd in crowd-kit's form: a CSV of `task,worker,label`, another of answers."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.tables.label_tables import LabelTables, label_tables, rejected_cells
from gamelabel.tables.rows import BadFile, Row, csv_rows, is_text

TIE = "tie"  # a label beside the two answers: neither is better
_ALIASES = {"item": "task", "performer": "worker", "player": "worker", "truth": "label"}
_ROWS_AT_ONCE = 100_000  # rows in memory as Python objects

_Faults = list[tuple[int, str, str]]


class Annotations(NamedTuple):
    """Labels of a crowd.

    Attributes
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, all text.
    gold : DataFrame
        Known answers: columns `task` and `label`; perhaps no rows.
    rejected : DataFrame
        Cells that could not be used: `row` (counted from 0, without the header), `column` and
        `reason`.
    """

    labels: pd.DataFrame
    gold: pd.DataFrame
    rejected: pd.DataFrame


def read_annotations(path: str | Path, gold: str | Path | None = None) -> Annotations:
    r"""Read labels of any number of classes.

    Parameters
    ----------
    path : str or Path
        A CSV file with columns task (or item), worker (or performer, player) and label.
    gold : str or Path, optional
        A CSV file with columns task and label (or truth): the known answers.

    Returns
    -------
    Annotations
        A damaged row, one with an empty cell and a worker's second label of a task are rejected.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If a file is empty or lacks a column, or `gold` has two answers for a task.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("task,worker,label\n1,u,cat\n1,v,dog\n1,v,cat\n")
    ...     annotations = read_annotations(path)
    >>> annotations.labels
      task worker label
    0    1      u   cat
    1    1      v   dog
    >>> annotations.rejected
       row  column                    reason
    0    2  worker  labelled the task before
    """
    raw, faults = _read_columns(Path(path), ["task", "worker", "label"])
    repeated = raw.duplicated(["task", "worker"])
    faults += [(int(row), "worker", "labelled the task before") for row in raw.index[repeated]]
    answers, gold_faults = _read_gold(gold)
    rejected = rejected_cells(sorted(faults) + gold_faults)
    return Annotations(raw[~repeated].reset_index(drop=True), answers, rejected)


def read_crowd(path: str | Path, gold: str | Path | None = None) -> LabelTables:
    r"""Read labels that choose between two answers; the first in sorted order becomes a.

    A label "tie" stays a tie. A task with a known answer becomes a comparison point, any other a
    preference.

    Parameters
    ----------
    path, gold : str or Path
        As in `read_annotations`.

    Returns
    -------
    LabelTables
        Pairs have no image files.

    Raises
    ------
    FileNotFoundError, BadFile
        As in `read_annotations`; also if there are more than two answers, or a known answer is a
        tie.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("task,worker,label\n1,u,left\n1,v,right\n")
    ...     read_crowd(path).labels[["pair_id", "player_id", "choice"]]
      pair_id player_id choice
    0       1         u      a
    1       1         v      b
    """
    annotations = read_annotations(path, gold)
    sides = _sides(annotations, str(path), str(gold))
    tasks = pd.Series(annotations.labels["task"].unique(), dtype=object)
    answers = annotations.gold.set_index("task")["label"].map(sides).to_dict()
    pairs = pd.DataFrame({"pair_id": tasks, "prompt_id": tasks, "prompt": "task " + tasks})
    pairs["gold"] = tasks.map(answers).astype(object)
    pairs["kind"] = pairs["gold"].notna().map({True: "comparison", False: "preference"})
    labels = pd.DataFrame(
        {
            "pair_id": annotations.labels["task"],
            "player_id": annotations.labels["worker"],
            "choice": annotations.labels["label"].map(sides),
            "source": "crowd",
        }
    )
    tables = label_tables(pairs, labels, [], "csv", str(path))
    return tables._replace(rejected=annotations.rejected)


def _sides(annotations: Annotations, path: str, gold: str) -> dict[str, str]:
    """Map the two answers to a and b."""
    if (annotations.gold["label"] == TIE).any():
        raise BadFile(
            f"{gold} has the answer {TIE!r} for a task: a comparison point needs one of the two "
            "answers; leave such tasks out"
        )
    answers = sorted({*annotations.labels["label"], *annotations.gold["label"]} - {TIE})
    if len(answers) > 2:
        raise BadFile(
            f"{path} has {len(answers)} different labels, such as {', '.join(answers[:4])}: "
            "a choice is between two"
        )
    if set(answers) <= {"a", "b"}:
        return {"a": "a", "b": "b", TIE: TIE}
    return {**dict(zip(answers, "ab", strict=False)), TIE: TIE}


def _read_gold(path: str | Path | None) -> tuple[pd.DataFrame, _Faults]:
    """Read known answers, one a task, and the faults of their file."""
    if not path:
        return pd.DataFrame({"task": [], "label": []}, dtype=object), []
    raw, faults = _read_columns(Path(path), ["task", "label"])
    answers = raw.drop_duplicates()
    contradicted = answers["task"][answers["task"].duplicated()]
    if len(contradicted):
        raise BadFile(
            f"{path} has different answers for {contradicted.nunique()} tasks, such as "
            f"{contradicted.iloc[0]!r}"
        )
    named = [(row, column, f"in the file of known answers: {why}") for row, column, why in faults]
    return answers.reset_index(drop=True), named


def _read_columns(path: Path, columns: list[str]) -> tuple[pd.DataFrame, _Faults]:
    """Read columns of a CSV file as text, indexed by row number, and the faults of other rows."""
    rows = csv_rows(path, columns, aliases=_ALIASES)
    faults: _Faults = []
    parts = [pd.DataFrame(columns=columns, dtype="str")]
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        valid = []
        for row in chunk:
            row_faults = _row_faults(row, columns)
            faults += [(row.number, *fault) for fault in row_faults]
            if not row_faults:
                valid.append(row)
        cells = {column: [row.cells[column] for row in valid] for column in columns}
        parts.append(pd.DataFrame(cells, index=[row.number for row in valid], dtype="str"))
    return pd.concat(parts[1:] or parts), faults


def _row_faults(row: Row, columns: list[str]) -> list[tuple[str, str]]:
    if row.error:
        return [("", row.error)]
    faults = []
    for column in columns:
        cell = row.cells[column]
        if not cell:
            faults.append((column, "is empty"))
        elif not is_text(cell):
            faults.append((column, "is not UTF-8"))
    return faults
