"""The one form of labels that every method of aggregation takes, and what each of them gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability.counts import Coded

Real = NDArray[np.float64]


class Crowd(NamedTuple):
    """N labels by number, sorted by task, worker and label, so that no sum depends on the order of the rows."""

    task: NDArray[np.int64]  # (N,), from 0 to T
    worker: NDArray[np.int64]  # (N,), from 0 to W
    label: NDArray[np.int64]  # (N,), from 0 to K
    known: NDArray[np.int64]  # (T,) the category that gold says, -1 where it says nothing
    workers: int  # W
    categories: int  # K

    def tally(self, weights: Real | None = None) -> Real:
        """What the labels weigh, (N,), one each unless given, summed by task and category, (T, K)."""
        tasks = len(self.known)
        cells = np.bincount(
            self.task * self.categories + self.label, weights, tasks * self.categories
        )
        return cells.reshape(tasks, self.categories).astype(float)

    def cells(self) -> Any:
        """How often each worker gave each task each label, sparse, (T, W K); worker w's label l is column w K + l."""
        from scipy import sparse

        start = np.concatenate([[0], np.cumsum(np.bincount(self.task, minlength=len(self.known)))])
        column = self.worker * self.categories + self.label
        shape = len(self.known), self.workers * self.categories
        return sparse.csr_array((np.ones(len(column)), column, start), shape=shape)

    def by_worker(self, amounts: Real) -> Real:
        """Amounts of labels, (N,), summed by worker, (W,)."""
        return np.bincount(self.worker, amounts, self.workers).astype(float)

    def given(self, posterior: Real) -> Real:
        """The probability of the category that each label names, (N,), of posteriors (T, K)."""
        return posterior.ravel()[self.task * self.categories + self.label]

    def anchored(self, posterior: Real) -> Real:
        """Posteriors (T, K) with those of gold's tasks certain."""
        sure = np.eye(self.categories)[self.known]
        return np.where(self.known[:, None] >= 0, sure, posterior)


class Fit(NamedTuple):
    """What a method finds: posteriors (T, K), columns about the workers, and what it climbed, round by round."""

    posterior: Real
    workers: dict[str, Real]  # (W,), or one a category, (W, K)
    objective: list[
        float
    ]  # log likelihood with the log prior or its bound; empty where nothing is iterated
    converged: bool = True
    log_likelihood: float = float("nan")  # at the end, of the labels alone


Method = Callable[[Crowd], Fit]


def crowd_of(coded: Coded, answers: pd.Series) -> tuple[Crowd, NDArray[np.int64]]:
    """Coded labels and gold's answers by task (NaN: none) as a crowd, and where each of coded's tasks stands in it."""
    place = pd.factorize(coded.tasks, sort=True)[0]
    key: Any = (place[coded.task] * len(coded.workers) + coded.worker) * len(
        coded.categories
    ) + coded.label
    order = np.argsort(key, kind="stable")
    known = np.empty(len(place), np.int64)
    known[place] = coded.categories.get_indexer(pd.Index(answers))
    crowd = Crowd(
        place[coded.task][order],
        coded.worker[order],
        coded.label[order],
        known,
        len(coded.workers),
        len(coded.categories),
    )
    return crowd, place
