"""Bootstrap of alpha over workers: each worker's labels weigh as often as the worker is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.reliability.krippendorff_alpha import (
    Level,
    alpha_from_sums,
    category_scale,
    weighted_disagreement,
)
from gamelabel.tables.encoded_labels import EncodedLabels
from gamelabel.tables.vote_counts import FloatArray, IntArray

_CHUNK_CELLS = 250_000  # numbers per chunk of replicates: they stay in the processor's cache


def bootstrap_alpha_over_workers(
    labels: EncodedLabels,
    counts: IntArray,
    replicates: int,
    rng: np.random.Generator,
    level: Level,
    values: FloatArray,
) -> FloatArray:
    """Compute alpha for resampled workers, W of the W workers with replacement.

    Parameters
    ----------
    labels : EncodedLabels
        The labels.
    counts : ndarray of int
        Their votes, shape (units, C).
    replicates : int
        Number of replicates R.
    rng : Generator
        Random generator.
    level : str
        Level of measurement.
    values : ndarray of float
        The value of each category, shape (C,).

    Returns
    -------
    ndarray of float
        Alpha of each replicate, shape (R,); NaN where it is undefined.

    Notes
    -----
    A worker drawn twice has all labels twice. A label and its own copy would always agree, so a
    unit's pairs are counted without these: with weights w and their sum m, there are
    m² - sum of w² pairs instead of m (m - 1).

    A unit with two labels of weights a and b has 2ab pairs. It contributes (a + b) d(a, b) to the
    observed disagreement if both workers were drawn. Summed over all such units this is a bilinear
    form, a sparse matrix of workers by workers. Where labels are sparse, nearly all units are of
    this kind. Ordinal distances differ between replicates, so there every unit takes the general
    path.

    Examples
    --------
    >>> import pandas as pd
    >>> from gamelabel.tables.encoded_labels import encode_labels
    >>> rows = [(task, worker, "ab"[task % 2]) for task in range(4) for worker in range(9)]
    >>> labels = encode_labels(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    >>> rng = np.random.default_rng(0)
    >>> bootstrap_alpha_over_workers(
    ...     labels, labels.vote_counts(), 3, rng, "nominal", np.zeros(2)
    ... ).tolist()
    [1.0, 1.0, 1.0]
    """
    n_workers, size = len(labels.workers), counts.sum(1)
    is_pair = (size == 2) & (level != "ordinal")
    is_larger = (size > 1) & ~is_pair
    forms = _pair_forms(labels, is_pair, level, values)
    votes, votes_of_unit = _vote_matrices(labels, is_larger, counts.shape[1])
    chunk = max(1, _CHUNK_CELLS // max(votes.shape[0], n_workers))
    parts = []
    for start in range(0, replicates, chunk):
        size_of_chunk = min(chunk, replicates - start)
        weight = _worker_weights(n_workers, size_of_chunk, rng)
        pair_observed, pair_squares, *pair_marginal = _pair_sums(forms, weight)
        weighted_votes = (votes @ weight).reshape(counts.shape[1], -1, size_of_chunk)
        squares = votes_of_unit @ weight**2
        m = weighted_votes.sum(0)
        pairs = m * m - squares  # of labels of different draws; 0 if one worker is left of a unit
        pairable = (pairs > 0).astype(float)
        marginal = np.transpose(pair_marginal) + np.einsum("cur,ur->rc", weighted_votes, pairable)
        scale = category_scale(marginal, level, values)
        disagreement = weighted_disagreement(np.moveaxis(weighted_votes, 0, -1), level, scale)
        observed = (disagreement * m / np.where(pairs > 0, pairs, np.inf)).sum(0)
        squared_weights = pair_squares + np.einsum("ur,ur->r", squares, pairable)
        parts.append(
            alpha_from_sums(pair_observed + observed, marginal, squared_weights, level, scale)
        )
    return np.concatenate(parts)


def _worker_weights(n_workers: int, replicates: int, rng: np.random.Generator) -> FloatArray:
    """Draw how often each worker is in each replicate, shape (W, R)."""
    draws = rng.integers(0, n_workers, (replicates, n_workers))
    cells = draws * replicates + np.arange(replicates)[:, None]
    counts = np.bincount(cells.ravel(), minlength=n_workers * replicates)
    return counts.reshape(n_workers, replicates).astype(float)


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
    one_hot = np.eye(len(labels.categories))
    both = one_hot[labels.label[one]] + one_hot[labels.label[other]]
    distance = weighted_disagreement(both, level, values) / 2
    is_category = (labels.label[one] == category for category in range(len(one_hot)))
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
