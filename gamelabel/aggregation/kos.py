"""The message passing of Karger, Oh and Shah."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.tables.vote_counts import FloatArray

_ITERATIONS = 100


def kos(crowd: CrowdLabels, iterations: int = _ITERATIONS) -> FitResult:
    """Aggregate by iterative message passing between tasks and workers.

    Labels are +1 or -1. A task tells each of its workers what the other workers say, weighted by
    their reliability; a worker tells each task how well the own labels of other tasks agree with
    that. All workers start equally reliable (in the reference: at random around that), or, with
    gold, as reliable as their answers to it. With more than two categories, each is compared with
    the others.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    iterations : int
        Number of rounds of messages.

    Returns
    -------
    FitResult
        `posterior` has the share of the weight for each category, which is not calibrated.
        `workers["weight"]` is the mean message of a worker; the greatest is 1 in size.

    References
    ----------
    Karger, Oh and Shah, "Budget-optimal task allocation for reliable crowdsourcing systems" (2014).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> kos(crowd).posterior.argmax(1).tolist()
    [0, 1, 0, 1]
    """
    n_categories = crowd.n_categories
    compared = range(1 if n_categories == 2 else n_categories)
    columns, weights = [], []
    for category in compared:
        share, weight = _pass_messages(crowd, category, iterations)
        columns.append(share)
        weights.append(weight)
    if n_categories == 2:
        columns.append(1 - columns[0])
    support = np.stack(columns, axis=1) + np.finfo(float).tiny
    posterior = support / support.sum(1, keepdims=True)
    return FitResult(crowd.with_gold(posterior), {"weight": np.mean(weights, axis=0)}, [])


def _pass_messages(
    crowd: CrowdLabels, category: int, iterations: int
) -> tuple[FloatArray, FloatArray]:
    """Return each task's share of the weight for a category (T,), and workers' weights (W,)."""
    sign = np.where(crowd.label == category, 1.0, -1.0)
    reliability = np.ones(len(sign))
    known = crowd.gold[crowd.task]
    if crowd.has_gold:
        agrees = np.where((known == category) == (sign > 0), 1.0, -1.0) * (known >= 0)
        reliability = crowd.sum_by_worker(agrees)[crowd.worker]
        reliability = _normalized(reliability)
    start = reliability
    for _ in range(iterations):
        message = sign * reliability
        from_task = crowd.sum_by_task(message)[crowd.task] - message
        agreed = sign * _normalized(from_task)
        updated = _normalized(crowd.sum_by_worker(agreed)[crowd.worker] - agreed)
        if not updated.any():  # no worker has labels of two tasks
            break
        reliability = updated
    if (reliability * start).sum() < 0:  # the direction has two signs: keep that of the start
        reliability = -reliability
    total = crowd.sum_by_task(np.abs(reliability))
    lead = crowd.sum_by_task(sign * reliability)
    share = 0.5 + 0.5 * np.divide(lead, total, out=np.zeros_like(lead), where=total > 0)
    n = np.maximum(crowd.sum_by_worker(np.ones(len(sign))), 1)
    return share, crowd.sum_by_worker(reliability) / n


def _normalized(values: FloatArray) -> FloatArray:
    """Scale values to at most 1 in size; the direction is what counts."""
    greatest = np.abs(values).max(initial=0)
    return values / greatest if greatest > 0 else values
