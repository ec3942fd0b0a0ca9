"""Labels of a crowd in crowd-kit's style: a CSV `task,worker,label`, and one of known answers `task,label`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.readers.reading import Reading, blank_labels, rejections
from gamelabel.tables.csv_rows import Row, csv_rows, is_text
from gamelabel.tables.table_files import check_table

TIE = "tie"  # the one label beside two answers: neither is better
_OTHER_NAMES = {"item": "task", "performer": "worker", "player": "worker", "truth": "label"}
_AT_ONCE = 100_000  # rows that stand in memory as Python's own


class Annotations(NamedTuple):
    """A crowd's labels `task, worker, label`, known answers `task, label` (perhaps none), and what was `rejected`."""

    labels: pd.DataFrame
    gold: pd.DataFrame
    rejected: pd.DataFrame


def read_annotations(path: str | Path, gold: str | Path | None = None) -> Annotations:
    """Read labels of any number of classes, all as text; the form that `gamelabel.reliability` takes.

    path: a CSV with columns task (or item), worker (or performer, player) and label; gold: one with task and label (or
    truth). A row that is broken or has an empty cell is rejected, and so is a second label of one worker for a task.
    Raises FileNotFoundError, or ValueError where a file is empty or lacks a column, or where gold contradicts itself.
    """
    raw, faults = _table(Path(path), ["task", "worker", "label"])
    again = raw.duplicated(["task", "worker"])
    faults += [(int(row), "worker", "labelled this task before") for row in raw.index[again]]
    known, gold_faults = (
        _known(Path(gold)) if gold else (pd.DataFrame({"task": [], "label": []}, dtype=object), [])
    )
    of_gold = [
        (row, column, f"in the file of known answers: {reason}")
        for row, column, reason in gold_faults
    ]
    return Annotations(
        raw[~again].reset_index(drop=True), known, rejections(sorted(faults) + of_gold)
    )


def read_crowd(path: str | Path, gold: str | Path | None = None) -> Reading:
    """Read labels that choose between two answers, whatever the two are called; the smaller one becomes a, the other b.

    A label "tie" stays one. A task of `gold` becomes a comparison point, any other a preference. Reads and raises as
    `read_annotations`, and ValueError where there are more than two answers or gold says tie.
    """
    found = read_annotations(path, gold)
    if (found.gold.label == TIE).any():
        raise ValueError(
            f"{gold} says {TIE!r} of a task: a comparison point has an answer; leave such tasks out"
        )
    names = sorted({*found.labels.label, *found.gold.label} - {TIE})
    if len(names) > 2:
        raise ValueError(
            f"{path} has {len(names)} different labels, such as {', '.join(names[:4])}: a choice has two"
        )
    side = dict(zip(names, "ab", strict=False)) | {TIE: TIE}
    side |= {"a": "a", "b": "b"} if set(names) <= {"a", "b"} else {}

    labels = blank_labels(
        found.labels.task.tolist(), found.labels.label.map(side).tolist(), "crowd"
    )
    labels = labels.assign(player_id=found.labels.worker.to_numpy())
    tasks = pd.Series(found.labels.task.unique(), dtype=object)
    answers = tasks.map(found.gold.set_index("task").label.map(side).to_dict()).astype(object)
    pairs = pd.DataFrame(
        {"pair_id": tasks, "prompt_id": tasks, "prompt": "task " + tasks, "gold": answers}
    )
    pairs["kind"] = pairs.gold.notna().map({True: "comparison", False: "preference"})
    pairs = pairs.assign(image_a=None, image_b=None, seed_a=None, seed_b=None, model=None)
    return Reading(
        check_table(pairs, "pairs", str(path)),
        check_table(labels, "labels", str(path)),
        found.rejected,
    )


def _known(path: Path) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    """Known answers, one a task, and what is wrong in their file."""
    raw, faults = _table(path, ["task", "label"])
    answers = raw.drop_duplicates()
    twice = answers.task[answers.task.duplicated()]
    if len(twice):
        raise ValueError(
            f"{path} contradicts itself about {twice.nunique()} tasks, such as {twice.iloc[0]!r}"
        )
    return answers.reset_index(drop=True), faults


def _table(path: Path, columns: list[str]) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    """The columns of a CSV as text, by the row's number, and the faults of rows that are left out."""
    rows, faults, parts = csv_rows(path, columns, other_names=_OTHER_NAMES), [], []
    while chunk := list(islice(rows, _AT_ONCE)):
        whole = []
        for row in chunk:
            wrong = _faults(row, columns)
            faults += [(row.number, *fault) for fault in wrong]
            if not wrong:
                whole.append(row)
        cells = {column: [row.cells[column] for row in whole] for column in columns}
        parts.append(pd.DataFrame(cells, index=[row.number for row in whole], dtype="str"))
    return pd.concat(parts) if parts else pd.DataFrame(columns=columns, dtype="str"), faults


def _faults(row: Row, columns: list[str]) -> list[tuple[str, str]]:
    """What is wrong with a row: column and reason."""
    if row.wrong:
        return [("", row.wrong)]
    cells = [(column, row.cells[column]) for column in columns]
    return [
        (c, "is not UTF-8" if cell else "is empty")
        for c, cell in cells
        if not cell or not is_text(cell)
    ]
