"""Alpha where the people are drawn again: all labels of a worker weigh as often as the worker was drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.reliability.alpha import Level, Real, ratio_to_chance, scale_values, unlike
from gamelabel.reliability.counts import Coded, Counts

_CELLS = 250_000  # numbers held at a time: they stay in the cache


def alpha_over_workers(
    coded: Coded,
    counts: Counts,
    replicates: int,
    rng: np.random.Generator,
    level: Level,
    values: Real,
) -> Real:
    """Alpha (R,) where the W workers are drawn again, W of them with replacement; counts: their votes, (units, C).

    A worker drawn twice has all labels twice; pairs of a label with its own copy would agree always, so a unit's pairs
    are counted without them (weights w: m² - sum of w², not m (m - 1)).

    A unit of two labels of weights a and b has 2ab pairs and so weighs (a + b) d in the observed disagreement, if both
    were drawn. Over all such units that is a bilinear form of the weights and of who was drawn, a matrix of workers by
    workers; where labels are sparse it holds nearly everything. Ordinal distances differ from replicate to replicate,
    so there all units go the long way.
    """
    people, size = len(coded.workers), counts.sum(1)
    two = (size == 2) & (level != "ordinal")
    many = (size > 1) & ~two
    forms, votes, labels = _forms(coded, two, level, values), *_votes(coded, many, counts.shape[1])
    chunk = max(1, _CELLS // max(votes.shape[0], people))
    parts = []
    for start in range(0, replicates, chunk):
        rounds = min(chunk, replicates - start)
        drawn = rng.integers(0, people, (rounds, people)) * rounds + np.arange(rounds)[:, None]
        weight: Real = (
            np.bincount(drawn.ravel(), minlength=people * rounds)
            .reshape(people, rounds)
            .astype(float)
        )
        among_two = _of_two(forms, weight)
        among_many = (votes @ weight).reshape(counts.shape[1], -1, rounds)
        squares = labels @ weight**2
        m = among_many.sum(0)
        pairs = (
            m * m - squares
        )  # of labels of different draws; 0 where one worker is left of a unit
        several = (pairs > 0).astype(float)
        marginal = among_two[2:].T + np.einsum("cur,ur->rc", among_many, several)
        scale = scale_values(marginal, level, values)
        apart = unlike(np.moveaxis(among_many, 0, -1), level, scale)
        observed = among_two[0] + (apart * m / np.where(pairs > 0, pairs, np.inf)).sum(0)
        square_sum = among_two[1] + np.einsum("ur,ur->r", squares, several)
        parts.append(ratio_to_chance(observed, marginal, square_sum, level, scale))
    return np.concatenate(parts)


def _forms(coded: Coded, units: NDArray[np.bool_], level: Level, values: Real) -> list[Any]:
    """Sparse matrices (W, W) over the units of two labels, entry (q, p) for what p's label adds beside q's.

    The first has the distance between the two, the second 1, and one more for each category 1 where p names it.
    """
    from scipy import sparse

    rows = np.flatnonzero(units[coded.task])
    sides_of = rows[np.argsort(coded.task[rows], kind="stable")].reshape(-1, 2)
    one, other = np.concatenate([sides_of, sides_of[:, ::-1]]).T
    sides = np.eye(len(coded.categories))
    apart = unlike(sides[coded.label[one]] + sides[coded.label[other]], level, values) / 2
    entries = [apart, np.ones(len(one)), *(coded.label[one] == c for c in range(len(sides)))]
    place, shape = (
        (coded.worker[other], coded.worker[one]),
        (len(coded.workers), len(coded.workers)),
    )
    return [sparse.csr_array((np.asarray(entry, float), place), shape=shape) for entry in entries]


def _of_two(forms: list[Any], weight: Real) -> Real:
    """Of the units of two labels, by replicate: observed disagreement, squared weights, weights by category."""
    drawn = (weight > 0).astype(float)
    distances, pairs, *named = forms
    sums = [(distances, weight), (pairs, weight**2), *((name, weight) for name in named)]
    return np.stack([np.einsum("wr,wr->r", form @ amount, drawn) for form, amount in sums])


def _votes(coded: Coded, units: NDArray[np.bool_], categories: int) -> tuple[Any, Any]:
    """Sparse votes of units by worker: by category and unit, (C * units, W), and of all categories, (units, W)."""
    from scipy import sparse

    used, count = units[coded.task], int(units.sum())
    place = (np.cumsum(units) - 1)[coded.task[used]]
    worker, ones, people = coded.worker[used], np.ones(int(used.sum())), len(coded.workers)
    votes = sparse.csr_array(
        (ones, (coded.label[used] * count + place, worker)), shape=(categories * count, people)
    )
    return votes, sparse.csr_array((ones, (place, worker)), shape=(count, people))
