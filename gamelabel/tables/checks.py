"""Check that a frame has the columns, the types and the values of a table of the study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gamelabel.tables.schema import ROW_RULES, TABLES, Column

_LISTED_CELLS = 5  # invalid cells that an error message lists; it counts the others
_PATH_OUTSIDE = r"^(?:/|[A-Za-z]:)|\\|(?:^|/)\.\.(?:/|$)"
_TEXT_DTYPE = pd.Series(["text"]).dtype  # str from pandas 3 on, object before
_CONVERSION_PROBLEMS = {
    "text": "is not text",
    "integer": "is not a whole number",
    "real": "is not a number",
    "boolean": "is not true or false",
    "time": "is not a time",
}


class BadTable(ValueError):
    """A table that does not follow its schema; the message says where and how to correct it."""


def check_table(frame: pd.DataFrame, name: str, where: str = "") -> pd.DataFrame:
    """Return a frame with the columns of the schema, in its order and types, rows numbered from 0.

    Parameters
    ----------
    frame : DataFrame
        The rows; its columns may be in any order.
    name : str
        A key of `TABLES`.
    where : str, default ""
        What an error message calls the table, such as its path.

    Returns
    -------
    DataFrame
        NumPy types for columns that cannot be null, pandas' nullable integers for those that can.

    Raises
    ------
    BadTable
        If a column is missing or unknown, or a cell is invalid.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = {"pair_id": ["p1"], "score_a": ["0.5"], "score_b": [1]}
    >>> frame = pd.DataFrame(scores).assign(fits_a=False, fits_b=True)
    >>> check_table(frame, "adherence")
      pair_id  score_a  score_b  fits_a  fits_b
    0      p1      0.5      1.0   False    True
    >>> check_table(frame.assign(score_b=7), "adherence")
    Traceback (most recent call last):
    ...
    gamelabel.tables.checks.BadTable: table 'adherence': 1 of 1 rows are invalid
      row 0 (counted from 0), column score_b: 7 is above 1
    Correct them, or separate them: valid, invalid = split_bad_rows(frame, 'adherence')
    """
    where = where or f"table {name!r}"
    typed, problems = _inspect(frame, name, where)
    if problems:
        raise BadTable(_describe(frame, name, where, problems))
    return _finished(typed, name)


def split_bad_rows(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Separate the valid rows of a table from the invalid ones.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    name : str
        A key of `TABLES`.

    Returns
    -------
    valid : DataFrame
        The valid rows, typed as by `check_table`. The first row with an identifier is valid.
    invalid : DataFrame
        The other rows as they were, with a column `reason`.

    Raises
    ------
    BadTable
        If a column is missing or unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"pair_id": ["p1", "p2"], "chosen": ["a", "c"], "votes": 3})
    >>> valid, invalid = split_bad_rows(
    ...     frame.assign(probability=0.9, method="majority"), "preferences"
    ... )
    >>> valid["pair_id"].tolist(), invalid["reason"].tolist()
    (['p1'], ['chosen is not one of a, b'])
    """
    typed, problems = _inspect(frame, name, f"table {name!r}")
    reasons: dict[int, list[str]] = {}
    for (row, column), problem in problems.items():
        reasons.setdefault(row, []).append(f"{column} {problem}")
    is_bad = typed.index.isin(list(reasons))
    invalid = frame[is_bad].assign(reason=["; ".join(parts) for parts in reasons.values()])
    return _finished(typed[~is_bad].reset_index(drop=True), name), invalid


def columns_of(name: str) -> dict[str, Column]:
    """Return the columns of a table; raise BadTable for an unknown name.

    Examples
    --------
    >>> list(columns_of("preferences"))
    ['pair_id', 'chosen', 'probability', 'method', 'votes']
    """
    if name not in TABLES:
        raise BadTable(f"there is no table {name!r}; the tables are {', '.join(TABLES)}")
    return TABLES[name]


_Problems = dict[tuple[int, str], str]


