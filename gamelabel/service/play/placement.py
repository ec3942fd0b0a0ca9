"""Where a value is among those of everybody: what players are shown after a game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_MOST_BINS = 12
_FEWEST = 3  # values from which a comparison says something, and does not show another's value


@dataclass(frozen=True)
class Placement:
    """A value's place among all values, which include it.

    Attributes
    ----------
    rank, n : int
        1 for the highest; equal values have the same rank. Of `n` values.
    percentile : float
        The share of the other values that are lower, in percent; equal ones count half.
    counts : list of int
        A histogram of all values; empty if there are too few of them.
    edges : list of float
        The limits of its bins, one more than counts.
    own_bin : int
        The bin of the value.
    """

    rank: int
    n: int
    percentile: float
    counts: list[int]
    edges: list[float]
    own_bin: int


def place_value(own: float, others: Sequence[float]) -> Placement:
    """Return where a value is among it and others.

    Examples
    --------
    >>> place = place_value(30, [10, 20, 30, 40])
    >>> place.rank, place.n, place.percentile
    (2, 5, 62.5)
    >>> place_value(5, []).rank
    1
    """
    values = np.array([own, *others], dtype=float)
    rest = values[1:]
    lower = (rest < own).sum() + (rest == own).sum() / 2
    percentile = 100.0 * float(lower) / len(rest) if len(rest) else 100.0
    counts: list[int] = []
    edges: list[float] = []
    own_bin = 0
    if len(values) >= _FEWEST:
        n_bins = min(_MOST_BINS, max(3, round(np.sqrt(len(values))) + 1))
        low, high = float(values.min()), float(values.max())
        limits = np.linspace(low, high if high > low else low + 1, n_bins + 1)
        counts = np.histogram(values, limits)[0].tolist()
        edges = limits.tolist()
        own_bin = min(n_bins - 1, int(np.searchsorted(limits, own, side="right")) - 1)
    return Placement(
        rank=1 + int((rest > own).sum()),
        n=len(values),
        percentile=round(percentile, 1),
        counts=counts,
        edges=edges,
        own_bin=own_bin,
    )
