"""Names of tasks, workers, categories and items: two of them must not look the same."""

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
    ValueError: 1 and '1' are two tasks that look the same: ...
    """
    if names.dtype != object:
        return
    first_seen: dict[str, object] = {}
    for name in names:
        other = first_seen.setdefault(printed_name(name), name)
        if isinstance(other, str) != isinstance(name, str):
            raise ValueError(
                f"{quoted(other)} and {quoted(name)} are two {what}s that look the same: convert "
                "their column to one type, for example by astype(str)"
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
