"""Krippendorff's alpha: agreement beyond chance, for any number of labelers and with gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.vote_table import vote_table
from gamelabel.tables.categories import category_numbers
from gamelabel.tables.names import quoted
from gamelabel.tables.vote_counts import BLOCK_SIZE, FloatArray, IntArray

_MAX_RATIOS = 10_000  # their distances are a matrix: 800 MB
Level = Literal["nominal", "ordinal", "interval", "ratio"]


def alpha(
    labels: pd.DataFrame | ArrayLike,
    level: Level = "nominal",
    categories: Sequence[object] | None = None,
    counts: bool | None = None,
) -> float:
    """Compute Krippendorff's alpha = 1 - D_o / D_e, from observed and expected disagreement.

    Parameters
    ----------
    labels : DataFrame or array_like
        A frame with columns `task` and `label` (who gave a label does not matter), or an array (see
        `counts`). Units with fewer than two labels say nothing about agreement and are left out. A
        worker who labels a task twice counts twice.
    level : str
        Level of measurement, which sets the distance between two labels. "interval" and "ratio"
        need numbers, also as text; those of ratios must not be negative. "ordinal" needs an order:
        that of numbers, of an ordered categorical column, or of `categories`.
    categories : sequence, optional
        The categories in ascending order, whether they occur or not. For vote counts: what each
        column stands for, by default 0, 1, 2, ...
    counts : bool, optional
        Required for an array: True for vote counts, integers of shape (units, categories); False
        for labels of shape (raters, units), NaN or None where there is none.

    Returns
    -------
    float
        At most 1; 0 is agreement by chance. NaN where no unit has two labels, or all of them are of
        one category, since D_e is then 0.

    Raises
    ------
    ValueError
        For an unknown level, a missing column, an array without `counts`, and labels without the
        order or the numbers that the level needs.

    Notes
    -----
    D_o is the sum over units u and pairs of different categories c, k of
    n_uc n_uk d(c, k) / (m_u - 1), for m_u labels of the unit. D_e is the same over the pairs of all
    labels, whatever their unit. For nominal labels d is 1.

    References
    ----------
    Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011).

    Examples
    --------
    The binary example of the reference, section A: two observers, ten units.

    >>> observers = ["0100000010", "1110010000"]
    >>> labels = pd.DataFrame(
    ...     [(task, label) for row in observers for task, label in enumerate(row)],
    ...     columns=["task", "label"],
    ... )
    >>> round(alpha(labels), 4)
    0.0952

    The same from vote counts: five units with labels 00, four with 01 or 10, and one with 11.

    >>> round(alpha([[2, 0]] * 5 + [[1, 1]] * 4 + [[0, 2]], counts=True), 4)
    0.0952
    """
    votes, values = votes_and_values(labels, level, categories, counts)
    units, frequency = count_patterns(votes)
    return float(alpha_of_patterns(units, frequency[None], level, values)[0])


def votes_and_values(
    labels: pd.DataFrame | ArrayLike,
    level: Level,
    categories: Sequence[object] | None = None,
    counts: bool | None = None,
) -> tuple[IntArray, FloatArray]:
    """Return the votes (units, categories) and the values (categories,) of labels; see `alpha`.

    >>> frame = pd.DataFrame({"task": [0, 0], "label": ["2", "10"]})
    >>> votes, values = votes_and_values(frame, "ratio")
    >>> votes.tolist(), values.tolist()
    ([[1, 1]], [2.0, 10.0])
    """
    check_level(level)
    votes, names = vote_table(labels, categories, counts, level == "ordinal")
    values = category_values(names, level)
    if (np.diff(values) < 0).any():  # numbers as text, in the order of text
        ascending = np.argsort(values, kind="stable")
        return votes[:, ascending], values[ascending]
    return votes, values


def check_level(level: Level) -> None:
    """Raise ValueError for an unknown level of measurement.

    >>> check_level("ordinal")
    """
    if level not in get_args(Level):
        raise ValueError(
            f"there is no level of measurement {level!r}; use {', '.join(get_args(Level))}"
        )


def category_values(categories: pd.Index, level: Level) -> FloatArray:
    """Return the value of each category (C,); those of the interval level are centered.

    >>> category_values(pd.Index([10, 20, 60]), "interval").tolist()
    [-20.0, -10.0, 30.0]
    """
    if level in ("nominal", "ordinal"):
        return np.arange(len(categories), dtype=float)
    values = category_numbers(categories)
    if values is None:
        example = next(c for c in categories if category_numbers(pd.Index([c])) is None)
        raise ValueError(
            f"labels at the {level} level must be numbers, and {quoted(example)} is not"
        )
    if level == "ratio" and (values < 0).any():
        least = quoted(categories[values.argmin()])
        raise ValueError(
            f"labels at the ratio level must not be negative, and {least} is: use the interval "
            "level"
        )
    if level == "ratio" and len(values) > _MAX_RATIOS:
        raise ValueError(
            f"{len(values):,} different numbers at the ratio level, and {_MAX_RATIOS:,} is the "
            "limit: round them, or use the interval level"
        )
    return values - values.mean() if level == "interval" and len(values) else values


def count_patterns(counts: IntArray, least: int = 2) -> tuple[IntArray, IntArray]:
    """Find the distinct units with enough labels, and how often each occurs.

    Units with equal counts weigh the same in alpha. With two categories and few labels a unit, a
    million units are about ten patterns.

    Parameters
    ----------
    counts : ndarray of int
        Vote counts, shape (units, categories).
    least : int
        The least number of labels of a unit that counts.

    Returns
    -------
    units : ndarray of int
        The distinct rows with such a sum, shape (P, categories).
    frequency : ndarray of int
        The number of units equal to each of them, shape (P,).

    Examples
    --------
    >>> units, frequency = count_patterns(np.array([[2, 1], [0, 2], [2, 1], [1, 0]]))
    >>> units.tolist(), frequency.tolist()
    ([[2, 1], [0, 2]], [2, 1])
    """
    base, categories = int(counts.max(initial=0)) + 1, counts.shape[1]
    cells = base**categories
    if cells > 4 * len(counts) + 1024:  # a histogram of all possible patterns would be too large
        pairable = counts[counts.sum(1) >= least].astype(np.int64)
        return np.unique(pairable, axis=0, return_counts=True)
    histogram, block = np.zeros(cells, np.int64), max(BLOCK_SIZE, cells)
    for start in range(0, len(counts), block):
        rows = counts[start : start + block]
        key = rows[:, -1].astype(np.int64)
        for category in reversed(range(categories - 1)):
            key *= base
            key += rows[:, category]
        histogram += np.bincount(key, minlength=cells)
    keys = np.flatnonzero(histogram)
    units = keys[:, None] // base ** np.arange(categories) % base
    pairable = units.sum(1) >= least
    return units[pairable], histogram[keys[pairable]]


def alpha_of_patterns(
    units: IntArray,
    frequency: IntArray | FloatArray,
    level: Level,
    values: FloatArray,
    prior: FloatArray | None = None,
) -> FloatArray:
    """Compute alpha for R data sets that consist of the same P patterns of votes.

    Parameters
    ----------
    units : ndarray of int
        The patterns, vote counts of shape (P, C), each with two labels or more.
    frequency : ndarray
        How often each pattern occurs in each data set, shape (R, P).
    level : str
        Level of measurement.
    values : ndarray of float
        The value of each category, shape (C,).
    prior : ndarray of float, optional
        Labels of units that are added to each data set, shape (R, C + 1): of units that agree on
        each category, and of units whose labels all differ.

    Returns
    -------
    ndarray of float
        Alpha of each data set, shape (R,).

    Examples
    --------
    >>> units = np.array([[2, 0], [1, 1], [0, 2]])
    >>> alpha_of_patterns(units, np.array([[3, 0, 3], [5, 4, 1]]), "nominal", np.zeros(2)).round(4)
    array([1.    , 0.0952])
    """
    m, n_categories = units.sum(1), units.shape[1]
    marginal = frequency @ units.astype(float)
    if prior is not None:
        marginal = marginal + prior[:, :-1] + prior[:, -1:] / n_categories
    scale = category_scale(marginal, level, values)
    unit_scale = scale[:, None, :] if level == "ordinal" else scale
    disagreement = weighted_disagreement(units.astype(float), level, unit_scale)
    observed = (frequency * (disagreement / (m - 1))).sum(1)
    if prior is not None:
        observed = observed + prior[:, -1] * mean_distance(n_categories, level, scale)
    n = marginal.sum(1)
    return alpha_from_sums(observed, marginal, n, level, scale)


def alpha_from_sums(
    observed: FloatArray,
    marginal: FloatArray,
    squared_weights: FloatArray,
    level: Level,
    scale: FloatArray,
) -> FloatArray:
    """Compute alpha (R,) = 1 - D_o / D_e from sums over labels; NaN where D_e is 0.

    Parameters
    ----------
    observed : ndarray of float
        Weighted disagreement within units, shape (R,).
    marginal : ndarray of float
        Weighted number of labels in each category, shape (R, C).
    squared_weights : ndarray of float
        Sum of the squared weights of all labels, shape (R,): their number if each weighs 1.
    level : str
        Level of measurement.
    scale : ndarray of float
        What `category_scale` returns.

    Returns
    -------
    ndarray of float
        Alpha, shape (R,).

    Examples
    --------
    >>> sums = np.array([8.0]), np.array([[14.0, 6.0]]), np.array([20.0])
    >>> alpha_from_sums(*sums, "nominal", np.zeros(2)).round(4)
    array([0.0952])
    """
    n = marginal.sum(1)
    expected = weighted_disagreement(marginal, level, scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (n * n - squared_weights) / n * observed / expected
        return np.where(expected > 0, 1 - ratio, np.nan)


def prior_units(categories: int) -> FloatArray:
    """Return weak prior knowledge as units that are added where an interval is computed, (C + 1,).

    One unit that agrees, 1 / C of it in each of the C categories, and half a unit whose labels all
    differ. For two categories and two labels a unit these are the weights of Jeffreys' prior for
    the three kinds of units. Without them, categories or disagreements that the data lack by chance
    would be impossible.

    >>> prior_units(4).tolist()
    [0.25, 0.25, 0.25, 0.25, 0.5]
    """
    return np.append(np.full(categories, 1 / categories), 0.5)


def mean_distance(categories: int, level: Level, scale: FloatArray) -> FloatArray:
    """Return the mean distance of two different ones of C categories, for a scale (..., C).

    >>> float(mean_distance(3, "interval", np.array([0.0, 1.0, 3.0])))  # mean of 1, 4 and 9
    4.666666666666667
    """
    return weighted_disagreement(np.ones(categories), level, scale) / (
        categories * (categories - 1)
    )


def category_scale(marginal: FloatArray, level: Level, values: FloatArray) -> FloatArray:
    """Return the positions from which distances are computed: `values`, or ranks if ordinal.

    The rank of a category, shape (R, C), is the number of labels below it plus half of its own.

    >>> category_scale(np.array([[4.0, 2.0, 2.0]]), "ordinal", np.arange(3.0)).tolist()
    [[2.0, 5.0, 7.0]]
    """
    return np.cumsum(marginal, 1) - marginal / 2 if level == "ordinal" else values


def label_distance(one: IntArray, other: IntArray, level: Level, values: FloatArray) -> FloatArray:
    """Return the distances d(c, k) of N pairs of categories, (N,), at any level but ordinal.

    >>> label_distance(np.array([0, 1]), np.array([1, 1]), "ratio", np.array([1.0, 3.0])).tolist()
    [0.25, 0.0]
    """
    if level == "nominal":
        return np.asarray(one != other, float)
    difference, total = values[one] - values[other], values[one] + values[other]
    if level == "ratio":
        difference = difference / np.where(total == 0, 1.0, total)
    distance: FloatArray = difference**2
    return distance


def weighted_disagreement(counts: FloatArray, level: Level, scale: FloatArray) -> FloatArray:
    """Sum n_c n_k d(c, k) over all categories c and k.

    Parameters
    ----------
    counts : ndarray of float
        Number of labels n_c by category, shape (..., C).
    level : str
        Level of measurement. d(c, k) is 1 for different categories at the nominal level,
        (v_c - v_k)² for intervals and for ordinal ranks v, and ((v_c - v_k) / (v_c + v_k))² for
        ratios.
    scale : ndarray of float
        The values or ranks v, broadcastable to `counts`.

    Returns
    -------
    ndarray of float
        Shape (...).

    Examples
    --------
    >>> float(weighted_disagreement(np.array([2.0, 1.0]), "nominal", np.zeros(2)))
    4.0
    >>> float(weighted_disagreement(np.array([2.0, 1.0]), "interval", np.array([0.0, 3.0])))
    36.0
    """
    total = counts.sum(-1)
    if level == "nominal":
        disagreement: FloatArray = total**2 - (counts * counts).sum(-1)
    elif level == "ratio":
        sums = scale[:, None] + scale
        distance = ((scale[:, None] - scale) / np.where(sums == 0, 1.0, sums)) ** 2
        disagreement = ((counts @ distance) * counts).sum(-1)
    else:
        mean_square = total * (counts * scale**2).sum(-1)
        disagreement = 2 * (mean_square - (counts * scale).sum(-1) ** 2)
    return disagreement