def _inspect(frame: pd.DataFrame, name: str, where: str) -> tuple[pd.DataFrame, _Problems]:
    """Convert the columns and find the first problem of each cell, ordered by row and column."""
    columns = columns_of(name)
    missing = [column for column in columns if column not in frame]
    unknown = [str(column) for column in frame if column not in columns]
    if missing or unknown:
        parts = [f"missing columns: {', '.join(missing)}"] if missing else []
        parts += [f"unknown columns: {', '.join(unknown)}"] if unknown else []
        raise BadTable(f"{where}: {'; '.join(parts)}. Its columns are {', '.join(columns)}")
    raw = frame.reset_index(drop=True)
    typed = pd.DataFrame({c: _converted(raw[c], columns[c]) for c in columns}, index=raw.index)
    problems: _Problems = {}

    def report(column: str, is_bad: pd.Series[bool], problem: str) -> None:
        for row in np.flatnonzero(is_bad.fillna(False).to_numpy(bool)):
            problems.setdefault((int(row), column), problem)

    for title, column in columns.items():
        lost = typed[title].isna() & raw[title].notna()
        report(title, lost, _CONVERSION_PROBLEMS[column.kind])
        for is_bad, problem in _column_problems(typed[title], column):
            report(title, is_bad, problem)
    for rule in ROW_RULES.get(name, ()):
        report(rule.column, ~rule.holds(typed).astype("boolean"), rule.description)
    order = {title: place for place, title in enumerate(columns)}
    return typed, dict(sorted(problems.items(), key=lambda item: (item[0][0], order[item[0][1]])))


def _column_problems(
    values: pd.Series[Any], column: Column
) -> Iterator[tuple[pd.Series[bool], str]]:
    """Yield, for each check of the column, which values fail and why."""
    present = values.notna()
    if not column.nullable:
        yield ~present, "is missing"
    if column.unique:
        yield present & values.duplicated(), "occurs more than once"
    if column.allowed:
        allowed = ", ".join(column.allowed)
        yield present & ~values.isin(column.allowed), f"is not one of {allowed}"
    elif column.kind == "text":
        yield values == "", "is empty"
    if column.is_path:
        outside = values[present].astype(str).str.contains(_PATH_OUTSIDE, regex=True)
        problem = "is not a path inside the run's folder with / between its parts"
        yield outside.reindex(values.index, fill_value=False), problem
    if column.minimum is not None:
        yield values < column.minimum, f"is below {column.minimum:g}"
    if column.maximum is not None:
        yield values > column.maximum, f"is above {column.maximum:g}"


def _converted(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Convert a column to a working type; a value that cannot be converted becomes null."""
    if column.kind == "text":
        texts = values.astype(object)
        is_text = texts.map(lambda value: isinstance(value, str)).astype(bool)
        return texts.where(is_text, None)
    if column.kind == "time":
        times = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
        return times.dt.as_unit("us")
    if column.kind == "boolean":
        flags = values.astype(object)
        return flags.where(flags.isin([True, False]), None).astype("boolean")
    numbers = pd.to_numeric(values, errors="coerce")
    if column.kind == "real":
        return numbers.astype("Float64").astype(float)
    return numbers.where((numbers % 1 == 0).fillna(False)).astype("Int64")


def _finished(typed: pd.DataFrame, name: str) -> pd.DataFrame:
    """Convert working types to those that a reader of the table sees."""
    final: dict[str, Any] = {}
    for title, column in columns_of(name).items():
        if column.kind == "boolean":
            final[title] = "bool"
        elif column.kind == "integer" and not column.nullable:
            final[title] = "int64"
        elif column.kind == "text":
            final[title] = _TEXT_DTYPE
    return typed.astype(final)


def _describe(frame: pd.DataFrame, name: str, where: str, problems: _Problems) -> str:
    n_rows = len({row for row, _ in problems})
    lines = [f"{where}: {n_rows} of {len(frame)} rows are invalid"]
    for (row, column), problem in list(problems.items())[:_LISTED_CELLS]:
        value = frame[column].astype(object).iloc[row]
        lines.append(f"  row {row} (counted from 0), column {column}: {value!r} {problem}")
    if len(problems) > _LISTED_CELLS:
        lines.append(f"  and {len(problems) - _LISTED_CELLS} more")
    separate = f"valid, invalid = split_bad_rows(frame, {name!r})"
    return "\n".join([*lines, f"Correct them, or separate them: {separate}"])
