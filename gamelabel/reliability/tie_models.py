"""Log likelihoods of a comparison's outcome by the difference of two abilities, with ties."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from gamelabel.reliability.encoded_comparisons import PairCounts
from gamelabel.tables.vote_counts import FloatArray


class Curvature(NamedTuple):
    """A log likelihood and its derivatives by pair, by the difference d and the tie parameter t.

    `value` is the sum over pairs. `d` and `t` are first derivatives, `dd`, `dt` and `tt` second
    derivatives with the sign changed, all of shape (M,).
    """

    value: float
    d: FloatArray
    t: FloatArray
    dd: FloatArray
    dt: FloatArray
    tt: FloatArray


def half_wins(pairs: PairCounts, d: FloatArray, _: float) -> Curvature:
    """Count a tie as half a win for each: P(win) = 1 / (1 + exp(-d)).

    >>> one = np.ones(1)
    >>> pairs = PairCounts(np.array([0]), np.array([1]), 2 * one, 2 * one, 0 * one, 2)
    >>> bool(np.allclose(half_wins(pairs, np.log([3.0]), 0).d, 0))
    True
    """
    points = pairs.wins + pairs.ties / 2
    n = pairs.wins + pairs.ties + pairs.losses
    p, log_p = _logistic(d)
    value = float(n @ log_p - (n - points) @ d)  # log(1 - p) = log(p) - d
    zero = np.zeros_like(d)
    return Curvature(value, points - n * p, zero, n * p * (1 - p), zero, zero)


def davidson(pairs: PairCounts, d: FloatArray, t: float) -> Curvature:
    """Take P(win) : P(tie) : P(loss) = exp(d/2) : exp(t) : exp(-d/2), after Davidson (1970).

    >>> one = np.ones(1)
    >>> pairs = PairCounts(np.array([0]), np.array([1]), 4 * one, 2 * one, 1 * one, 2)
    >>> at_maximum = davidson(pairs, np.log([4.0]), 0.0)
    >>> bool(np.allclose([at_maximum.d, at_maximum.t], 0))
    True
    """
    n = pairs.wins + pairs.ties + pairs.losses
    log_sum = np.logaddexp(np.logaddexp(d / 2, -d / 2), t)
    win, tie, loss = np.exp(d / 2 - log_sum), np.exp(t - log_sum), np.exp(-d / 2 - log_sum)
    value = float(((pairs.wins - pairs.losses) * d / 2 + pairs.ties * t - n * log_sum).sum())
    mean = (win - loss) / 2
    return Curvature(
        value,
        (pairs.wins - pairs.losses) / 2 - n * mean,
        pairs.ties - n * tie,
        n * ((win + loss) / 4 - mean**2),
        -n * mean * tie,
        n * tie * (1 - tie),
    )


def rao_kupper(pairs: PairCounts, d: FloatArray, t: float) -> Curvature:
    """Take P(win) = 1 / (1 + exp(t - d)) and P(loss) = 1 / (1 + exp(t + d)), t > 0.

    A tie has the rest of the probability: Rao and Kupper (1967), with their theta = exp(t).

    >>> one = np.ones(1)
    >>> pairs = PairCounts(np.array([0]), np.array([1]), one, one, one, 2)
    >>> at_maximum = rao_kupper(pairs, np.zeros(1), float(np.log(2)))
    >>> bool(np.allclose([at_maximum.d, at_maximum.t], 0))
    True
    """
    if t <= 0:
        nothing = np.zeros_like(d)
        return Curvature(-np.inf, *[nothing] * 5)
    above, below = pairs.wins + pairs.ties, pairs.losses + pairs.ties
    (p, log_p), (q, log_q) = _logistic(d - t), _logistic(-d - t)
    n_ties = float(pairs.ties.sum())
    spread = -np.expm1(-2 * t)  # log(exp(2t) - 1) = 2t + log(spread)
    value = float(above @ log_p + below @ log_q)
    win, loss = above * (1 - p), below * (1 - q)
    return Curvature(
        value + n_ties * (2 * t + float(np.log(spread))),
        win - loss,
        pairs.ties * 2 / spread - win - loss,
        win * p + loss * q,
        loss * q - win * p,
        win * p + loss * q + pairs.ties * 4 * np.exp(-2 * t) / spread**2,
    )


def _logistic(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return p = 1 / (1 + exp(-x)) and log(p), without overflow."""
    decay = np.exp(-np.abs(x))
    p = np.where(x >= 0, 1.0, decay) / (1 + decay)
    return p, np.minimum(x, 0) - np.log1p(decay)


class TieModel(NamedTuple):
    """A model of ties, by the parameter `ties` of `bradley_terry`.

    Attributes
    ----------
    curvature : callable
        Its log likelihood and derivatives.
    start : float or None
        Where the search for its tie parameter starts; None if it has none.
    share : callable
        Probability that two equal items tie, by the tie parameter.
    """

    curvature: Callable[[PairCounts, FloatArray, float], Curvature]
    start: float | None
    share: Callable[[float], float]


TIE_MODELS = {
    "half": TieModel(half_wins, None, lambda t: float("nan")),
    "davidson": TieModel(davidson, 0.0, lambda t: float(expit(t - np.log(2)))),
    "rao-kupper": TieModel(rao_kupper, 0.5, lambda t: float(np.tanh(t / 2))),
}
