"""Scores of several runs on several tasks as one number, with stratified bootstrap intervals.

A table of scores has a row for each run (a seed) and a column for each task. The intervals are
quantiles of replicates in which the runs of each task are drawn anew with replacement; the tasks
stay the same.

Reference: Agarwal, Schwarzer, Castro, Courville and Bellemare, "Deep reinforcement learning at the
edge of the statistical precipice" (2021).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.reliability.estimate import CONFIDENCE, Estimate, check_confidence, few_clusters

FloatScores = NDArray[np.float64]
Statistic = Callable[[FloatScores], Any]  # scores (..., runs, tasks) -> (...)


def normalized_score(score: ArrayLike, random: ArrayLike, best: ArrayLike) -> FloatScores:
    """Return where scores lie between a random policy's (0) and the best player's (1).

    >>> normalized_score([296.0, 165.0], random=165.0, best=1010.0).round(4).tolist()
    [0.155, 0.0]
    """
    random, best = np.asarray(random, float), np.asarray(best, float)
    if not (best > random).all():
        raise ValueError(
            "the best score must be above the random one on each task: what is neither better nor "
            "worse than chance cannot be a unit"
        )
    return (np.asarray(score, float) - random) / (best - random)


def interquartile_mean(scores: FloatScores) -> Any:
    """Return the mean of the middle half of all scores (IQM); a quarter is cut off at either end.

    >>> float(interquartile_mean(np.array([[0.0, 1.0], [3.0, 100.0]])))
    2.0
    """
    ordered = np.sort(_all_scores(scores), axis=-1)
    cut = int(0.25 * ordered.shape[-1])
    return ordered[..., cut : ordered.shape[-1] - cut].mean(-1)


def median_score(scores: FloatScores) -> Any:
    """Return the median over tasks of the mean over runs.

    >>> float(median_score(np.array([[0.0, 1.0, 9.0], [2.0, 3.0, 9.0]])))
    2.0
    """
    return np.median(scores.mean(-2), axis=-1)


def mean_score(scores: FloatScores) -> Any:
    """Return the mean over tasks and runs."""
    return _all_scores(scores).mean(-1)


def optimality_gap(scores: FloatScores) -> Any:
    """Return how much the scores fall short of 1, on average; what is above 1 does not count.

    >>> float(optimality_gap(np.array([[0.5, 3.0]])))
    0.25
    """
    return 1.0 - np.minimum(_all_scores(scores), 1.0).mean(-1)


def _all_scores(scores: FloatScores) -> FloatScores:
    return scores.reshape(*scores.shape[:-2], -1)


# as in CrowdPlay's Figure 10
STATISTICS: dict[str, Statistic] = {
    "median": median_score,
    "IQM": interquartile_mean,
    "mean": mean_score,
    "optimality gap": optimality_gap,
}


def estimate_score(
    scores: ArrayLike,
    statistic: Statistic = interquartile_mean,
    replicates: int = 2000,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Estimate:
    """Estimate a statistic of scores with its stratified bootstrap interval.

    Parameters
    ----------
    scores : array_like, shape (runs, tasks)
        The scores.
    statistic : callable
        Scores (..., runs, tasks) -> (...), such as those of `STATISTICS`.
    replicates : int
        Bootstrap replicates.
    confidence : float
        Coverage of the interval.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Estimate
        Its n is the number of scores. With fewer than five runs it has a warning.

    Examples
    --------
    >>> scores = np.arange(20.0).reshape(5, 4)
    >>> value, low, high, n = estimate_score(scores)
    >>> value, low < value < high, n
    (9.5, True, 20)
    """
    table = _checked_scores(scores)
    replicas = resample_runs(table, replicates, seed)
    return _with_interval(statistic(table), statistic(replicas), confidence, table)


def resample_runs(scores: ArrayLike, replicates: int, seed: int = 0) -> FloatScores:
    """Draw the runs of each task anew with replacement: (runs, tasks) -> (R, runs, tasks)."""
    table = _checked_scores(scores)
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(table), size=(replicates, *table.shape))
    return np.take_along_axis(table[None], rows, axis=1)


def performance_profile(
    scores: ArrayLike,
    thresholds: ArrayLike,
    replicates: int = 2000,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the share of runs with a score above each threshold, the mean over tasks.

    Parameters
    ----------
    scores : array_like, shape (runs, tasks)
        The scores.
    thresholds : array_like, shape (K,)
        The thresholds.
    replicates, confidence, seed
        As for `estimate_score`; the interval is one for each threshold.

    Returns
    -------
    DataFrame
        `threshold`, `value`, `low`, `high`.

    Examples
    --------
    >>> performance_profile([[0.1, 0.9], [0.3, 0.9]], [0.2, 0.95]).value.tolist()
    [0.75, 0.0]
    """
    table = _checked_scores(scores)
    replicas = resample_runs(table, replicates, seed)
    tail = (1 - check_confidence(confidence)) / 2
    rows = []
    for threshold in np.asarray(thresholds, float):
        value = float((table > threshold).mean())
        low, high = np.quantile((replicas > threshold).mean((1, 2)), [tail, 1 - tail])
        rows.append({"threshold": threshold, "value": value, "low": low, "high": high})
    return pd.DataFrame(rows)


def probability_of_improvement(
    scores: ArrayLike,
    others: ArrayLike,
    replicates: int = 2000,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Estimate:
    """Estimate how probably a run of one algorithm beats one of another; a tie counts one half.

    Parameters
    ----------
    scores, others : array_like, shape (runs, tasks)
        The scores of both, on the same tasks; their numbers of runs may differ.
    replicates, confidence, seed
        As for `estimate_score`.

    Returns
    -------
    Estimate
        The mean over tasks of the Mann-Whitney statistic, as a share.

    Examples
    --------
    >>> probability_of_improvement(np.eye(5) + 1, np.zeros((5, 5))).value
    1.0
    """
    first, second = _checked_scores(scores), _checked_scores(others)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"scores of {first.shape[1]} tasks, and of {second.shape[1]}")
    replicas = _share_of_wins(
        resample_runs(first, replicates, seed), resample_runs(second, replicates, seed + 1)
    )
    fewer = first if len(first) <= len(second) else second
    return _with_interval(_share_of_wins(first, second), replicas, confidence, fewer)


def _share_of_wins(first: FloatScores, second: FloatScores) -> Any:
    """Compare each run of (..., N, tasks) with each of (..., M, tasks)."""
    difference = first[..., :, None, :] - second[..., None, :, :]
    return (0.5 * (np.sign(difference) + 1)).mean((-3, -2, -1))


def _checked_scores(scores: ArrayLike) -> FloatScores:
    table = np.asarray(scores, float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError(
            f"scores are finite numbers, one a run (row) and task (column); got {table.shape}"
        )
    return table


def _with_interval(
    value: Any, replicas: FloatScores, confidence: float, table: FloatScores
) -> Estimate:
    tail = (1 - check_confidence(confidence)) / 2
    low, high = np.quantile(replicas, [tail, 1 - tail])
    estimate = Estimate(float(value), float(low), float(high), table.size)
    return estimate.with_warning(few_clusters(len(table), "runs"))
