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


def check_matching_names(
    gold: pd.Index, labels: pd.Index, what: str, gold_place: str, labels_place: str
) -> None:
    """Raise ValueError where no name in gold is one of the labels' names.

    Parameters
    ----------
    gold, labels : Index
        The names of tasks, or the categories, in gold and in the labels.
    what : str
        What an error message calls one of them.
    gold_place, labels_place : str
        What it calls the two places, such as their paths.

    Examples
    --------
    >>> places = ("gold", "the labels")
    >>> check_matching_names(pd.Index(["t1", "t9"]), pd.Index(["t1"]), "task", *places)
    >>> check_matching_names(pd.Index(["x1", "x2"]), pd.Index(["t1"]), "task", *places)
    Traceback (most recent call last):
    ...
    ValueError: gold has tasks such as 'x1', 'x2', the labels such as 't1': none is in both
    """
    if not len(gold) or not len(labels):
        return
    if _kind(gold) != _kind(labels):
        check_distinct_names(pd.Index([*gold, *labels], dtype=object), what)
    if not gold.isin(labels).any():
        raise ValueError(
            f"{gold_place} has {_plural(what)} such as {_shown(gold)}, {labels_place} such as "
            f"{_shown(labels)}: none is in both"
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
    kind = pd.api.types.infer_dtype(names)
    return "number" if kind in ("integer", "floating", "mixed-integer-float") else kind


def _plural(what: str) -> str:
    return what[:-1] + "ies" if what.endswith("y") else what + "s"


def _shown(names: pd.Index) -> str:
    return ", ".join(quoted(name) for name in names[:2])
