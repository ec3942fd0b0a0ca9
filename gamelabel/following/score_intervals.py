"""Which variation an interval of agents' scores covers: teachers and trainings, or crowds."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas import DataFrame

from gamelabel.reliability.estimate import (
    CONFIDENCE,
    Estimate,
    estimate_mean,
    few_clusters,
    normal_quantile,
    t_quantile,
    wilson,
)

Over = Literal["teachers", "crowds"]
Limits = tuple[float, float]
_NO_VARIANCE = 1e-20  # squared rounding error of a mean of values in [0, 1]


def estimate_scores(table: DataFrame, over: Over, limits: Limits = (0.0, 1.0)) -> Estimate:
    """Return the mean of scores with the 95 % interval that `over` names.

    Parameters
    ----------
    table : DataFrame
        Columns example_id, teacher_id and value; and seed, which "crowds" needs.
    over : {"teachers", "crowds"}
        "teachers": each seed is a training, and all are tested on the same examples; see
        `over_teachers`. "crowds": each seed has people and a test of its own; see `over_crowds`.
    limits : tuple of float
        The least and the greatest possible value.
    """
    return (over_crowds if over == "crowds" else over_teachers)(table, limits)


def over_crowds(table: DataFrame, limits: Limits = (0.0, 1.0)) -> Estimate:
    """Return the mean over crowds with its 95 % interval over crowds.

    Everything that differs between seeds is in this interval: the people, their pilot study, what
    they gave, the test and the training. All crowds weigh the same.

    Parameters
    ----------
    table : DataFrame
        Columns seed and value.
    limits : tuple of float
        The least and the greatest possible value.

    Returns
    -------
    Estimate
        Its n is the number of crowds.

    Examples
    --------
    Two crowds with means 0.5 and 1:

    >>> table = pd.DataFrame({"seed": [0, 0, 1], "value": [0.0, 1.0, 1.0]})
    >>> estimate = over_crowds(table)
    >>> estimate.value, estimate.n
    (0.75, 2)
    """
    return estimate_mean(table.groupby("seed")["value"].mean(), limits=limits)


def over_teachers(table: DataFrame, limits: Limits = (0.0, 1.0)) -> Estimate:
    """Return the mean with its 95 % interval over the teachers of the test and over trainings.

    Parameters
    ----------
    table : DataFrame
        Columns example_id, teacher_id, value and, if there are several trainings, seed.
    limits : tuple of float
        The least and the greatest possible value.

    Returns
    -------
    Estimate
        Its n is the number of examples. If all rows are of one training, the interval is over
        teachers alone.

    Notes
    -----
    A teacher's commands resemble each other, and so do the answers of one training. Teachers and
    trainings are crossed. The variance of the mean is taken as the sum of two jackknife variances,
    over teachers and over trainings; it is a little too large, because both contain what is left
    over [1]_. The degrees of freedom are Satterthwaite's [2]_, and the interval has the form of
    `estimate_mean`. If the trainings are few and make up much of the variance, the estimate has a
    warning.

    References
    ----------
    .. [1] Cameron, Gelbach and Miller (2011), "Robust inference with multiway clustering".
    .. [2] Satterthwaite (1946), "An approximate distribution of estimates of variance components".

    Examples
    --------
    >>> rows = [(f"e{t}", f"t{t}", s, float(t % 2 == 0)) for t in range(8) for s in range(3)]
    >>> table = pd.DataFrame(rows, columns=["example_id", "teacher_id", "seed", "value"])
    >>> [round(number, 3) for number in over_teachers(table)]
    [0.5, 0.167, 0.833, 8]
    """
    n = table["example_id"].nunique()
    means = table.groupby("example_id", sort=False)
    means = means.agg(value=("value", "mean"), teacher=("teacher_id", "first"))
    of_test = estimate_mean(means["value"], means["teacher"], limits=limits)
    if "seed" not in table or table["seed"].nunique() < 2:
        return of_test
    width = limits[1] - limits[0]
    share = ((table["value"] - limits[0]) / width).clip(0, 1)
    p = float(share.mean())
    teachers, trainings = table["teacher_id"], table["seed"]
    of_teachers, of_trainings = _variance(share, teachers), _variance(share, trainings)
    variance = of_teachers + of_trainings
    if variance < _NO_VARIANCE:
        return of_test
    degrees = variance**2 / (
        of_teachers**2 / (_effective(teachers) - 1) + of_trainings**2 / (_effective(trainings) - 1)
    )
    # Wilson's interval for a quantile q of Student's t instead of z: as for n (z / q)^2 trials
    quantile = t_quantile(0.5 + CONFIDENCE / 2, degrees + 1)
    trials = p * (1 - p) / variance * (normal_quantile(CONFIDENCE) / quantile) ** 2
    low, high = (limits[0] + width * float(end) for end in wilson(p * trials, trials))
    warning = few_clusters(degrees + 1, "teachers and trainings")
    return Estimate(limits[0] + width * p, low, high, n).with_warning(warning)


def _variance(values: pd.Series[float], clusters: pd.Series[Any]) -> float:
    """Return the jackknife variance of the mean, leaving out one cluster at a time."""
    parts = values.groupby(clusters).agg(["sum", "size"])
    total, n, clusters_left = parts["sum"].sum(), parts["size"].sum(), len(parts)
    if clusters_left < 2:
        return 0.0
    without = (total - parts["sum"]) / (n - parts["size"])
    squares = ((without - total / n) ** 2).sum()
    return float((clusters_left - 1) / clusters_left * squares)


def _effective(clusters: pd.Series[Any]) -> float:
    """Return the number of clusters of equal weight, at least 2."""
    sizes = clusters.value_counts().to_numpy(float)
    return max(2.0, float(sizes.sum() ** 2 / np.square(sizes).sum()))
