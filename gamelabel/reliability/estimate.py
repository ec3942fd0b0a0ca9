"""Estimates with confidence intervals: closed forms for proportions, the bootstrap for means."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gamelabel.tables.vote_counts import FloatArray, IntArray

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A value, its confidence interval and the number of observations that it rests on.

    A NamedTuple: unpack it (`value, low, high, n = estimate`), or pass `estimate._asdict()` where a
    row of a table is needed.

    >>> estimate = proportion(81, 263)
    >>> f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}], n = {estimate.n}"
    '0.308 [0.255, 0.366], n = 263'
    """

    value: float
    low: float
    high: float
    n: int


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
    z = normal_quantile(confidence)
    trials = np.maximum(n, 1)
    p = successes / trials
    center = p + z**2 / (2 * trials)
    margin = z * np.sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    low, high = ((center + sign * margin) / (1 + z**2 / trials) for sign in (-1, 1))
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
    tail, failures = (1 - confidence) / 2, n - successes
    low = betaincinv(np.maximum(successes, 1), failures + 1, tail)
    high = betaincinv(successes + 1, np.maximum(failures, 1), 1 - tail)
    return np.where(successes > 0, low, 0.0), np.where(failures > 0, high, 1.0)


def normal_quantile(confidence: float) -> float:
    """Return the z for which a standard normal variable lies in (-z, z) with this probability.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def bootstrap_mean(
    values: ArrayLike,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate a (weighted) mean, with a percentile bootstrap interval over rows or clusters.

    Parameters
    ----------
    values : array_like
        One value per row, shape (N,). A value of weight 0 may be NaN.
    clusters : array_like, optional
        The cluster of each row, shape (N,). Whole clusters are resampled, which keeps rows that
        depend on each other together. By default each row is its own cluster.
    weights : array_like, optional
        Weight of each row, shape (N,), not negative. By default all rows weigh the same.
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the resampling.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        The weighted mean, the interval, and the number of rows of positive weight. All is NaN where
        the weights sum to 0.

    Examples
    --------
    >>> bootstrap_mean([0, 0, 1, 1, 1], seed=1)
    Estimate(value=0.6, low=0.2, high=1.0, n=5)
    >>> bootstrap_mean([0, 0, 1, 1, 1], clusters=["x", "x", "y", "y", "y"], seed=1)
    Estimate(value=0.6, low=0.0, high=1.0, n=5)
    """
    x = np.asarray(values, float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    if w.shape != x.shape or (w < 0).any():
        raise ValueError(f"{len(x)} values need {len(x)} weights, none of them negative")
    n = int((w > 0).sum())
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    sums = np.where(w > 0, x, 0.0) * w
    value, totals = float(sums.sum() / w.sum()), w
    if clusters is not None:
        cluster = np.unique(np.asarray(clusters), return_inverse=True)[1]
        sums, totals = np.bincount(cluster, sums), np.bincount(cluster, w)
    counts = resample_counts(len(sums), replicates, seed)
    with np.errstate(invalid="ignore"):
        means = counts @ sums / (counts @ totals)
    return percentile_interval(value, means, n, confidence)


def resample_counts(units: int, replicates: int = 1000, seed: int = 0) -> IntArray:
    """Draw bootstrap samples of units as counts, shape (replicates, units); each row sums to units.

    A statistic that is a function of sums over units is computed for all replicates at once, as a
    matrix product with the counts.

    >>> resample_counts(3, replicates=2, seed=0).sum(axis=1)
    array([3, 3])
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(units, np.full(units, 1 / units), size=replicates)


def percentile_interval(
    value: float, replicates: FloatArray, n: int, confidence: float = CONFIDENCE
) -> Estimate:
    """Return the percentile interval of bootstrap replicates around an estimated value.

    Parameters
    ----------
    value : float
        The estimate from all data.
    replicates : ndarray of float
        The estimates from resampled data, shape (R,). Undefined ones (NaN) are left out.
    n : int
        Number of observations.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        The limits are NaN where the value, or every replicate, is NaN.

    Examples
    --------
    >>> estimate = percentile_interval(0.5, np.arange(101) / 100, n=20, confidence=0.9)
    >>> [round(x, 3) for x in estimate]
    [0.5, 0.05, 0.95, 20]
    """
    defined = replicates[~np.isnan(replicates)]
    if not len(defined) or np.isnan(value):
        return Estimate(value, float("nan"), float("nan"), n)
    low, high = np.quantile(defined, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Estimate(value, float(low), float(high), n)


def _checked(successes: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray]:
    successes, n = np.asarray(successes, float), np.asarray(n, float)
    if ((successes < 0) | (successes > n)).any():
        raise ValueError("the interval of a proportion needs 0 <= successes <= n")
    return successes, n
