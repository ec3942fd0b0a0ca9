"""The EM algorithm, for aggregation models that differ in their M step only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.tables.vote_counts import FloatArray

TOLERANCE = 1e-9  # gain per label that may remain when the iteration ends
MAX_ITERATIONS = 10_000

P = TypeVar("P")


def e_step(crowd: CrowdLabels, log_joint: FloatArray) -> tuple[FloatArray, float]:
    """Compute the posteriors of the true categories.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels. A task with gold has its known category: with certainty in the posterior, and as
        the only term of the likelihood.
    log_joint : ndarray of float
        Log probability of a task's labels and of each true category, shape (T, K). Not modified.

    Returns
    -------
    posterior : ndarray of float
        Shape (T, K).
    log_likelihood : float
        Of all labels.

    Examples
    --------
    >>> one = np.zeros(1, int)
    >>> crowd = CrowdLabels(one, one, one, gold=np.array([-1]), n_workers=1, n_categories=2)
    >>> posterior, log_likelihood = e_step(crowd, np.log([[0.3, 0.1]]))
    >>> posterior.round(3).tolist(), round(float(np.exp(log_likelihood)), 3)
    ([[0.75, 0.25]], 0.4)
    """
    rows = np.array(log_joint.T, order="C")  # (K, T): summing along a short last axis is slow
    known = np.flatnonzero(crowd.gold >= 0)
    at_gold = crowd.gold[known], known
    log_joint_of_gold = rows[at_gold]
    rows[:, known] = -np.inf
    rows[at_gold] = log_joint_of_gold
    peak = rows.max(0)
    np.exp(rows - peak, out=rows)
    total = rows.sum(0)
    rows /= total
    return np.ascontiguousarray(rows.T), float(peak.sum() + np.log(total).sum())


def add_by_category(table: FloatArray, amounts: FloatArray) -> FloatArray:
    """Add an amount of each category (K,) to a table of tasks by categories (T, K).

    Returns a transposed (K, T) table: adding along rows of a few categories is slow.

    >>> add_by_category(np.zeros((2, 2)), np.array([1.0, 2.0])).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    by_category = np.array(table.T, order="C")
    by_category += amounts[:, None]
    return by_category.T


def fit_em(
    crowd: CrowdLabels,
    posterior: FloatArray,
    m_step: Callable[[FloatArray, P | None], P],
    log_joint: Callable[[P], FloatArray],
    log_prior: Callable[[P], float],
    tolerance: float = TOLERANCE,
    iterations: int = MAX_ITERATIONS,
) -> tuple[FitResult, P]:
    """Alternate M and E steps until the objective, which never decreases, has converged.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    posterior : ndarray of float
        Posteriors to start from, shape (T, K).
    m_step : callable
        Returns the best parameters for posteriors, given the last parameters (None at first).
    log_joint : callable
        Returns the log joint probability (T, K) of parameters; see `e_step`.
    log_prior : callable
        Returns the log prior of parameters.
    tolerance : float
        The iteration ends when at most this gain per label remains, estimated from the last ones.
    iterations : int
        The iteration ends after this number at the latest.

    Returns
    -------
    result : FitResult
        With no columns about the workers.
    parameters : object
        The final parameters.
    """
    parameters, converged, log_likelihood = m_step(posterior, None), False, float("nan")
    objective: list[float] = []
    while True:
        posterior, log_likelihood = e_step(crowd, log_joint(parameters))
        objective.append(log_likelihood + log_prior(parameters))
        converged = _has_converged(objective, tolerance * len(crowd.task))
        if converged or len(objective) >= iterations:
            return FitResult(posterior, {}, objective, converged, log_likelihood), parameters
        parameters = m_step(posterior, parameters)


def fit_from_starts(
    start: FloatArray, fit: Callable[[FloatArray], tuple[FitResult, P]], restarts: int
) -> tuple[FitResult, P]:
    """Fit from a start and from random variations of it, and keep the best objective.

    EM climbs to the local maximum nearest to its start. A variation multiplies each probability by
    an exponential random number and normalizes. Of equal objectives the first one is kept.

    Parameters
    ----------
    start : ndarray of float
        Posteriors to start from, shape (T, K).
    fit : callable
        Fits a model from a start, as `fit_em` does.
    restarts : int
        Number of random variations; 0 fits once.

    Returns
    -------
    result : FitResult
    parameters : object
        As from `fit`.
    """
    best = fit(start)
    rng = np.random.default_rng(0)
    for _ in range(restarts):
        varied = start * rng.exponential(size=start.shape) + np.finfo(float).tiny
        other = fit(varied / varied.sum(1, keepdims=True))
        if other[0].objective[-1] > best[0].objective[-1]:
            best = other
    return best


def _has_converged(objective: list[float], tolerance: float) -> bool:
    """Return whether less than the tolerance remains to be gained.

    Close to its end the gains of EM form a geometric series: after gains of `previous` and `last`,
    last² / (previous - last) remains, many times `last` where EM is slow (Aitken's acceleration;
    Böhning et al., "The distribution of the likelihood ratio for mixtures of densities from the
    one-parameter exponential family", 1994).
    """
    gains = np.diff(objective[-3:])
    if len(gains) < 2:
        return bool(len(gains)) and bool(gains[0] <= 0)
    previous, last = gains
    return bool(last <= 0 or (last <= tolerance and last**2 <= tolerance * (previous - last)))
