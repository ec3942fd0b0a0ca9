"""The one-coin model: each worker is right with one probability, whatever the true category."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.expectation_maximization import (
    MAX_ITERATIONS,
    TOLERANCE,
    add_by_category,
    fit_em,
    fit_from_starts,
)
from gamelabel.aggregation.weighted import initial_posterior
from gamelabel.tables.vote_counts import FloatArray


class _Parameters(NamedTuple):
    """Log probabilities: categories (K,); by worker (W,) of the right and of one wrong label."""

    category: FloatArray
    right: FloatArray
    wrong: FloatArray


def one_coin(
    crowd: CrowdLabels,
    prior: float = 1.0,
    tolerance: float = TOLERANCE,
    iterations: int = MAX_ITERATIONS,
    restarts: int = 0,
) -> FitResult:
    """Fit the one-coin model of Dawid and Skene by EM, with a prior on the accuracies.

    p(labels, truth k) = q_k * product over the labels by workers w of p_w if the label is k, else
    (1 - p_w) / (K - 1).

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    prior : float
        Weight of the prior: each worker starts with this many times one pseudo-label of the crowd's
        accuracy and half a pseudo-label that is right.
    tolerance : float
        Gain per label that may remain; see `fit_em`.
    iterations : int
        The greatest number of iterations.
    restarts : int
        Number of further random starts; see `fit_from_starts`.

    Returns
    -------
    FitResult
        `workers["right"]` is the probability of a right label.

    References
    ----------
    Zhang, Chen, Zhou and Jordan, "Spectral methods meet EM: a provably optimal algorithm for
    crowdsourcing" (2016).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> result = one_coin(crowd)
    >>> result.posterior.argmax(1).tolist(), result.workers["right"].round(2).tolist()
    ([0, 1, 0, 1], [0.95, 0.95, 0.59])
    """
    start = initial_posterior(crowd)
    n_labels = crowd.sum_by_worker(np.ones(len(crowd.task)))
    n_wrong = max(crowd.n_categories - 1, 1)
    crowd_accuracy = (crowd.at_labels(start).sum() + 1) / (len(crowd.task) + 2)
    prior_right, prior_wrong = prior * (crowd_accuracy + 0.5), prior * (1 - crowd_accuracy)

    def m_step(posterior: FloatArray, _: _Parameters | None) -> _Parameters:
        right = crowd.sum_by_worker(crowd.at_labels(posterior))
        p = (right + prior_right) / (n_labels + prior_right + prior_wrong)
        category = posterior.T @ np.full(len(posterior), 1 / len(posterior))
        category = np.maximum(category, np.finfo(float).tiny)
        return _Parameters(np.log(category), np.log(p), np.log((1 - p) / n_wrong))

    def log_joint(parameters: _Parameters) -> FloatArray:
        all_wrong = np.bincount(crowd.task, parameters.wrong[crowd.worker], crowd.n_tasks)
        log_odds = (parameters.right - parameters.wrong)[crowd.worker]
        joint = add_by_category(crowd.votes(log_odds), parameters.category)
        return (joint.T + all_wrong).T

    def log_prior(parameters: _Parameters) -> float:
        return float((prior_right * parameters.right + prior_wrong * parameters.wrong).sum())

    def fit(start: FloatArray) -> tuple[FitResult, _Parameters]:
        return fit_em(crowd, start, m_step, log_joint, log_prior, tolerance, iterations)

    result, parameters = fit_from_starts(start, fit, restarts)
    return result._replace(workers={"right": np.exp(parameters.right)})
