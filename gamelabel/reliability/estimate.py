"""Estimates with confidence intervals: proportions, and means over rows or over clusters."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.tables.vote_counts import FloatArray

CONFIDENCE = 0.95
FEW_CLUSTERS = 5  # with fewer, simulated intervals cover less often than they should
_NO_VARIANCE = 1e-20  # squared rounding error of a mean of values in [0, 1]


class _Fields(NamedTuple):
    value: float
    low: float
    high: float
    n: int


class Estimate(_Fields):
    """A value, its confidence interval and the number of observations that it rests on.

    A named tuple: unpack it (`value, low, high, n = estimate`), or pass `estimate._asdict()` where
    a row of a table is needed. `warning` says why the interval should not be relied upon; it is
    empty if there is no reason.

    >>> estimate = proportion(81, 263)
    >>> f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}], n = {estimate.n}"
    '0.308 [0.255, 0.366], n = 263'
    >>> estimate.warning, estimate_mean([0.2, 0.7]).warning
    ('', 'the interval rests on 2 clusters of equal weight, fewer than 5')
    """

    warning: str = ""

    def with_warning(self, warning: str) -> Estimate:
        """Return the same estimate with this warning."""
        estimate = Estimate(*self)
        estimate.warning = warning
        return estimate

    def _replace(self, **changes: Any) -> Estimate:
        return Estimate(**(self._asdict() | changes)).with_warning(self.warning)

    def __repr__(self) -> str:
        warning = f", warning={self.warning!r}" if self.warning else ""
        return f"{super().__repr__()[:-1]}{warning})"


def proportion(successes: float, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate a proportion, with its Wilson interval.

    Parameters
    ----------
    successes : float
        Number of successes, from 0 to `n`.
    n : int
        Number of trials. With none the value is NaN and the interval (0, 1).
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        successes / n, the interval of `wilson`, and n.

    Examples
    --------
    >>> [round(x, 4) for x in proportion(0, 20)]
    [0.0, 0.0, 0.1611, 20]
    >>> proportion(0, 0)
    Estimate(value=nan, low=0.0, high=1.0, n=0)
    """
    low, high = wilson(successes, n, confidence)
    value = float(successes / n) if n else float("nan")
    return Estimate(value, float(low), float(high), int(n))


def wilson(
    successes: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Compute the Wilson score interval of proportions.

    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n), with p = successes / n.

    Parameters
    ----------
    successes : array_like
        Number of successes, a scalar or an array.
    n : array_like
        Number of trials, of the same shape. Where it is 0 the interval is (0, 1).
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : ndarray of float
        Arrays of that shape.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= n.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference" (1927).

    Examples
    --------
    >>> low, high = wilson([81, 0, 0], [263, 20, 0])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.0, 0.0], [0.3662, 0.1611, 1.0])
    """
    successes, n = _checked(successes, n)
    trials = np.maximum(n, 1)
    low, high = _score_interval(successes / trials, trials, normal_quantile(confidence))
    unknown = n == 0
    low = np.where(unknown | (successes == 0), 0.0, low)
    return low, np.where(unknown | (successes == n), 1.0, high)


def clopper_pearson(
    successes: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Compute the exact (Clopper-Pearson) interval of proportions.

    The limits are quantiles of Beta(successes, failures + 1) and Beta(successes + 1, failures). The
    interval covers at least as often as `confidence` says and is wider than the Wilson interval.

    Parameters
    ----------
    successes : array_like
        Number of successes, a scalar or an array.
    n : array_like
        Number of trials, of the same shape. Where it is 0, the interval is (0, 1).
    confidence : float
        Least coverage of the interval.

    Returns
    -------
    low, high : ndarray of float
        Arrays of that shape.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= n.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial" (1934).

    Examples
    --------
    >>> low, high = clopper_pearson(81, 263)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2527, 0.3676)
    """
    from scipy.special import betaincinv

    successes, n = _checked(successes, n)
    tail, failures = (1 - check_confidence(confidence)) / 2, n - successes
    low = betaincinv(np.maximum(successes, 1), failures + 1, tail)
    high = betaincinv(successes + 1, np.maximum(failures, 1), 1 - tail)
    return np.where(successes > 0, low, 0.0), np.where(failures > 0, high, 1.0)


