"""Confidence intervals of alpha: a bootstrap over tasks or over the workers who labeled them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from gamelabel.reliability.estimate import CONFIDENCE, Estimate, percentile_interval
from gamelabel.reliability.krippendorff_alpha import (
    Level,
    alpha_of_patterns,
    category_values,
    count_patterns,
    counts_and_values,
)
from gamelabel.reliability.worker_bootstrap import bootstrap_alpha_over_workers
from gamelabel.tables.encoded_labels import encode_labels
from gamelabel.tables.vote_counts import FloatArray, IntArray

_CHUNK_CELLS = 250_000  # numbers per chunk of replicates: they stay in the processor's cache


def alpha_interval(
    labels: pd.DataFrame | IntArray,
    level: Level = "nominal",
    cluster: Literal["task", "worker"] = "task",
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    values: Sequence[float] | None = None,
) -> Estimate:
    """Compute Krippendorff's alpha with a percentile bootstrap interval.

    Parameters
    ----------
    labels : DataFrame or ndarray of int
        A frame or vote counts, as for `alpha`. An interval over workers needs a frame with the
        columns `task`, `worker` and `label`.
    level : str
        Level of measurement, as for `alpha`.
    cluster : str
        What is resampled. "task" asks how alpha varies with the tasks, for the same workers.
        "worker" asks how it varies with the workers. Workers are few and their numbers of labels
        uneven, so this interval is the wider one, and the one to report for a crowd.
    replicates : int
        Number of bootstrap replicates. Those in which alpha is undefined are left out.
    seed : int
        Seed of the resampling.
    confidence : float
        Coverage of the interval.
    values : sequence of float, optional
        The value of each category of vote counts, as for `alpha`.

    Returns
    -------
    Estimate
        Its n is the number of tasks with two labels or more. The limits are NaN where alpha is.

    Raises
    ------
    ValueError
        For an unknown cluster, vote counts with cluster "worker", and as `alpha` does.

    Notes
    -----
    Units with equal counts weigh the same. A replicate over tasks is therefore one multinomial draw
    over the few distinct patterns of counts.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.

    Examples
    --------
    >>> labels = pd.DataFrame({"task": [0, 0, 1, 1, 2, 2, 3, 3], "worker": ["u", "v"] * 4})
    >>> labels["label"] = list("aabbaabb")
    >>> alpha_interval(labels, replicates=100)
    Estimate(value=1.0, low=1.0, high=1.0, n=4)
    """
    if replicates < 1:
        raise ValueError(f"{replicates} replicates: at least 1 is needed, better 1000")
    if cluster not in ("task", "worker"):
        raise ValueError(f"{cluster!r} cannot be resampled: use task or worker")
    rng = np.random.default_rng(seed)
    if cluster == "task":
        counts, numbers = counts_and_values(labels, level, values)
    elif not isinstance(labels, pd.DataFrame):
        raise ValueError(
            "vote counts do not say who voted: an interval over workers needs a frame with columns "
            "task, worker, label"
        )
    else:
        encoded = encode_labels(labels)
        counts, numbers = encoded.vote_counts(), category_values(encoded.categories, level)
    units, frequency = count_patterns(counts)
    value = float(alpha_of_patterns(units, frequency[None], level, numbers)[0])
    resampled = np.full(1, np.nan)
    if len(units) and cluster == "task":
        resampled = _over_tasks(units, frequency, replicates, rng, level, numbers)
    elif len(units):
        resampled = bootstrap_alpha_over_workers(encoded, counts, replicates, rng, level, numbers)
    return percentile_interval(value, resampled, int(frequency.sum()), confidence)


def resampling_unit(labels: pd.DataFrame) -> Literal["task", "worker"]:
    """Return what to resample: workers if the labels name any, otherwise tasks.

    >>> resampling_unit(pd.DataFrame({"task": ["t1"], "worker": [None], "label": ["a"]}))
    'task'
    """
    return "worker" if labels["worker"].notna().any() else "task"


def _over_tasks(
    units: IntArray,
    frequency: IntArray,
    replicates: int,
    rng: np.random.Generator,
    level: Level,
    values: FloatArray,
) -> FloatArray:
    """Resample tasks: patterns (P, C) and their frequency (P,) -> alpha of each replicate (R,)."""
    n, chunk = int(frequency.sum()), max(1, _CHUNK_CELLS // units.size)
    parts = []
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        resampled = rng.multinomial(n, frequency / n, size=size)
        parts.append(alpha_of_patterns(units, resampled, level, values))
    return np.concatenate(parts)
