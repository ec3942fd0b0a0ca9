"""Numeric labels: a weighted mean, with the bias and the spread of each worker."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from gamelabel.tables.encoded_labels import encode_labels
from gamelabel.tables.names import quoted
from gamelabel.tables.vote_counts import FloatArray

_ITERATIONS = 10_000
_PRIOR_LABELS = 2.0  # pseudo-labels of each worker, with the spread of the crowd


class NumericAggregation(NamedTuple):
    """The result of `aggregate_numbers`.

    `table` has `task`, `value`, `error` (standard error, with the spread of the workers taken as
    known) and `labels` (how many). `workers` has `worker`, `labels`, `bias` (the mean of label
    minus value) and `spread`, the standard deviation around it.
    """

    table: pd.DataFrame
    workers: pd.DataFrame


def aggregate_numbers(
    labels: pd.DataFrame, gold: pd.DataFrame | None = None, tolerance: float = 1e-10
) -> NumericAggregation:
    """Aggregate ratings or measurements into one number per task.

    A label is the task's value plus the worker's bias plus an error that is normally distributed
    with the worker's own spread. The values are means of the labels minus the bias, weighted by 1
    over the squared spread. Values, biases and spreads follow from each other, so they are computed
    in turns until none changes (EM: the squared errors of the values count in the spreads, so a
    worker whom the values follow does not seem exact). Without gold the biases have mean 0 over the
    labels: a bias that all workers share cannot be seen.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, the latter numbers. Rows without a label are ignored.
    gold : DataFrame, optional
        Known values, columns `task` and `label`.
    tolerance : float
        The greatest change of a value at which the computation ends, as a share of the standard
        deviation of the labels.

    Returns
    -------
    NumericAggregation

    Raises
    ------
    ValueError
        For labels that are not finite numbers, and as in `encode_labels`.

    Examples
    --------
    >>> rows = [(t, w, v + b) for t, v in enumerate([1, 2, 3, 5]) for w, b in (("u", 0), ("v", 2))]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> numbers = aggregate_numbers(labels)
    >>> numbers.table.value.round(2).tolist(), numbers.workers.bias.round(2).tolist()
    ([2.0, 3.0, 4.0, 6.0], [-1.0, 1.0])
    >>> known = pd.DataFrame({"task": [0], "label": [1.0]})
    >>> aggregate_numbers(labels, known).table.value.round(2).tolist()
    [1.0, 2.0, 3.0, 5.0]
    """
    rows = labels[labels["label"].notna()]
    numbers = pd.to_numeric(rows["label"], errors="coerce").to_numpy(float)
    if not np.isfinite(numbers).all():
        wrong = rows["label"][~np.isfinite(numbers)].iloc[0]
        raise ValueError(
            f"label {quoted(wrong)} is not a finite number: use `aggregate` for categories"
        )
    encoded = encode_labels(rows)
    task, worker = encoded.task, encoded.worker
    n_tasks, n_workers = len(encoded.tasks), len(encoded.workers)
    known = np.full(n_tasks, np.nan)
    if gold is not None:
        answers = gold.drop_duplicates("task").set_index("task")["label"]
        known = answers.reindex(encoded.tasks).to_numpy(float)
    n = np.bincount(worker, minlength=n_workers)
    deviation = float(numbers.std()) if len(numbers) else 0.0
    bias, spread = np.zeros(n_workers), np.full(n_workers, deviation or 1.0)
    value = np.full(n_tasks, np.inf)
    for _ in range(_ITERATIONS):
        weight = 1 / spread[worker] ** 2
        total = np.bincount(task, weight, n_tasks)
        mean = np.bincount(task, weight * (numbers - bias[worker]), n_tasks) / total
        updated = np.where(np.isnan(known), mean, known)
        change = np.abs(updated - value).max(initial=0)
        value = updated
        if change <= tolerance * deviation:
            break
        residual = numbers - value[task]
        bias = np.bincount(worker, residual, n_workers) / n
        if np.isnan(known).all():
            bias -= (bias * n).sum() / n.sum()
        variance = np.where(np.isnan(known), 1 / total, 0.0)[task]
        spread = _spreads((residual - bias[worker]) ** 2 + variance, worker, n)
    error = np.where(np.isnan(known), 1 / np.sqrt(total), 0.0) if len(numbers) else value
    count = np.bincount(task, minlength=n_tasks)
    columns = {"task": encoded.tasks, "value": value, "error": error, "labels": count}
    about = {"worker": encoded.workers, "labels": n, "bias": bias, "spread": spread}
    return NumericAggregation(pd.DataFrame(columns), pd.DataFrame(about))


def _spreads(squares: FloatArray, worker: np.ndarray, n: np.ndarray) -> FloatArray:
    """Return the workers' standard deviations, drawn to that of the crowd where labels are few."""
    crowd = squares.mean()
    sums = np.bincount(worker, squares, len(n))
    variance = (sums + _PRIOR_LABELS * crowd) / (n + _PRIOR_LABELS)
    floor = np.finfo(float).tiny ** 0.25
    spreads: FloatArray = np.sqrt(np.maximum(variance, max(1e-6 * crowd, floor)))
    return spreads
