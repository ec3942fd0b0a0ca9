"""MMSR: workers' skills by robust completion of the matrix of their agreements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.expectation_maximization import e_step
from gamelabel.tables.vote_counts import FloatArray

_ITERATIONS = 1_000
_TOLERANCE = 1e-10
_TIED = 1e-9  # eigenvalues that differ by less are equal
_MAX_WORKERS = 10_000  # the matrix of W x W numbers would exceed a gigabyte


def mmsr(crowd: CrowdLabels, iterations: int = _ITERATIONS, trim: int | None = None) -> FitResult:
    """Aggregate by votes weighted by skills from the agreement of pairs of workers (M-MSR).

    If errors are independent, the agreement beyond chance of two workers is the product of their
    skills. The skills complete this matrix of rank one: each is the mean of what the others imply,
    without the `trim` greatest and least ones, so that colluding workers do not count. A skill s
    means that a label is right with probability s (K - 1) / K + 1 / K.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels. Gold, a worker who is always right, has a row of its own.
    iterations : int
        The greatest number of rounds.
    trim : int, optional
        Values that are left out at either end. By default half of the least number of others that a
        worker has tasks in common with, minus one.

    Returns
    -------
    FitResult
        `workers["right"]` is the probability of a right label.

    Raises
    ------
    ValueError
        For more than 10,000 workers.

    References
    ----------
    Ma and Olshevsky, "Adversarial crowdsourcing through robust rank-one matrix completion" (2020).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> mmsr(crowd).posterior.argmax(1).tolist()
    [0, 1, 0, 1]
    """
    if crowd.n_workers > _MAX_WORKERS:
        raise ValueError(
            f"mmsr compares all pairs of workers, and {crowd.n_workers:,} are more than "
            f"{_MAX_WORKERS:,}: use another method"
        )
    chance = 1 / crowd.n_categories
    agreement, is_observed = _agreement_matrix(crowd)
    excess = np.where(is_observed, (agreement - chance) / max(1 - chance, chance), 0.0)
    size = _rank_one(np.abs(excess), is_observed, iterations, trim)
    skill = size * _signs(excess, is_observed)
    margin = 1 / np.sqrt(max(crowd.n_tasks, 4))
    low = -1 / max(crowd.n_categories - 1, 1) + margin
    skill = np.clip(skill[: crowd.n_workers], low, 1 - margin)
    p = np.clip(skill * (1 - chance) + chance, margin / 10, 1 - margin / 10)
    weight = np.log(p) - np.log1p(-p) + np.log(max(crowd.n_categories - 1, 1))
    posterior, _ = e_step(crowd, crowd.votes(weight[crowd.worker]))
    return FitResult(posterior, {"right": p, "weight": weight}, [])


def _agreement_matrix(crowd: CrowdLabels) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the agreement of workers on common tasks, and which pairs have any, (W + 1, W + 1).

    The last worker is gold.
    """
    from scipy import sparse

    known = np.flatnonzero(crowd.gold >= 0)
    task = np.concatenate([crowd.task, known])
    worker = np.concatenate([crowd.worker, np.full(len(known), crowd.n_workers)])
    label = np.concatenate([crowd.label, crowd.gold[known]])
    shape = crowd.n_tasks, crowd.n_workers + 1
    agreeing, common = np.zeros((2, shape[1], shape[1]))
    for category in range(crowd.n_categories):
        is_label = (label == category).astype(float)
        votes = sparse.csr_array((is_label, (task, worker)), shape=shape)
        agreeing += (votes.T @ votes).toarray()
    every = sparse.csr_array((np.ones(len(task)), (task, worker)), shape=shape)
    common += (every.T @ every).toarray()
    np.fill_diagonal(common, 0)
    return agreeing / np.maximum(common, 1), common > 0


def _rank_one(
    excess: FloatArray, is_observed: NDArray[np.bool_], iterations: int, trim: int | None
) -> FloatArray:
    """Return the sizes whose products complete a symmetric matrix, by trimmed means."""
    n_others = is_observed.sum(1)
    if trim is None:
        linked = n_others[n_others > 0]
        trim = max(int(linked.min()) // 2 - 1, 0) if len(linked) else 0
    values, vectors = np.linalg.eigh(excess)
    size = np.abs(vectors[:, -1]) * np.sqrt(max(values[-1], 0.0))
    size = np.maximum(size, 1e-3)
    for _ in range(iterations):
        implied = np.where(is_observed, excess / np.maximum(size, 1e-3)[None, :], np.nan)
        updated = np.sqrt(size * _trimmed_means(implied, size, trim))
        change = np.abs(updated - size).max(initial=0)
        size = updated
        if change < _TOLERANCE:
            break
    sizes: FloatArray = np.minimum(size, 1)
    return sizes


def _trimmed_means(implied: FloatArray, size: FloatArray, trim: int) -> FloatArray:
    """Return the mean of each row without its extremes; rows without values keep their size."""
    means = size.copy()
    for worker, row in enumerate(implied):
        values = np.sort(row[~np.isnan(row)])
        kept = values[trim : len(values) - trim]
        if len(kept):
            means[worker] = kept.mean()
    return means


def _signs(excess: FloatArray, is_observed: NDArray[np.bool_]) -> FloatArray:
    """Return who contradicts the others: the signs of the leading eigenvector of the signs.

    Gold is right; without it the majority of the workers is. Where several eigenvectors lead, as
    where all workers contradict each other, what they have in common counts: the order of the
    workers must not decide.
    """
    values, vectors = np.linalg.eigh(np.sign(excess) * is_observed)
    leading = vectors[:, values > values.max() - _TIED]
    right = np.ones(len(excess))
    if is_observed[-1].any():
        right[:-1] = 0
    signs: FloatArray = np.where(leading @ (leading.T @ right) < -_TIED, -1.0, 1.0)
    return signs
