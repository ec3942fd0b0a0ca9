"""Jackknife of alpha over workers: alpha without each of them in turn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.reliability.krippendorff_alpha import (
    Level,
    alpha_from_sums,
    category_scale,
    label_distance,
    mean_distance,
    prior_units,
    weighted_disagreement,
)
from gamelabel.tables.encoded_labels import EncodedLabels
from gamelabel.tables.vote_counts import FloatArray

_CHUNK_CELLS = 250_000  # numbers per chunk of replicates: they stay in the processor's cache


class Jackknife(NamedTuple):
    """Alpha from all workers, and from all but those of one group at a time.

    Attributes
    ----------
    value : float
        From all workers, with the prior.
    without : ndarray of float
        Without each group, with the prior, shape (G,).
    effective : float
        The number of groups that would be as many if all gave the same number of labels.
    """

    value: float
    without: FloatArray
    effective: float


def alpha_without_workers(
    labels: EncodedLabels,
    max_groups: int,
    rng: np.random.Generator,
    level: Level,
    values: FloatArray,
) -> Jackknife:
    """Compute alpha without each worker in turn, or each random group where workers are many.

    Parameters
    ----------
    labels : EncodedLabels
        The labels, of units with two labels or more.
    max_groups : int
        Number of groups at most. With as many workers or fewer, each is a group.
    rng : Generator
        Random generator.
    level : str
        Level of measurement.
    values : ndarray of float
        The value of each category, shape (C,).

    Returns
    -------
    Jackknife

    Examples
    --------
    >>> import pandas as pd
    >>> from gamelabel.tables.encoded_labels import encode_labels
    >>> rows = [(task, worker, "ab"[task % 2]) for task in range(40) for worker in range(3)]
    >>> labels = encode_labels(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    >>> result = alpha_without_workers(
    ...     labels, 1000, np.random.default_rng(0), "nominal", np.zeros(2)
    ... )
    >>> round(result.value, 3), result.without.round(3).tolist(), result.effective
    (0.984, [0.976, 0.976, 0.976], 3.0)
    """
    n_workers = len(labels.workers)
    group, n_groups = np.arange(n_workers), n_workers
    if n_workers > max_groups:
        group, n_groups = rng.permutation(n_workers) % max_groups, max_groups
    activity = np.bincount(group[labels.worker], minlength=n_groups).astype(float)
    weights = WeightedWorkers(labels, level, values)
    columns = np.append(np.flatnonzero(activity), -1)  # group -1 does not exist: nobody is left out
    chunk = max(1, _CHUNK_CELLS // max(weights.rows, n_workers))
    parts = []
    for start in range(0, len(columns), chunk):
        weight = (group[:, None] != columns[start : start + chunk]).astype(float)
        parts.append(weights.alpha(weight))
    alphas = np.concatenate(parts)
    effective = float(activity.sum() ** 2 / (activity**2).sum())
    return Jackknife(float(alphas[-1]), alphas[:-1], effective)


class WeightedWorkers:
    """Alpha of labels whose workers have weights.

    Parameters
    ----------
    labels : EncodedLabels
        The labels, of units with two labels or more.
    level : str
        Level of measurement.
    values : ndarray of float
        The value of each category, shape (C,).

    Notes
    -----
    A label and its own copy would always agree, so a unit's pairs are counted without these: with
    weights w and their sum m, there are m² - sum of w² pairs instead of m (m - 1).

    A unit with two labels of weights a and b has 2ab pairs. It contributes (a + b) d(a, b) to the
    observed disagreement if both weights are positive. Summed over all such units this is a
    bilinear form, a sparse matrix of workers by workers. Where labels are sparse, nearly all units
    are of this kind. Ordinal distances depend on the weights, so there every unit takes the general
    path.
    """

    def __init__(self, labels: EncodedLabels, level: Level, values: FloatArray) -> None:
        size, self._n_categories = np.bincount(labels.task), len(labels.categories)
        is_pair = (size == 2) & (level != "ordinal")
        self._level, self._values = level, values
        self._prior = prior_units(self._n_categories) * 2.0
        self._forms = _pair_forms(labels, is_pair, level, values)
        self._votes, self._totals = _vote_matrices(labels, ~is_pair, self._n_categories)
        self.rows = self._votes.shape[0]

    def alpha(self, weight: FloatArray) -> FloatArray:
        """Compute alpha of R weightings of the W workers: weight (W, R) -> alpha (R,)."""
        level, prior, n_categories = self._level, self._prior, self._n_categories
        pair_observed, pair_squares, *pair_marginal = _pair_sums(self._forms, weight)
        weighted_votes = (self._votes @ weight).reshape(n_categories, -1, weight.shape[1])
        squares = self._totals @ weight**2
        m = weighted_votes.sum(0)
        pairs = m * m - squares  # of labels of different workers; 0 if one is left of a unit
        pairable = (pairs > 0).astype(float)
        marginal = np.transpose(pair_marginal) + np.einsum("cur,ur->rc", weighted_votes, pairable)
        marginal += prior[:-1] + prior[-1] / n_categories
        scale = category_scale(marginal, level, self._values)
        disagreement = weighted_disagreement(np.moveaxis(weighted_votes, 0, -1), level, scale)
        observed = (disagreement * m / np.where(pairs > 0, pairs, np.inf)).sum(0) + pair_observed
        observed += prior[-1] * mean_distance(n_categories, level, scale)
        squared_weights = pair_squares + np.einsum("ur,ur->r", squares, pairable)
        squared_weights += prior.sum()
        return alpha_from_sums(observed, marginal, squared_weights, level, scale)


def _pair_forms(
    labels: EncodedLabels, is_pair: NDArray[np.bool_], level: Level, values: FloatArray
) -> list[Any]:
    """Build sparse matrices (W, W) over the units with two labels.

    Entry (q, p) sums over the units that p and q share: the distance of their labels in the first
    matrix, 1 in the second, and in one further matrix a category, 1 where p's label is it.
    """
    from scipy import sparse

    rows = np.flatnonzero(is_pair[labels.task])
    sides = rows[np.argsort(labels.task[rows], kind="stable")].reshape(-1, 2)
    one, other = np.concatenate([sides, sides[:, ::-1]]).T
    distance = label_distance(labels.label[one], labels.label[other], level, values)
    is_category = (labels.label[one] == category for category in range(len(labels.categories)))
    place = labels.worker[other], labels.worker[one]
    shape = len(labels.workers), len(labels.workers)
    return [
        sparse.csr_array((np.asarray(entries, float), place), shape=shape)
        for entries in (distance, np.ones(len(one)), *is_category)
    ]


def _pair_sums(forms: list[Any], weight: FloatArray) -> FloatArray:
    """Sum over the units with two labels, by replicate, shape (2 + C, R).

    The rows are the observed disagreement, the squared weights, and the weight of each category.
    """
    drawn = (weight > 0).astype(float)
    distances, pairs, *by_category = forms
    terms = [(distances, weight), (pairs, weight**2), *((form, weight) for form in by_category)]
    return np.stack([np.einsum("wr,wr->r", form @ amount, drawn) for form, amount in terms])


def _vote_matrices(
    labels: EncodedLabels, is_larger: NDArray[np.bool_], n_categories: int
) -> tuple[Any, Any]:
    """Build sparse votes of these units by worker: (C * units, W), and in total (units, W)."""
    from scipy import sparse

    used, n_units = is_larger[labels.task], int(is_larger.sum())
    unit = (np.cumsum(is_larger) - 1)[labels.task[used]]
    worker, n_workers = labels.worker[used], len(labels.workers)
    ones = np.ones(len(worker))
    cell = labels.label[used] * n_units + unit
    votes = sparse.csr_array((ones, (cell, worker)), shape=(n_categories * n_units, n_workers))
    return votes, sparse.csr_array((ones, (unit, worker)), shape=(n_units, n_workers))
