"""Wawa: worker agreement with aggregate."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.majority import vote_shares


def wawa(crowd: CrowdLabels) -> FitResult:
    """Aggregate by votes weighted by how often a worker agrees with the majority.

    The probability of a category is its share of the weights. The answer of a tied task counts
    equally for its categories, and gold counts instead of the majority. The weight is in
    `workers["agreement"]`.

    References
    ----------
    Appen, "Calculating Worker Agreement with Aggregate (Wawa)" (2021).

    Examples
    --------
    >>> task, worker = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    >>> label = np.array([0, 0, 1, 0, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(2, -1), n_workers=3, n_categories=2)
    >>> wawa(crowd).workers["agreement"].tolist(), wawa(crowd).posterior.round(3).tolist()
    ([0.5, 1.0, 0.5], [[0.75, 0.25], [0.25, 0.75]])
    """
    shares = vote_shares(crowd)
    is_best = (shares == shares.max(1, keepdims=True)).astype(float)
    answer = is_best / is_best.sum(1, keepdims=True)
    n = np.maximum(crowd.sum_by_worker(np.ones(len(crowd.task))), 1)
    agreement = crowd.sum_by_worker(crowd.at_labels(answer)) / n
    votes = crowd.votes(agreement[crowd.worker])
    total = votes.sum(1, keepdims=True)
    weighted_shares = np.divide(votes, total, out=shares.copy(), where=total > 0)
    return FitResult(crowd.with_gold(weighted_shares), {"agreement": agreement}, [])
