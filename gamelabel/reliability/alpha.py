"""Krippendorff's alpha: how far people agree beyond chance, for any number of them, with gaps, at four levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.reliability.counts import BLOCK, Counts, checked_counts, votes_of

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Real = NDArray[np.float64]


def alpha(
    labels: pd.DataFrame | Counts, level: Level = "nominal", values: Sequence[float] | None = None
) -> float:
    """Krippendorff's alpha = 1 - D_o / D_e, observed over expected disagreement.

    labels: a frame with columns `task` and `label` (who gave it does not matter), or vote counts, integers
    (units, categories). level: how far apart two labels are; "interval" and "ratio" need numbers, which for counts
    stand in `values` (0, 1, 2, ... unless given), "ordinal" takes categories in ascending order, those of a categorical
    column in their own.

    A unit with fewer than two labels says nothing about agreement and is left out. Where no unit is left, or all that
    is left is of one category, D_e is 0 and alpha undefined: NaN. A task that one worker labelled twice counts with
    both labels. Raises ValueError for an unknown level, missing columns, labels that are no numbers where they must be.

    Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011). D_o sums over units the n_uc n_uk pairs
    of unlike labels, each pair weighing 1 / (m_u - 1) of the unit's m_u labels; D_e takes pairs across all units.
    """
    counts, numbers = counts_and_values(labels, level, values)
    units, often = patterns(counts)
    return float(alpha_of_patterns(units, often[None], level, numbers)[0])


def counts_and_values(
    labels: pd.DataFrame | Counts, level: Level, values: Sequence[float] | None = None
) -> tuple[Counts, Real]:
    """Vote counts (units, categories) of either form of labels, and the number that each category stands for."""
    if not isinstance(labels, pd.DataFrame):
        counts = checked_counts(labels)
        numbers = np.arange(counts.shape[1]) if values is None else np.asarray(values)
        if len(numbers) != counts.shape[1]:
            raise ValueError(
                f"{len(numbers)} values for {counts.shape[1]} categories: give one each"
            )
        return counts, category_values(numbers, level)
    if values is not None:
        raise ValueError("values go with vote counts: in a frame the labels are their own values")
    counts, categories = votes_of(labels)
    return counts, category_values(categories, level)


def category_values(categories: ArrayLike | pd.Index, level: Level) -> Real:
    """The number that each category stands for at a level, those of intervals from their mean; (categories,)."""
    if level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError(
            f"{level!r} is no level of measurement: nominal, ordinal, interval or ratio"
        )
    if level in ("nominal", "ordinal"):
        return np.arange(len(np.asarray(categories)), dtype=float)
    try:
        values = np.asarray(categories, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"labels at the {level} level are numbers: {error}") from error
    return values - values.mean() if level == "interval" and len(values) else values


def patterns(counts: Counts) -> tuple[Counts, Counts]:
    """The different units with two labels or more, (patterns, categories), and how often each occurs, (patterns,).

    Units of equal counts weigh alike in alpha: with two categories and few labels a unit, a million units are some
    ten patterns.
    """
    base, size = int(counts.max(initial=0)) + 1, counts.shape[1]
    cells = base**size
    if cells > 4 * len(counts) + 1024:  # too many to count them all
        return np.unique(counts[counts.sum(1) > 1].astype(np.int64), axis=0, return_counts=True)
    often, block = np.zeros(cells, np.int64), max(BLOCK, cells)
    for start in range(0, len(counts), block):
        some = counts[start : start + block]
        key = some[:, -1].astype(np.int64)
        for category in reversed(range(size - 1)):
            key *= base
            key += some[:, category]
        often += np.bincount(key, minlength=cells)
    keys = np.flatnonzero(often)
    units = keys[:, None] // base ** np.arange(size) % base
    several = units.sum(1) > 1
    return units[several], often[keys[several]]


def alpha_of_patterns(units: Counts, often: NDArray, level: Level, values: Real) -> Real:
    """Alpha (R,) where pattern p of `units` (P, C) occurs often[r, p] times, (R, P)."""
    m = units.sum(1)
    marginal = often @ units.astype(float)
    scale = scale_values(marginal, level, values)
    apart = unlike(units.astype(float), level, scale[:, None, :] if level == "ordinal" else scale)
    observed = (often * (apart / (m - 1))).sum(1)
    n = marginal.sum(1)
    return ratio_to_chance(observed, marginal, n, level, scale)


def ratio_to_chance(
    observed: Real, marginal: Real, squares: Real, level: Level, scale: Real
) -> Real:
    """Alpha (R,) = 1 - D_o / D_e; NaN where nothing could disagree.

    observed: weighted pairs of unlike labels within units, (R,); marginal: labels by category, (R, C); squares: the
    sum of squared weights of all labels, (R,), which is their number where each weighs 1.
    """
    n = marginal.sum(1)
    expected = unlike(marginal, level, scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (n * n - squares) / n * observed / expected, np.nan)


def scale_values(marginal: Real, level: Level, values: Real) -> Real:
    """The values (C,), or for ordinal labels (R, C): how many labels lie below a category, half of its own included."""
    return np.cumsum(marginal, 1) - marginal / 2 if level == "ordinal" else values


def unlike(counts: Real, level: Level, scale: Real) -> Real:
    """The sum over categories c, k of n_c n_k d(c, k), the last axis of `counts` being the categories.

    d is 0 or 1 at the nominal level, (v_c - v_k)² for intervals and, with ranks for v, for ordinal labels, and
    ((v_c - v_k) / (v_c + v_k))² for ratios.
    """
    total = counts.sum(-1)
    if level == "nominal":
        return total**2 - (counts * counts).sum(-1)
    if level == "ratio":
        plus = scale[:, None] + scale
        distance = ((scale[:, None] - scale) / np.where(plus == 0, 1.0, plus)) ** 2
        return ((counts @ distance) * counts).sum(-1)
    return 2 * (total * (counts * scale**2).sum(-1) - (counts * scale).sum(-1) ** 2)
