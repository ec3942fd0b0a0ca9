"""Labels as vote counts: what agreement is computed from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Counts = NDArray[np.integer[Any]]

BLOCK = 1 << 16  # labels, or units, counted at a time: what is made of them stays in the cache


class Coded(NamedTuple):
    """N labels by number, each array (N,), and what the numbers of tasks, workers and categories stand for."""

    task: NDArray[np.int64]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]
    tasks: pd.Index
    workers: pd.Index
    categories: pd.Index  # in ascending order


def code(labels: pd.DataFrame, workers: bool = True) -> Coded:
    """Number the labels of a frame `task, worker, label`; a label that is missing is no label and is left out.

    workers: whether the column `worker` is needed. Raises ValueError where a column, a task or a worker is missing.
    """
    needed = ["task", "worker", "label"] if workers else ["task", "label"]
    given = _given(labels, needed)
    task, tasks = pd.factorize(given.task)
    label, categories = pd.factorize(given.label, sort=True)
    who = given.worker if workers else pd.Series("anyone", index=given.index)
    worker, people = pd.factorize(who, sort=True)
    return Coded(task, worker, label, pd.Index(tasks), pd.Index(people), pd.Index(categories))


def vote_counts(coded: Coded) -> Counts:
    """Votes by task and category, (tasks, categories)."""
    shape = len(coded.tasks), len(coded.categories)
    return np.bincount(coded.task * shape[1] + coded.label, minlength=shape[0] * shape[1]).reshape(
        shape
    )


def votes_of(labels: pd.DataFrame) -> tuple[Counts, pd.Index]:
    """Votes by task and category, (tasks, categories), tasks in any order, and the categories, ascending.

    As `vote_counts` of `code`, without the order in which tasks appear, and as small integers as hold the counts: bytes
    of millions of tasks stay in the cache, where labels in any order find them.
    """
    given = _given(labels, ["task", "label"])
    task, label = _numbers(given.task), _numbers(given.label)
    counts = _tally(task, label, np.uint8)
    if counts.sum(dtype=np.uint32) < len(given):  # a byte that ran over has lost 256 votes
        counts = _tally(task, label, np.int64)
    used = counts.any(0) if counts.shape[1] > 2 else np.ones(counts.shape[1], bool)
    return (counts, label.names) if used.all() else (counts[:, used], label.names[used])


class _Numbers(NamedTuple):
    """A column as whole numbers (N,), the least that they can be, and what they stand for from there, ascending."""

    values: NDArray[np.integer[Any]]
    least: int
    names: pd.Index


def _numbers(column: pd.Series) -> _Numbers:
    """Whole numbers close together, and categories, count by themselves, unhashed; absent ones are among the names."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _Numbers(column.cat.codes.to_numpy(), 0, column.cat.categories)
    if len(column) and isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        values = column.to_numpy()
        low, high = _ends(values)
        if high - low < 2 * len(values):
            return _Numbers(values, low, pd.RangeIndex(low, high + 1))
    numbers, names = pd.factorize(column, sort=True)
    return _Numbers(numbers, 0, pd.Index(names))


def _ends(values: NDArray[np.integer[Any]]) -> tuple[int, int]:
    """The least and the greatest of whole numbers, in one pass over memory."""
    ends = [(part.min(), part.max()) for part in np.array_split(values, len(values) // BLOCK + 1)]
    return int(min(low for low, _ in ends)), int(max(high for _, high in ends))


def _tally(task: _Numbers, label: _Numbers, kind: type[np.integer[Any]]) -> Counts:
    """Votes by task and category, (tasks, categories), in integers of a kind; what is too much for it runs over."""
    shape = len(task.names), len(label.names)
    counts, least = np.zeros(shape[0] * shape[1], kind), task.least * shape[1] + label.least
    cells = np.empty(BLOCK, np.int64)
    for start in range(0, len(task.values), BLOCK):
        some = task.values[start : start + BLOCK]
        cell = np.multiply(some, shape[1], out=cells[: len(some)], dtype=np.int64)
        np.add(cell, label.values[start : start + BLOCK], out=cell, dtype=np.int64)
        cell -= least
        np.add.at(counts, cell, kind(1))
    return counts.reshape(shape)


def _given(labels: pd.DataFrame, needed: list[str]) -> pd.DataFrame:
    """The rows that have a label. Raises ValueError where a column, or in such a row a task or a worker, is missing."""
    missing = [column for column in needed if column not in labels]
    if missing:
        raise ValueError(
            f"labels have no column {', '.join(missing)}: they need {', '.join(needed)} "
            "(from the table `labels`: gamelabel.tables.to_annotations)"
        )
    there = labels.label.notna()
    given = labels if there.all() else labels.loc[there, needed]
    for column in needed[:-1]:
        if given[column].isna().any():
            raise ValueError(
                f"{given[column].isna().sum()} labels have no {column}: drop them, or say who and what"
            )
    return given


def checked_counts(counts: Counts) -> Counts:
    """Counts that a caller gave, as int64 (units, categories). Raises ValueError for another shape or no counts."""
    counts = np.asarray(counts)
    if counts.ndim != 2 or not np.issubdtype(counts.dtype, np.integer) or counts.min(initial=0) < 0:
        raise ValueError(
            f"vote counts are whole numbers from 0, units x categories; this is {counts.dtype}, shape {counts.shape}"
        )
    return counts.astype(np.int64, copy=False)
