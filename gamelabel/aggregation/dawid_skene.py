"""The model of Dawid and Skene: each worker has a confusion matrix."""

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

_PRIOR_CROWD, _PRIOR_RIGHT = 1.0, 0.5  # pseudo-labels per true category


class _Parameters(NamedTuple):
    """Log probabilities: of each category (K,), and of labels given the truth (W, label, truth)."""

    category: FloatArray
    label: FloatArray


def dawid_skene(
    crowd: CrowdLabels,
    prior: float = 1.0,
    tolerance: float = TOLERANCE,
    iterations: int = MAX_ITERATIONS,
    restarts: int = 0,
) -> FitResult:
    """Fit the model of Dawid and Skene by EM, with a prior on the confusion matrices.

    p(labels, truth k) = q_k * product over the labels l by workers w of c_w[l | k].

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    prior : float
        Weight of the prior; 0 gives the maximum likelihood of the reference. A worker with few
        labels has confusion rates of 0 or 1 there. The prior adds, for each true category, one
        pseudo-label distributed as the crowd's labels are where the majority has that category, and
        half a pseudo-label that is right.
    tolerance : float
        Gain per label that may remain; see `fit_em`.
    iterations : int
        The greatest number of iterations.
    restarts : int
        Number of further random starts; see `fit_from_starts`.

    Returns
    -------
    FitResult
        `workers["right"]`, shape (W, K), is the probability of a right label by true category.

    References
    ----------
    Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm"
    (1979).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> dawid_skene(crowd).posterior.argmax(1).tolist()
    [0, 1, 0, 1]
    """
    votes, n_workers, n_categories = crowd.vote_matrix(), crowd.n_workers, crowd.n_categories

    def confusion(posterior: FloatArray) -> FloatArray:
        expected = votes.T @ posterior
        return np.reshape(expected, (n_workers, n_categories, n_categories))

    start = initial_posterior(crowd)
    pooled = confusion(start).sum(0) + 1 / n_categories
    pooled_shares = pooled / pooled.sum(0)
    pseudo_labels = prior * (_PRIOR_CROWD * pooled_shares + _PRIOR_RIGHT * np.eye(n_categories))

    def m_step(posterior: FloatArray, _: _Parameters | None) -> _Parameters:
        categories = posterior.T @ np.ones(crowd.n_tasks)
        labels = confusion(posterior) + pseudo_labels
        return _Parameters(_log_shares(categories, 0), _log_shares(labels, 1))

    def log_joint(parameters: _Parameters) -> FloatArray:
        by_column = parameters.label.reshape(n_workers * n_categories, n_categories)
        return add_by_category(votes @ by_column, parameters.category)

    def log_prior(parameters: _Parameters) -> float:
        return float((pseudo_labels * parameters.label).sum())

    def fit(start: FloatArray) -> tuple[FitResult, _Parameters]:
        return fit_em(crowd, start, m_step, log_joint, log_prior, tolerance, iterations)

    result, parameters = fit_from_starts(start, fit, restarts)
    right = np.exp(np.diagonal(parameters.label, axis1=1, axis2=2))
    return result._replace(workers={"right": right})


def _log_shares(amounts: FloatArray, axis: int) -> FloatArray:
    """Return the log of each amount's share along an axis; shares of a zero sum are equal."""
    positive = amounts + np.finfo(float).tiny
    log_shares: FloatArray = np.log(positive) - np.log(positive.sum(axis, keepdims=True))
    return log_shares
