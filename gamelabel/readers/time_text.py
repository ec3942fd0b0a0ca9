"""Check the times of records."""

from __future__ import annotations

from datetime import date

import pandas as pd


def time_problem(value: object) -> str:
    """Return what is wrong with a time, or "".

    A number is refused: it does not say in which unit, and since when, it counts.

    >>> time_problem("2026-05-01T10:00:00Z"), time_problem(5)
    ('', 'is not a time: 5; write it as 2023-01-15T12:00:00Z')
    """
    if isinstance(value, (str, date)):
        time = pd.to_datetime(value, utc=True, errors="coerce", format="ISO8601")
        if not pd.isna(time):
            return ""
    return f"is not a time: {value!r}; write it as 2023-01-15T12:00:00Z"
