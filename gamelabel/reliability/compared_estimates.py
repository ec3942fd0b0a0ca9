"""Compare two estimates: the interval of their difference and of their ratio.

Both are computed from the two intervals alone, as if the estimates were independent (MOVER, the
method of variance estimates recovery). For estimates on the same prompts or pairs, which usually
agree in what is hard, they are wider than a paired comparison.
"""

from __future__ import annotations

import math

from gamelabel.reliability.estimate import Estimate


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Estimate the difference of two numbers.

    The interval reaches as far from the difference as the two intervals do together, as the square
    root of the sum of squares. An interval that does not contain its value is extended to it.

    Parameters
    ----------
    first, second : Estimate
        The numbers.

    Returns
    -------
    Estimate
        first - second; `n` is the smaller one, and the warnings are joined.

    References
    ----------
    Newcombe, "Interval estimation for the difference between independent proportions: comparison
    of eleven methods" (1998), method 10.

    Examples
    --------
    >>> from gamelabel.reliability import proportion
    >>> estimate = difference(proportion(56, 70), proportion(48, 80))
    >>> [round(x, 4) for x in estimate]
    [0.2, 0.0524, 0.3339, 70]
    """
    a, low_a, high_a = _containing(first)
    b, low_b, high_b = _containing(second)
    low = a - b - math.hypot(a - low_a, high_b - b)
    high = a - b + math.hypot(high_a - a, b - low_b)
    return _estimate(a - b, low, high, first, second)


def ratio(first: Estimate, second: Estimate) -> Estimate:
    """Estimate the ratio of two numbers.

    The interval has every ratio r for which the interval of first - r second contains 0. If the
    interval of the second contains 0, every ratio is possible.

    Parameters
    ----------
    first, second : Estimate
        The numbers.

    Returns
    -------
    Estimate
        first / second; `n` is the smaller one, and the warnings are joined.

    References
    ----------
    Donner and Zou, "Closed-form confidence intervals for functions of the normal mean and standard
    deviation" (2012).

    Examples
    --------
    >>> from gamelabel.reliability.estimate import Estimate
    >>> estimate = ratio(Estimate(-3.0, -4.0, -2.0, 50), Estimate(-4.0, -5.0, -3.0, 40))
    >>> [round(x, 3) for x in estimate]
    [0.75, 0.473, 1.127, 40]
    """
    a, low_a, high_a = _containing(first)
    b, low_b, high_b = _containing(second)
    if low_b <= 0 <= high_b:
        value = a / b if b else math.nan
        return _estimate(value, -math.inf, math.inf, first, second)
    if b < 0:
        (a, low_a, high_a), (b, low_b, high_b) = (-a, -high_a, -low_a), (-b, -high_b, -low_b)
    if a < 0:
        low, high = _positive_ratio((-a, -high_a, -low_a), (b, low_b, high_b))
        low, high = -high, -low
    else:
        low, high = _positive_ratio((a, low_a, high_a), (b, low_b, high_b))
    return _estimate(a / b, low, high, first, second)


def _positive_ratio(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """Return the ends for a first number that is not negative and a positive second interval."""
    (a, low_a, high_a), (b, low_b, high_b) = first, second
    # the ends solve (a - r b)^2 = (distance of a to its end)^2 + (r distance of b to its end)^2
    end_b = high_b if low_a > 0 else low_b
    constant, square = low_a * (2 * a - low_a), end_b * (2 * b - end_b)
    root = math.sqrt(max(0.0, (a * b) ** 2 - square * constant))
    low = constant / (a * b + root) if constant else 0.0
    constant, square = high_a * (2 * a - high_a), low_b * (2 * b - low_b)
    root = math.sqrt(max(0.0, (a * b) ** 2 - square * constant))
    return low, (a * b + root) / square


def _containing(estimate: Estimate) -> tuple[float, float, float]:
    value, low, high, _ = estimate
    return value, min(low, value), max(high, value)


def _estimate(value: float, low: float, high: float, first: Estimate, second: Estimate) -> Estimate:
    warnings = dict.fromkeys(text for text in (first.warning, second.warning) if text)
    estimate = Estimate(value, low, high, min(first.n, second.n))
    return estimate.with_warning("; ".join(warnings))