def normal_quantile(confidence: float) -> float:
    """Return the z for which a standard normal variable lies in (-z, z) with this probability.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    from scipy.special import ndtri

    return float(ndtri(0.5 + check_confidence(confidence) / 2))


def estimate_mean(
    values: ArrayLike,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate a (weighted) mean of bounded values, with an interval over rows or clusters.

    Parameters
    ----------
    values : array_like
        One value per row, shape (N,), within `limits`. A value of weight 0 may be NaN.
    clusters : array_like, optional
        The cluster of each row, shape (N,): rows of a cluster may depend on each other. By default
        each row is its own cluster.
    weights : array_like, optional
        Weight of each row, shape (N,), not negative. By default all rows weigh the same.
    limits : tuple of float
        The least and the greatest possible value: (0, 1) for shares, (-1, 1) for their differences.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        The weighted mean, the interval, and the number of rows of positive weight. Without any, the
        value is NaN and the interval `limits`. With few clusters, or few that weigh much, it has a
        warning.

    Notes
    -----
    The variance v is that of the jackknife, which leaves out one cluster at a time. With values
    scaled to limits 0 and 1, the interval is Wilson's of a proportion p of p (1 - p) / v trials,
    with a t-quantile in place of the normal one. Its degrees of freedom are the effective number of
    clusters, (sum of weights)² / (sum of squared weights), minus 1. Where all clusters have the
    same mean, v is what it would be with one more cluster at the farther limit: five of five
    clusters at 1 count as 5 successes in 5 trials.

    References
    ----------
    Hansen, "Jackknife standard errors for clustered regression" (2022); Franco, Little, Louis and
    Slud, "Comparative study of confidence intervals for proportions in complex sample surveys"
    (2019).

    Examples
    --------
    >>> [round(x, 3) for x in estimate_mean([0, 0, 1, 1, 1, 0.5])]
    [0.583, 0.181, 0.899, 6]
    >>> estimate = estimate_mean([1] * 6, clusters=["x", "x", "y", "y", "z", "z"])
    >>> round(estimate.low, 3), estimate.high, estimate.warning
    (0.139, 1.0, 'the interval rests on 3 clusters of equal weight, fewer than 5')
    """
    x, least, width = np.asarray(values, float), limits[0], limits[1] - limits[0]
    w = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    _check_rows(x, w, limits)
    quantile_level = 0.5 + check_confidence(confidence) / 2
    n = int((w > 0).sum())
    if not n:
        nothing = Estimate(float("nan"), float(limits[0]), float(limits[1]), 0)
        return nothing.with_warning("there are no values")
    value = float((np.where(w > 0, x, 0.0) * w).sum() / w.sum())
    sums = np.where(w > 0, (x - least) / width, 0.0) * w
    if clusters is not None:
        cluster = pd.factorize(np.asarray(clusters))[0]
        sums, w = np.bincount(cluster, sums), np.bincount(cluster, w)
    sums, w = sums[w > 0], w[w > 0]
    effective = float(w.sum() ** 2 / (w**2).sum())
    low, high = 0.0, 1.0
    if len(w) > 1:
        share = np.clip(sums.sum() / w.sum(), 0, 1)
        trials = np.asarray(_effective_trials(sums, w, effective))
        ends = _score_interval(share, trials, t_quantile(quantile_level, effective))
        low, high = np.clip(ends, 0, 1)
    low, high = min(least + width * low, value), max(least + width * high, value)
    return Estimate(value, float(low), float(high), n).with_warning(few_clusters(effective))


def _effective_trials(sums: FloatArray, w: FloatArray, effective: float) -> float:
    """Return the number of trials of a proportion whose variance is that of the mean of clusters.

    `sums` (G,) are the weighted values by cluster, in [0, 1] times their weights `w` (G,).
    """
    clusters, p = len(w), min(1.0, float(sums.sum() / w.sum()))
    without = (sums.sum() - sums) / (w.sum() - w)
    variance = float((clusters - 1) / clusters * ((without - p) ** 2).sum())
    if variance > _NO_VARIANCE:
        return p * (1 - p) / variance
    if min(p, 1 - p) ** 2 < _NO_VARIANCE:
        return effective
    return p * (1 - p) * ((effective + 1) / max(p, 1 - p)) ** 2


def _score_interval(
    p: FloatArray, trials: FloatArray, quantile: float
) -> tuple[FloatArray, FloatArray]:
    """Compute Wilson's interval of proportions for any number of trials above 0."""
    center = p + quantile**2 / (2 * trials)
    margin = quantile * np.sqrt(p * (1 - p) / trials + quantile**2 / (4 * trials**2))
    low, high = ((center + sign * margin) / (1 + quantile**2 / trials) for sign in (-1, 1))
    return low, high


def t_quantile(level: float, clusters: float) -> float:
    """Return a quantile of Student's t with this number of clusters, minus 1, degrees of freedom.

    At least 1 degree: fewer than two effective clusters are warned about, see `few_clusters`.

    >>> round(t_quantile(0.975, 5), 4), round(t_quantile(0.975, 1e9), 4)
    (2.7764, 1.96)
    """
    from scipy.special import stdtrit

    return float(stdtrit(max(clusters - 1, 1.0), level))


def few_clusters(effective: float, what: str = "clusters") -> str:
    """Return a warning if there are fewer than five clusters of equal weight, otherwise "".

    >>> few_clusters(20.0), few_clusters(2.5, "workers")
    ('', 'the interval rests on 2.5 workers of equal weight, fewer than 5')
    """
    if effective >= FEW_CLUSTERS - 1e-9:
        return ""
    number = f"{effective:.1f}".removesuffix(".0")
    return f"the interval rests on {number} {what} of equal weight, fewer than {FEW_CLUSTERS}"


def check_confidence(confidence: float) -> float:
    """Return the coverage of an interval if it is a probability, otherwise raise ValueError.

    >>> check_confidence(0.95)
    0.95
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is a probability such as 0.95, not {confidence}")
    return confidence


def _check_rows(x: FloatArray, w: FloatArray, limits: tuple[float, float]) -> None:
    """Raise ValueError unless each value has a weight and lies within the limits."""
    if w.shape != x.shape or not (w >= 0).all():
        raise ValueError(f"{len(x)} values need {len(x)} weights, none of them negative")
    used = x[w > 0]
    if not ((used >= limits[0]) & (used <= limits[1])).all():
        outside = used[~((used >= limits[0]) & (used <= limits[1]))][0]
        raise ValueError(
            f"the value {outside} is not within the limits {limits}: pass the least and the "
            "greatest possible value as limits"
        )


def _checked(successes: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray]:
    successes, n = np.asarray(successes, float), np.asarray(n, float)
    if not ((successes >= 0) & (successes <= n)).all():
        raise ValueError("the interval of a proportion needs 0 <= successes <= n")
    return successes, n
