"""Votes counted by task and category, fast enough for millions of labels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.tables.names import check_distinct_names

IntArray = NDArray[np.integer[Any]]
FloatArray = NDArray[np.float64]

MAX_CELLS = 1 << 29  # tasks times categories, of a table of votes: 4 GiB as 8-byte integers
BLOCK_SIZE = 1 << 16  # rows processed at a time: intermediate arrays stay in the processor's cache


def tabulate_votes(labels: pd.DataFrame) -> tuple[IntArray, pd.Index]:
    """Count the votes of a frame by task and category.

    Parameters
    ----------
    labels : DataFrame
        Columns `task` and `label`. Rows without a label are left out.

    Returns
    -------
    counts : ndarray of int
        Shape (tasks, categories), tasks in any order, in the smallest sufficient integer type: the
        bytes of millions of tasks stay in the cache, which makes random access fast.
    categories : Index
        The categories in ascending order, those of a categorical column in their own order.

    Raises
    ------
    ValueError
        For a missing column, and for rows with a label but without a task.

    Examples
    --------
    >>> counts, categories = tabulate_votes(
    ...     pd.DataFrame({"task": [7, 7, 8], "label": ["b", "b", "a"]})
    ... )
    >>> counts.tolist(), categories.tolist()
    ([[0, 2], [1, 0]], ['a', 'b'])
    """
    rows = labeled_rows(labels, ["task", "label"])
    task, label = _as_integers(rows.task, "task"), _as_integers(rows.label, "category")
    counts = _count_cells(task, label, np.uint8)
    if counts.sum(dtype=np.uint32) < len(rows):  # a byte overflowed and lost 256 votes
        counts = _count_cells(task, label, np.int64)
    used = counts.any(0) if counts.shape[1] > 2 else np.ones(counts.shape[1], bool)
    return (counts, label.names) if used.all() else (counts[:, used], label.names[used])


def check_vote_counts(counts: IntArray) -> IntArray:
    """Return vote counts as int64, shape (units, categories).

    Raises ValueError for another shape, and for values that are not counts.

    >>> check_vote_counts(np.array([[2, 1], [0, 3]])).tolist()
    [[2, 1], [0, 3]]
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or not np.issubdtype(counts.dtype, np.integer) or counts.min(initial=0) < 0:
        raise ValueError(
            "vote counts are whole numbers from 0, with shape (units, categories); this is "
            f"{counts.dtype}, shape {counts.shape}"
        )
    return np.asarray(counts, np.int64)


def labeled_rows(labels: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the rows that have a label.

    Raises ValueError where a column is missing, and where one of these rows lacks a value in
    another column.

    >>> labels = pd.DataFrame({"task": ["t1", "t2"], "label": ["a", None]})
    >>> labeled_rows(labels, ["task", "label"]).to_dict("list")
    {'task': ['t1'], 'label': ['a']}
    """
    missing = [column for column in columns if column not in labels]
    if missing:
        raise ValueError(
            f"labels have no column {', '.join(missing)}: they need {', '.join(columns)} "
            "(gamelabel.tables.to_annotations makes them from the table `labels`)"
        )
    repeated = [column for column in columns if labels.columns.tolist().count(column) > 1]
    if repeated:
        raise ValueError(f"labels have several columns named {repeated[0]}: rename all but one")
    labeled = labels.label.notna()
    rows = labels if labeled.all() else labels.loc[labeled, columns]
    for column in columns[:-1]:
        empty = int(rows[column].isna().sum())
        if empty:
            raise ValueError(f"{empty} labels have no {column}: fill it in, or drop these rows")
    return rows


_SMALL, _LARGEST = 1 << 31, (1 << 63) - 1  # products of the former fit into 8 bytes


class _Integers(NamedTuple):
    """A column as integers (N,), the least possible one, and the names from there, ascending."""

    values: IntArray
    least: int
    names: pd.Index


def _as_integers(column: pd.Series, what: str) -> _Integers:
    """Use integers in a small range, and category codes, as they are; factorize everything else."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _Integers(column.cat.codes.to_numpy(), 0, column.cat.categories)
    if len(column) and isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        values = column.to_numpy()
        low, high = _range(values)
        if high - low < 2 * len(values) and high < _LARGEST:
            names = pd.RangeIndex(low, high + 1)
            if max(-low, high) < _SMALL:
                return _Integers(values, low, names)
            return _Integers((values - values.dtype.type(low)).astype(np.int64), 0, names)
    codes, names = pd.factorize(column, sort=True)
    check_distinct_names(pd.Index(names), what)
    return _Integers(codes, 0, pd.Index(names))


def _range(values: IntArray) -> tuple[int, int]:
    """Return the least and the greatest value, in one pass over memory."""
    blocks = np.array_split(values, len(values) // BLOCK_SIZE + 1)
    ends = [(block.min(), block.max()) for block in blocks]
    return int(min(low for low, _ in ends)), int(max(high for _, high in ends))


def check_table_size(rows: int, categories: int, what: str = "tasks") -> None:
    """Raise ValueError if a table by task and category would not fit into memory.

    `what` names the rows where they are not tasks.

    >>> check_table_size(1_000_000, 100)
    """
    if rows * categories > MAX_CELLS:
        raise ValueError(
            f"{rows:,} {what} and {categories:,} categories need a table of "
            f"{rows * categories:,} votes, and {MAX_CELLS:,} is the limit: use fewer categories, "
            f"for example rounded numbers or normalized text, or fewer {what} at a time"
        )


def _count_cells(task: _Integers, label: _Integers, dtype: type[np.integer[Any]]) -> IntArray:
    """Count votes by task and category in this integer type, which may overflow."""
    shape = len(task.names), len(label.names)
    check_table_size(*shape)
    counts = np.zeros(shape[0] * shape[1], dtype)
    least = task.least * shape[1] + label.least
    cells = np.empty(BLOCK_SIZE, np.int64)
    for start in range(0, len(task.values), BLOCK_SIZE):
        tasks = task.values[start : start + BLOCK_SIZE]
        cell = np.multiply(tasks, shape[1], out=cells[: len(tasks)], dtype=np.int64)
        np.add(cell, label.values[start : start + BLOCK_SIZE], out=cell, dtype=np.int64)
        cell -= least
        np.add.at(counts, cell, dtype(1))
    return counts.reshape(shape)
