"""Labels as vote counts: what agreement is computed from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Counts = NDArray[np.int64]


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
    return np.bincount(coded.task * shape[1] + coded.label, minlength=shape[0] * shape[1]).reshape(shape)


def votes_of(labels: pd.DataFrame) -> tuple[Counts, pd.Index]:
    """Votes by task and category, (tasks, categories), tasks in any order, and the categories, ascending.

    As `vote_counts` of `code`, without the order in which tasks appear: whole numbers count by themselves, unhashed.
    """
    given = _given(labels, ["task", "label"])
    task, tasks = _numbers(given.task)
    label, categories = _numbers(given.label)
    shape = len(tasks), len(categories)
    cell = task * shape[1]
    cell += label
    counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    used = counts.any(0) if shape[1] > 2 else np.ones(shape[1], bool)
    return (counts, categories) if used.all() else (counts[:, used], categories[used])


def _numbers(column: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    """Numbers of values and what they stand for, ascending; of whole numbers close together, absent ones included."""
    if len(column) and pd.api.types.is_integer_dtype(column.dtype) and isinstance(column.dtype, np.dtype):
        values = column.to_numpy()
        low, high = int(values.min()), int(values.max())
        if high - low < 2 * len(values):
            return values - low if low else values, pd.RangeIndex(low, high + 1)
    numbers, values = pd.factorize(column, sort=True)
    return numbers, pd.Index(values)


def _given(labels: pd.DataFrame, needed: list[str]) -> pd.DataFrame:
    """The rows that have a label. Raises ValueError where a column, or in such a row a task or a worker, is missing."""
    missing = [column for column in needed if column not in labels]
    if missing:
        raise ValueError(
            f"labels have no column {', '.join(missing)}: they need {', '.join(needed)} "
            "(from the table `labels`: gamelabel.labels.crowd)"
        )
    there = labels.label.notna()
    given = labels if there.all() else labels.loc[there, needed]
    for column in needed[:-1]:
        if given[column].isna().any():
            raise ValueError(f"{given[column].isna().sum()} labels have no {column}: drop them, or say who and what")
    return given


def checked_counts(counts: Counts) -> Counts:
    """Counts that a caller gave, as int64 (units, categories). Raises ValueError for another shape or no counts."""
    counts = np.asarray(counts)
    if counts.ndim != 2 or not np.issubdtype(counts.dtype, np.integer) or counts.min(initial=0) < 0:
        raise ValueError(
            f"vote counts are whole numbers from 0, units x categories; this is {counts.dtype}, shape {counts.shape}"
        )
    return counts.astype(np.int64, copy=False)
