"""A number with its interval, and the intervals that have a formula."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A value, the interval around it, and how many units it rests on; `study.record(name, *estimate)` takes it."""

    value: float
    low: float
    high: float
    n: int


def wilson(
    right: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval for `right` successes of `n`, arrays of one shape; (0, 1) where n is 0.

    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n) (Wilson 1927). Raises ValueError unless 0 <= right <= n.
    """
    right, n = _counted(right, n)
    z = normal_quantile(confidence)
    counted = np.maximum(n, 1)
    p = right / counted
    middle = p + z**2 / (2 * counted)
    reach = z * np.sqrt(p * (1 - p) / counted + z**2 / (4 * counted**2))
    low, high = ((middle + sign * reach) / (1 + z**2 / counted) for sign in (-1, 1))
    none = n == 0
    return np.where(none | (right == 0), 0.0, low), np.where(none | (right == n), 1.0, high)


def clopper_pearson(
    right: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Beta interval of Clopper and Pearson for `right` successes of `n`, arrays of one shape; (0, 1) where n is 0.

    Quantiles of Beta(right, n - right + 1) and Beta(right + 1, n - right) (Clopper and Pearson 1934). It covers at
    least as often as it says, and is wider than Wilson's. Raises ValueError unless 0 <= right <= n.
    """
    from scipy.special import betaincinv

    right, n = _counted(right, n)
    tail, wrong = (1 - confidence) / 2, n - right
    low = np.where(right > 0, betaincinv(np.maximum(right, 1), wrong + 1, tail), 0.0)
    return low, np.where(wrong > 0, betaincinv(right + 1, np.maximum(wrong, 1), 1 - tail), 1.0)


def normal_quantile(confidence: float) -> float:
    """How many standard deviations to either side hold `confidence` of a normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def _counted(right: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    right, n = np.asarray(right, float), np.asarray(n, float)
    if ((right < 0) | (right > n)).any():
        raise ValueError("an interval of a share needs 0 <= right <= n")
    return right, n


def percentile(
    value: float, replicates: NDArray[np.float64], n: int, confidence: float = CONFIDENCE
) -> Estimate:
    """The value with the percentile interval of its bootstrap replicates (R,), those that are undefined left out."""
    defined = replicates[~np.isnan(replicates)]
    if not len(defined) or np.isnan(value):
        return Estimate(value, float("nan"), float("nan"), n)
    low, high = np.quantile(defined, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Estimate(value, float(low), float(high), n)
