"""Labels of a crowd in crowd-kit's style: a CSV `task,worker,label`, and one of known answers `task,label`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gamelabel.labels.reading import Reading, blank_labels, rejections
from gamelabel.labels.tables import check_table

_OTHER_NAMES = {"item": "task", "performer": "worker", "player": "worker", "truth": "label"}


def read_crowd(path: str | Path, gold: str | Path | None = None) -> Reading:
    """Read labels that choose between two answers, whatever the two are called; the smaller one becomes a, the other b.

    path: a CSV with columns task (or item), worker (or performer, player) and label; gold: one with task and label (or
    truth). A task of `gold` becomes a comparison point, any other a preference. A row with an empty cell is rejected,
    and so is a second label of one worker for a task. Raises FileNotFoundError, or ValueError where the file is empty,
    cannot be read, lacks a column, or has other than two answers, or where gold contradicts itself.
    """
    raw = _table(path, ["task", "worker", "label"])
    faults = [(int(row), column, "is empty") for column in raw for row in raw.index[raw[column].isna()]]
    whole = raw.dropna()
    again = whole.duplicated(["task", "worker"])
    faults += [(int(row), "worker", "labelled this task before") for row in whole.index[again]]
    kept = whole[~again]
    known = _known(gold)
    names = sorted({*kept.label, *known})
    if len(names) > 2:
        raise ValueError(f"{path} has {len(names)} different labels, such as {', '.join(names[:4])}: a choice has two")
    side = dict(zip(names, "ab", strict=False))
    side |= {"a": "a", "b": "b"} if set(names) <= {"a", "b"} else {}

    labels = blank_labels(kept.task.tolist(), kept.label.map(side).tolist(), "crowd")
    labels = labels.assign(player_id=kept.worker.to_numpy())
    tasks = pd.Series(kept.task.unique(), dtype=object)
    answers = tasks.map(known.map(side)) if len(known) else pd.Series(None, index=tasks.index, dtype=object)
    pairs = pd.DataFrame({"pair_id": tasks, "prompt_id": tasks, "prompt": "task " + tasks, "gold": answers})
    pairs["kind"] = pairs.gold.notna().map({True: "comparison", False: "preference"})
    pairs = pairs.assign(image_a=None, image_b=None, seed_a=None, seed_b=None, model=None)
    faults.sort()
    return Reading(check_table(pairs, "pairs", str(path)), check_table(labels, "labels", str(path)), rejections(faults))


def _known(gold: str | Path | None) -> pd.Series:
    """Known answers by task."""
    if gold is None:
        return pd.Series(dtype=object)
    answers = _table(gold, ["task", "label"]).dropna().drop_duplicates()
    twice = answers.task[answers.task.duplicated()]
    if len(twice):
        raise ValueError(f"{gold} contradicts itself about {twice.nunique()} tasks, such as {twice.iloc[0]!r}")
    return answers.set_index("task").label


def _table(path: str | Path, columns: list[str]) -> pd.DataFrame:
    """The columns of a CSV as text, null where empty."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: give a CSV with columns {', '.join(columns)}")
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path} is empty: it needs columns {', '.join(columns)}") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no CSV in UTF-8: {error}") from error
    raw = raw.rename(columns={old: new for old, new in _OTHER_NAMES.items() if new not in raw})
    missing = [column for column in columns if column not in raw]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}: it has {', '.join(map(str, raw))}")
    return raw[columns].astype(object).where(raw[columns].notna(), None)
