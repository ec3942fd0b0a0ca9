"""Votes weighted by the accuracy of their workers."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.expectation_maximization import e_step
from gamelabel.aggregation.majority import vote_shares
from gamelabel.tables.vote_counts import FloatArray

PRIOR_STRENGTHS = np.geomspace(1, 1000, 31)  # a + b of the workers' Beta prior


def weighted(crowd: CrowdLabels) -> FitResult:
    """Aggregate by a weighted vote, in one pass.

    A worker who is right with probability p has votes of weight log(p (K - 1) / (1 - p)), the log
    odds of being right. With gold, p is estimated from the worker's answers to tasks with gold;
    without, from the share of a task's other labels that agree, so that no vote counts for itself.
    `expected_accuracy` shrinks these estimates: where there are too few answers to distinguish the
    workers, all votes weigh the same.

    >>> task, worker = np.repeat([0, 1, 2, 3], 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1] * 3 + [0, 1, 1])
    >>> gold = np.array([0, 0, 0, -1])
    >>> crowd = CrowdLabels(task, worker, label, gold, n_workers=3, n_categories=2)
    >>> weighted(crowd).workers["right"].round(2).tolist()
    [0.8, 0.8, 0.35]
    """
    votes = crowd.votes()
    if crowd.has_gold:
        is_judged = crowd.gold[crowd.task] >= 0
        agreement = (crowd.gold[crowd.task] == crowd.label).astype(float)
    else:
        n_others = votes.sum(1)[crowd.task] - 1
        is_judged = n_others > 0
        agreement = (crowd.at_labels(votes) - 1) / np.maximum(n_others, 1)
    right = crowd.sum_by_worker(agreement * is_judged)
    p = expected_accuracy(right, crowd.sum_by_worker(is_judged.astype(float)))
    weight = np.log(p) - np.log1p(-p) + np.log(max(crowd.n_categories - 1, 1))
    posterior, _ = e_step(crowd, crowd.votes(weight[crowd.worker]))
    return FitResult(posterior, {"right": p, "weight": weight}, [])


def expected_accuracy(right: FloatArray, answered: FloatArray) -> FloatArray:
    """Estimate the accuracy of workers by empirical Bayes.

    Workers are drawn from Beta(s m, s (1 - m)), where m is the accuracy of the crowd. For a known
    strength s the expected accuracy is (right + s m) / (answered + s). Since s is not known, the
    result is the mean over `PRIOR_STRENGTHS`, weighted by the marginal (beta-binomial) likelihood.
    The single most likely s would depend on chance where there are few answers.

    Parameters
    ----------
    right : ndarray of float
        Number of right answers of each worker, shape (W,).
    answered : ndarray of float
        Number of answers of each worker, shape (W,); may be 0.

    Returns
    -------
    ndarray of float
        Shape (W,).

    Examples
    --------
    >>> expected_accuracy(np.array([9.0, 10.0, 0.0]), np.array([10.0, 10.0, 0.0])).round(2)
    array([0.91, 0.93, 0.91])
    """
    from scipy.special import betaln

    mean = (right.sum() + 1) / (answered.sum() + 2)
    a, b = PRIOR_STRENGTHS[:, None] * mean, PRIOR_STRENGTHS[:, None] * (1 - mean)
    evidence = (betaln(a + right, b + answered - right) - betaln(a, b)).sum(1)
    likelihood = np.exp(evidence - evidence.max())
    accuracy: FloatArray = (likelihood / likelihood.sum()) @ ((right + a) / (answered + a + b))
    return accuracy


def initial_posterior(crowd: CrowdLabels) -> FloatArray:
    """Return posteriors (T, K) to start EM from: weighted votes with gold, vote shares without.

    >>> zero, label = np.zeros(3, int), np.array([0, 0, 1])
    >>> crowd = CrowdLabels(zero, zero, label, gold=np.array([-1]), n_workers=1, n_categories=2)
    >>> initial_posterior(crowd).round(3).tolist()
    [[0.667, 0.333]]
    """
    return weighted(crowd).posterior if crowd.has_gold else vote_shares(crowd)
