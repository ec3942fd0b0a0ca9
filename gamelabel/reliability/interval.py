"""Confidence intervals of alpha: over tasks, or over the workers who labeled them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.estimate import (
    CONFIDENCE,
    Estimate,
    check_confidence,
    few_clusters,
    t_quantile,
    wilson,
)
from gamelabel.reliability.krippendorff_alpha import (
    Level,
    alpha_of_patterns,
    category_values,
    check_level,
    count_patterns,
    prior_units,
    votes_and_values,
)
from gamelabel.reliability.vote_table import encode_in_order, to_frame
from gamelabel.reliability.worker_jackknife import Jackknife, alpha_without_workers
from gamelabel.tables.encoded_labels import EncodedLabels
from gamelabel.tables.vote_counts import FloatArray, IntArray

FEW_TASKS = 30  # with fewer, simulated intervals were not checked
_CHUNK_CELLS = 250_000  # numbers per chunk of replicates: they stay in the processor's cache


def alpha_interval(
    labels: pd.DataFrame | ArrayLike,
    level: Level = "nominal",
    cluster: Literal["task", "worker"] = "task",
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    categories: Sequence[object] | None = None,
    counts: bool | None = None,
) -> Estimate:
    """Compute Krippendorff's alpha with an interval over tasks or over workers.

    Parameters
    ----------
    labels : DataFrame or array_like
        Labels or vote counts, as for `alpha`. An interval over workers needs the columns `task`,
        `worker` and `label`, or an array of raters x units.
    level : str
        Level of measurement, as for `alpha`.
    cluster : str
        "task" asks how alpha varies with the tasks, for the same workers. "worker" asks how it
        varies with the workers. Workers are few and their numbers of labels uneven, so this
        interval is mostly the wider one, and the one to report for a crowd. Where a category is
        rare and tasks are few, the one over tasks is wider: report the wider one.
    replicates : int
        Number of bootstrap replicates over tasks; the most groups of workers to leave out.
    seed : int
        Seed of the bootstrap, and of the groups if there are more workers than `replicates`.
    confidence : float
        Coverage of the interval.
    categories : sequence, optional
        The categories in ascending order, as for `alpha`.
    counts : bool, optional
        What an array holds, as for `alpha`.

    Returns
    -------
    Estimate
        Its n is the number of tasks with two labels or more. Where alpha is undefined, it is NaN
        and the interval (-1, 1), its possible range. Fewer than 30 tasks, or fewer than five
        workers of equal activity, are a `warning`.

    Raises
    ------
    ValueError
        For an unknown cluster, vote counts with cluster "worker", and as `alpha` does.

    Notes
    -----
    Both intervals rest on the data and on 1.5 units of prior knowledge, `prior_units`: over tasks
    with as many labels as other units have, over workers with two.

    Over tasks: quantiles of the Bayesian bootstrap, in which each unit has a random weight with
    the exponential distribution. Units with equal votes are one weight with a gamma distribution.

    Over workers: artanh(alpha) ± t s, with the jackknife's standard error s, from alpha without
    each worker in turn, and a quantile of Student's t. Its degrees of freedom are the effective
    number of workers, (sum of n)² / (sum of n²) for n labels of a worker, minus 1. Where no
    disagreement between workers was observed, the share q of workers who guess is at most the upper
    limit of Wilson's interval of 0 workers, and alpha at least (1 - q)². Two workers say nothing
    about others: their interval is (-1, 1).

    References
    ----------
    Rubin, "The Bayesian bootstrap" (1981). Efron and Tibshirani, "An introduction to the bootstrap"
    (1993), chapter 11.

    Examples
    --------
    >>> labels = pd.DataFrame({"task": np.repeat(np.arange(40), 2), "worker": ["u", "v"] * 40})
    >>> labels["label"] = list("aabb") * 19 + list("abab")
    >>> [round(x, 2) for x in alpha_interval(labels)]
    [0.9, 0.69, 0.98, 40]
    >>> estimate = alpha_interval(labels, cluster="worker")
    >>> round(estimate.low), round(estimate.high), estimate.warning
    (-1, 1, 'the interval rests on 2 workers of equal weight, fewer than 5')
    """
    if replicates < 1:
        raise ValueError(f"{replicates} replicates: at least 1 is needed, better 1000")
    if cluster not in ("task", "worker"):
        raise ValueError(f"an interval over {cluster!r} does not exist: use task or worker")
    check_confidence(confidence)
    rng = np.random.default_rng(seed)
    if cluster == "worker":
        encoded, values = _paired_labels(to_frame(labels, counts), level, categories)
        votes = encoded.vote_counts()
    else:
        votes, values = votes_and_values(labels, level, categories, counts)
    units, frequency = count_patterns(votes)
    n = int(frequency.sum())
    value = float(alpha_of_patterns(units, frequency[None], level, values)[0])
    if np.isnan(value):
        why = "there is one category only" if n else "no task has two labels"
        return Estimate(value, -1.0, 1.0, n).with_warning(f"alpha is undefined: {why}")
    if cluster == "worker":
        result = alpha_without_workers(encoded, replicates, rng, level, values)
        low, high = _over_workers(result, value, confidence)
        warning = few_clusters(result.effective, "workers")
    else:
        used = units.any(0)
        alphas = _over_tasks(units[:, used], frequency, replicates, rng, level, values[used])
        low, high = np.quantile(alphas, [0.5 - confidence / 2, 0.5 + confidence / 2])
        few = f"the interval rests on {n} tasks, fewer than {FEW_TASKS}"
        warning = few if n < FEW_TASKS else ""
    low, high = min(float(low), value), max(float(high), value)
    return Estimate(value, low, high, n).with_warning(warning)


def _paired_labels(
    frame: pd.DataFrame, level: Level, categories: Sequence[object] | None
) -> tuple[EncodedLabels, FloatArray]:
    """Return the labels of tasks with two labels or more, and the value of each category (C,)."""
    check_level(level)
    encoded = encode_in_order(frame, categories, level == "ordinal")
    is_paired = np.bincount(encoded.task)[encoded.task] > 1
    task, tasks = pd.factorize(encoded.task[is_paired])
    worker, workers = pd.factorize(encoded.worker[is_paired], sort=True)
    label, used = pd.factorize(encoded.label[is_paired], sort=True)
    values = category_values(encoded.categories[used], level)
    names = encoded.tasks[tasks], encoded.workers[workers], encoded.categories[used]
    return EncodedLabels(task, worker, label, *names), values


def _over_workers(jackknife: Jackknife, value: float, confidence: float) -> tuple[float, float]:
    """Return the interval of alpha over workers; see the notes of `alpha_interval`."""
    groups, z = len(jackknife.without), np.arctanh(jackknife.value)
    if groups < 3:
        return -1.0, 1.0
    without = np.arctanh(jackknife.without)
    deviations = without - without.mean()
    standard_error = np.sqrt((groups - 1) / groups * (deviations**2).sum())
    margin = t_quantile(0.5 + confidence / 2, jackknife.effective) * standard_error
    low, high = np.tanh([z - margin, z + margin])
    if value == 1:
        guessing = wilson(0, jackknife.effective, confidence)[1]
        low = min(low, (1 - guessing) ** 2)
    return float(low), float(high)


def _over_tasks(
    units: IntArray,
    frequency: IntArray,
    replicates: int,
    rng: np.random.Generator,
    level: Level,
    values: FloatArray,
) -> FloatArray:
    """Draw weights of tasks: patterns (P, C) and their frequency (P,) -> alphas (R,)."""
    n, size = int(frequency.sum()), float(frequency @ units.sum(1)) / frequency.sum()
    shapes = np.concatenate([frequency, prior_units(units.shape[1])])
    chunk = max(1, _CHUNK_CELLS // max(units.size, len(shapes)))
    parts = []
    for start in range(0, replicates, chunk):
        draws = rng.standard_gamma(shapes, (min(chunk, replicates - start), len(shapes)))
        draws *= (n + 1.5) / draws.sum(1, keepdims=True)
        weights, prior = draws[:, : len(units)], draws[:, len(units) :] * size
        parts.append(alpha_of_patterns(units, weights, level, values, prior))
    return np.concatenate(parts)


def resampling_unit(labels: pd.DataFrame) -> Literal["task", "worker"]:
    """Return what to resample: workers if the labels name any, otherwise tasks.

    >>> resampling_unit(pd.DataFrame({"task": ["t1"], "worker": [None], "label": ["a"]}))
    'task'
    """
    return "worker" if labels["worker"].notna().any() else "task"
