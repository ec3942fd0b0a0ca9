"""Agreement of those who labelled the same tasks: plain, and beyond chance as Cohen and Fleiss count it.

`alpha` is the one to report of a crowd: it takes gaps, any number of people, ordered labels, and has intervals.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gamelabel.reliability.alpha import Real
from gamelabel.reliability.counts import Counts, checked_counts, code, votes_of


def percent_agreement(labels: pd.DataFrame | Counts) -> float:
    """The share of a task's pairs of labels that are the same, mean over tasks with two labels or more; NaN without.

    labels: a frame with columns `task` and `label`, or vote counts, integers (tasks, categories).
    """
    counts = _several(labels)
    return float(_same(counts).mean()) if len(counts) else float("nan")


def fleiss_kappa(labels: pd.DataFrame | Counts) -> float:
    """Fleiss' kappa = (P - P_e) / (1 - P_e), P the percent agreement and P_e that of labels drawn by category shares.

    labels: as in `percent_agreement`. Shares are the mean over tasks of each task's own, so that tasks of different
    numbers of labels weigh alike; where all have the same number this is the kappa of Fleiss, "Measuring nominal scale
    agreement among many raters" (1971). NaN where no task has two labels, or all labels are of one category.
    """
    counts = _several(labels)
    if not len(counts):
        return float("nan")
    shares = (counts / counts.sum(1, keepdims=True)).mean(0)
    return _beyond(float(_same(counts).mean()), float((shares**2).sum()))


def cohen_kappa(
    labels: pd.DataFrame, weights: Literal["linear", "quadratic"] | None = None
) -> float:
    """Cohen's kappa = 1 - D_o / D_e of two workers over the tasks that both labelled, by how often theirs are apart.

    weights: without, labels that differ are 1 apart; "linear" and "quadratic" take categories in ascending order and
    count the steps between them, or their squares. NaN where no task is shared, or D_e is 0. Raises ValueError unless
    there are two workers, each with one label of a task at most: for more, `fleiss_kappa` and `alpha`.

    Source: Cohen, "A coefficient of agreement for nominal scales" (1960), "Weighted kappa" (1968).
    """
    coded = code(labels)
    if len(coded.workers) != 2:
        raise ValueError(
            f"Cohen's kappa is of 2 workers, these are {len(coded.workers)}: fleiss_kappa or alpha"
        )
    said = np.full((len(coded.tasks), 2), -1)
    said[coded.task, coded.worker] = coded.label
    if (said >= 0).sum() < len(coded.task):
        raise ValueError("a worker labelled a task twice: which label is meant? drop the others")
    both = said[(said >= 0).all(1)]
    size = len(coded.categories)
    table = np.bincount(both[:, 0] * size + both[:, 1], minlength=size * size).reshape(size, size)
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    if weights not in (None, "linear", "quadratic"):
        raise ValueError(f"{weights!r} are no weights: linear, quadratic, or None")
    apart = {None: (steps > 0).astype(float), "linear": steps, "quadratic": steps**2}[weights]
    chance = np.outer(table.sum(1), table.sum(0)) / max(len(both), 1)
    expected = float((apart * chance).sum())
    return 1 - float((apart * table).sum()) / expected if expected else float("nan")


def _several(labels: pd.DataFrame | Counts) -> Counts:
    counts = votes_of(labels)[0] if isinstance(labels, pd.DataFrame) else checked_counts(labels)
    return counts[counts.sum(1) > 1].astype(np.int64)


def _same(counts: Counts) -> Real:
    """The share of each task's pairs of labels that are the same, (T,)."""
    m = counts.sum(1)
    return (counts * (counts - 1)).sum(1) / (m * (m - 1))


def _beyond(observed: float, chance: float) -> float:
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")
