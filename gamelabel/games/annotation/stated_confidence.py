"""How often answers of some probability are right: confidence that known answers have checked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.tables.vote_counts import FloatArray

_OFFSET_SD = 1.0  # standard deviation of the normal prior of the offset, in log odds
_SLOPE_SD = 0.5  # standard deviation of the normal prior of the log of the slope
_CLOSEST = 1e-6  # probabilities of a model are kept so far from 0 and 1


class Confidence(NamedTuple):
    """From the log odds x that a model gives its answer to stated ones.

    They are offset + slope * x, and at most highest_slope * x.
    """

    offset: float = 0.0
    slope: float = 1.0
    highest_slope: float = np.inf

    def stated(self, log_odds: FloatArray, n_answers: int) -> FloatArray:
        """Return the stated probability of answers, at least that of a guess.

        >>> Confidence(slope=0.5).stated(np.log([1.0, 81.0]), 2).round(2).tolist()
        [0.5, 0.9]
        >>> Confidence(offset=2.0, highest_slope=1.0).stated(np.log([4.0]), 2).round(2).tolist()
        [0.8]
        """
        stated = self.offset + self.slope * log_odds
        if np.isfinite(self.highest_slope):  # infinity times log odds of 0 is not a number
            stated = np.minimum(stated, self.highest_slope * log_odds)
        share = 1 / (1 + np.exp(-stated))
        clipped: FloatArray = np.maximum(share, 1 / n_answers)
        return clipped


def fit_confidence(
    log_odds: FloatArray, right: NDArray[np.bool_], slope: float = 1.0
) -> Confidence:
    """Fit offset and slope to answers that are known to be right or wrong (Platt scaling).

    They maximize the likelihood times priors around 0 and a slope that is expected, so that a few
    known answers change little.

    Parameters
    ----------
    log_odds : ndarray of float
        What the model says of its answers, shape (G,).
    right : ndarray of bool
        Whether each answer is right, shape (G,).
    slope : float
        The slope that is expected.

    Returns
    -------
    Confidence

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
    likelihood methods" (1999).

    Examples
    --------
    >>> log_odds = np.full(200, np.log(99))           # 99 % sure
    >>> right = np.repeat([True, False], [160, 40])   # 80 % are right
    >>> confidence = fit_confidence(log_odds, right)
    >>> confidence.stated(log_odds[:1], 2).round(2).tolist()
    [0.81]
    """
    from scipy.optimize import minimize

    sign = np.where(right, -1.0, 1.0)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        offset, log_slope = parameters
        times = slope * np.exp(log_slope) * log_odds
        wrong = sign * (offset + times)
        share = 1 / (1 + np.exp(-wrong))
        prior = 0.5 * ((offset / _OFFSET_SD) ** 2 + (log_slope / _SLOPE_SD) ** 2)
        gradient = np.array(
            [
                (sign * share).sum() + offset / _OFFSET_SD**2,
                (sign * share * times).sum() + log_slope / _SLOPE_SD**2,
            ]
        )
        return float(np.logaddexp(0, wrong).sum() + prior), gradient

    best = minimize(loss, np.zeros(2), jac=True, method="BFGS")
    return Confidence(float(best.x[0]), slope * float(np.exp(best.x[1])))


def log_odds_of_best(log_joint: FloatArray) -> FloatArray:
    """Return the log odds of the most probable answer of each point, shape (T,).

    Parameters
    ----------
    log_joint : ndarray of float
        Log probabilities of the answers up to a constant by point, shape (T, K), K at least 2.

    Examples
    --------
    >>> np.exp(log_odds_of_best(np.log([[3.0, 1.0], [1.0, 1.0]]))).round(2).tolist()
    [3.0, 1.0]
    """
    ordered = np.sort(log_joint, axis=1)
    best, rest = ordered[:, -1], ordered[:, :-1]
    gap = rest - best[:, None]
    limit = -np.log(_CLOSEST)
    odds: FloatArray = np.clip(-np.log(np.exp(gap).sum(1)), -limit, limit)
    return odds
