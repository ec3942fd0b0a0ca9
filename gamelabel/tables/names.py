"""Names of tasks, workers, categories and items: two must not look alike, and gold must match."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd


def check_distinct_names(names: pd.Index, what: str) -> None:
    """Raise ValueError where two names look the same in print, such as the number 1 and "1".

    Parameters
    ----------
    names : Index
        Different names.
    what : str
        What an error message calls one of them.

    Examples
    --------
    >>> check_distinct_names(pd.Index([1, 2]), "task")
    >>> check_distinct_names(pd.Index([1, "1"], dtype=object), "task")
    Traceback (most recent call last):
    ...
    ValueError: 1 and '1' look the same as tasks: ...
    """
    if names.dtype != object or pd.api.types.infer_dtype(names) == "string":
        return
    texts = {printed_name(name): name for name in names if isinstance(name, str)}
    for name in names:
        other = None if isinstance(name, str) else texts.get(printed_name(name))
        if other is not None:
            raise ValueError(
                f"{quoted(name)} and {quoted(other)} look the same as {_plural(what)}: convert "
                "their column to one type, for example by astype(str)"
            )


def check_gold_matches(
    gold: pd.DataFrame,
    tasks: pd.Index,
    categories: pd.Index,
    gold_place: str = "gold",
    labels_place: str = "the labels",
) -> None:
    """Raise ValueError where gold matches no task or no category of the labels.

    Also where a name is text in one and a number in the other. A single known answer may be a
    category that nobody gave, and labels of one category may all be wrong.

    Parameters
    ----------
    gold : DataFrame
        Known answers: columns `task` and `label`, one row a task.
    tasks, categories : Index
        Those of the labels.
    gold_place, labels_place : str
        What an error message calls the two, such as their paths.

    Examples
    --------
    >>> gold = pd.DataFrame({"task": ["x1", "x2"], "label": "a"})
    >>> check_gold_matches(gold, pd.Index(["x1", "x3"]), pd.Index(["a", "b"]))
    >>> check_gold_matches(gold, pd.Index(["t1"]), pd.Index(["a", "b"]))
    Traceback (most recent call last):
    ...
    ValueError: gold has tasks such as 'x1', 'x2', the labels such as 't1': none is in both
    """
    parts = [("task", pd.Index(gold["task"]), tasks)]
    if len(gold) > 1 and len(categories) > 1:
        parts.append(("label", pd.Index(gold["label"].unique()), categories))
    for what, known, names in parts:
        if not len(known) or not len(names):
            continue
        if _kind(known) != _kind(names):
            check_distinct_names(pd.Index([*known, *names], dtype=object), what)
        # a few names nearly always suffice, and are faster than a million
        if not names.isin(known[:100]).any() and (names.get_indexer(known) < 0).all():
            raise ValueError(
                f"{gold_place} has {what}s such as {_shown(known)}, {labels_place} such as "
                f"{_shown(names)}: none is in both"
            )


def printed_name(name: object) -> str:
    """Return how a name looks in a table, a whole number without decimals.

    >>> printed_name(1), printed_name(1.0), printed_name("1.0"), printed_name("1.5")
    ('1', '1', '1', '1.5')
    """
    return re.sub(r"^(-?\d+)\.0*$", r"\1", str(name))


def quoted(name: object) -> str:
    """Return a name as an error message shows it: text in quotation marks, a number without.

    >>> quoted("1"), quoted(np.int64(1))
    ("'1'", '1')
    """
    return repr(name.item() if isinstance(name, np.generic) else name)


def _kind(names: pd.Index) -> str:
    if pd.api.types.is_numeric_dtype(names.dtype):
        return "number"
    return pd.api.types.infer_dtype(names) if names.dtype == object else str(names.dtype)


def _plural(what: str) -> str:
    return what[:-1] + "ies" if what.endswith("y") else what + "s"


def _shown(names: pd.Index) -> str:
    return ", ".join(quoted(name) for name in names[:2])
