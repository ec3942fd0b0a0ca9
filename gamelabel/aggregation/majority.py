"""Majority vote."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.tables.vote_counts import FloatArray


def majority(crowd: CrowdLabels) -> FitResult:
    """Aggregate by majority vote; the probability of a category is its share of the votes.

    >>> zero, label = np.zeros(3, int), np.array([0, 0, 1])
    >>> crowd = CrowdLabels(zero, zero, label, gold=np.array([-1]), n_workers=1, n_categories=2)
    >>> majority(crowd).posterior.round(3).tolist()
    [[0.667, 0.333]]
    """
    return FitResult(vote_shares(crowd), {}, [])


def vote_shares(crowd: CrowdLabels) -> FloatArray:
    """Return the share of a task's votes for each category, shape (T, K), and 1 for gold.

    >>> zero, label = np.zeros(3, int), np.array([0, 0, 1])
    >>> crowd = CrowdLabels(zero, zero, label, gold=np.array([1]), n_workers=1, n_categories=2)
    >>> vote_shares(crowd).tolist()
    [[0.0, 1.0]]
    """
    votes = crowd.votes()
    return crowd.with_gold(votes / np.maximum(votes.sum(1, keepdims=True), 1))
