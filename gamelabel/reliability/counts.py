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
    missing = [column for column in needed if column not in labels]
    if missing:
        raise ValueError(
            f"labels have no column {', '.join(missing)}: they need {', '.join(needed)} "
            "(from the table `labels`: gamelabel.labels.crowd)"
        )
    given = labels.loc[labels.label.notna(), needed]
    for column in needed[:-1]:
        if given[column].isna().any():
            raise ValueError(f"{given[column].isna().sum()} labels have no {column}: drop them, or say who and what")
    task, tasks = pd.factorize(given.task)
    label, categories = pd.factorize(given.label, sort=True)
    who = given.worker if workers else pd.Series("anyone", index=given.index)
    worker, people = pd.factorize(who, sort=True)
    return Coded(task, worker, label, pd.Index(tasks), pd.Index(people), pd.Index(categories))


def vote_counts(coded: Coded) -> Counts:
    """Votes by task and category, (tasks, categories)."""
    shape = len(coded.tasks), len(coded.categories)
    return np.bincount(coded.task * shape[1] + coded.label, minlength=shape[0] * shape[1]).reshape(shape)


def checked_counts(counts: Counts) -> Counts:
    """Counts that a caller gave, as int64 (units, categories). Raises ValueError for another shape or no counts."""
    counts = np.asarray(counts)
    if counts.ndim != 2 or not np.issubdtype(counts.dtype, np.integer) or (counts < 0).any():
        raise ValueError(
            f"vote counts are whole numbers from 0, units x categories; this is {counts.dtype}, shape {counts.shape}"
        )
    return counts.astype(np.int64)
