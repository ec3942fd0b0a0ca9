"""The input and the output of every aggregation method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.tables.encoded_labels import EncodedLabels
from gamelabel.tables.vote_counts import FloatArray


class CrowdLabels(NamedTuple):
    """N labels of T tasks by W workers in K categories, as integer codes.

    Labels are sorted by task, worker and category, so that sums do not depend on the order of the
    rows. `gold`, shape (T,), is the known category of each task, or -1.
    """

    task: NDArray[np.int64]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]
    gold: NDArray[np.int64]
    n_workers: int
    n_categories: int

    @property
    def n_tasks(self) -> int:
        """The number of tasks T."""
        return len(self.gold)

    @property
    def has_gold(self) -> bool:
        """Whether the answer to any task is known."""
        return bool((self.gold >= 0).any())

    def votes(self, weights: FloatArray | None = None) -> FloatArray:
        """Sum the labels, or their weights (N,), by task and category, shape (T, K)."""
        cell = self.task * self.n_categories + self.label
        votes = np.bincount(cell, weights, self.n_tasks * self.n_categories)
        table: FloatArray = votes.astype(float, copy=False)
        return table.reshape(self.n_tasks, self.n_categories)

    def vote_matrix(self) -> Any:
        """Count labels as a sparse matrix (T, W K); label l of worker w is column w K + l."""
        from scipy import sparse

        per_task = np.bincount(self.task, minlength=self.n_tasks)
        row_start = np.concatenate([[0], np.cumsum(per_task)])
        column = self.worker * self.n_categories + self.label
        shape = self.n_tasks, self.n_workers * self.n_categories
        return sparse.csr_array((np.ones(len(column)), column, row_start), shape=shape)

    def sum_by_worker(self, amounts: FloatArray) -> FloatArray:
        """Sum amounts of labels (N,) by worker, shape (W,)."""
        return np.bincount(self.worker, amounts, self.n_workers).astype(float)

    def sum_by_task(self, amounts: FloatArray) -> FloatArray:
        """Sum amounts of labels (N,) by task, shape (T,)."""
        return np.bincount(self.task, amounts, self.n_tasks).astype(float)

    def at_labels(self, table: FloatArray) -> FloatArray:
        """Return each label's entry, shape (N,), in a table of tasks by categories (T, K)."""
        entries: FloatArray = table.ravel()[self.task * self.n_categories + self.label]
        return entries

    def with_gold(self, posterior: FloatArray) -> FloatArray:
        """Return posteriors (T, K) with probability 1 for the known answers."""
        if not self.has_gold:
            return posterior
        certain = np.eye(self.n_categories)[self.gold]
        return np.where(self.gold[:, None] >= 0, certain, posterior)


class FitResult(NamedTuple):
    """What an aggregation method returns.

    `posterior`, shape (T, K), is the probability of each category. `workers` has columns about the
    workers, of shape (W,) or, by category, (W, K). `objective` has one value per iteration: the log
    likelihood plus the log prior, or a lower bound of it; it is empty for methods that do not
    iterate. `log_likelihood` is the final one of the labels alone.
    """

    posterior: FloatArray
    workers: dict[str, FloatArray]
    objective: list[float]
    converged: bool = True
    log_likelihood: float = float("nan")


Method = Callable[[CrowdLabels], FitResult]


def crowd_labels(
    encoded: EncodedLabels, answers: pd.Series
) -> tuple[CrowdLabels, NDArray[np.int64]]:
    """Sort encoded labels for aggregation.

    Parameters
    ----------
    encoded : EncodedLabels
        The labels.
    answers : Series
        The known answers, one per task of `encoded`, NaN where there is none; see `gold_answers`.

    Returns
    -------
    crowd : CrowdLabels
        The sorted labels.
    position : ndarray of int
        The row of each task of `encoded` in the results for `crowd`, shape (T,).

    Examples
    --------
    >>> from gamelabel.tables.encoded_labels import encode_labels
    >>> labels = pd.DataFrame({"task": ["t2", "t1"], "worker": "ann", "label": ["b", "a"]})
    >>> crowd, position = crowd_labels(encode_labels(labels), pd.Series([None, "b"]))
    >>> crowd.votes().tolist(), crowd.gold.tolist(), position.tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [1, -1], [1, 0])
    """
    n_workers, n_categories = len(encoded.workers), len(encoded.categories)
    position = pd.factorize(encoded.tasks, sort=True)[0]
    key = position[encoded.task]
    key *= n_workers
    key += encoded.worker
    key *= n_categories
    key += encoded.label
    key.sort()
    task_worker = key // n_categories  # decoding sorted keys is faster than sorting by indexes
    task = task_worker // n_workers
    worker, label = task_worker % n_workers, key % n_categories
    gold = np.full(len(position), -1)
    if answers.notna().any():
        gold[position] = encoded.categories.get_indexer(pd.Index(answers))
    return CrowdLabels(task, worker, label, gold, n_workers, n_categories), position
