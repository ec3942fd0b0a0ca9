"""How sure alpha is: a bootstrap over tasks, and one over the people who labelled them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from gamelabel.reliability.alpha import (
    Level,
    Real,
    alpha_of_patterns,
    category_values,
    counts_and_values,
    patterns,
)
from gamelabel.reliability.counts import Counts, code, vote_counts
from gamelabel.reliability.drawn_workers import alpha_over_workers
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, percentile_interval

_CELLS = 250_000  # numbers held at a time: they stay in the cache


def alpha_interval(
    labels: pd.DataFrame | Counts,
    level: Level = "nominal",
    cluster: Literal["task", "worker"] = "task",
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    values: Sequence[float] | None = None,
) -> Estimate:
    """Alpha with the percentile interval of its bootstrap; n is the number of tasks with two labels or more.

    cluster: what is drawn again. "task" asks how alpha would differ with other tasks and the same people, "worker"
    with other people: they are few and some label a great deal, so that interval is the wider one, and the one to
    report about a crowd. "worker" needs a frame `task, worker, label`, "task" takes what `alpha` takes. Replicates
    in which alpha is undefined are left out; where alpha itself is, so is the interval: NaN.

    Units of equal counts weigh alike, so a replicate over tasks is one multinomial draw over the patterns of counts.
    """
    if replicates < 1:
        raise ValueError(f"{replicates} replicates: draw at least 1, better 1000")
    rng = np.random.default_rng(seed)
    if cluster == "task":
        counts, numbers = counts_and_values(labels, level, values)
    elif cluster != "worker":
        raise ValueError(f"{cluster!r} is no cluster: draw again by task or by worker")
    elif not isinstance(labels, pd.DataFrame):
        raise ValueError(
            "vote counts do not say who voted: an interval over workers needs a frame task, worker, label"
        )
    else:
        coded = code(labels)
        counts, numbers = vote_counts(coded), category_values(coded.categories, level)
    units, often = patterns(counts)
    value, drawn = (
        float(alpha_of_patterns(units, often[None], level, numbers)[0]),
        np.full(1, np.nan),
    )
    if len(units) and cluster == "task":
        drawn = _over_tasks(units, often, replicates, rng, level, numbers)
    elif len(units):
        drawn = alpha_over_workers(coded, counts, replicates, rng, level, numbers)
    return percentile_interval(value, drawn, int(often.sum()), confidence)


def _over_tasks(
    units: Counts,
    often: Counts,
    replicates: int,
    rng: np.random.Generator,
    level: Level,
    values: Real,
) -> Real:
    n, chunk = int(often.sum()), max(1, _CELLS // units.size)
    parts = []
    for start in range(0, replicates, chunk):
        drawn = rng.multinomial(n, often / n, size=min(chunk, replicates - start))
        parts.append(alpha_of_patterns(units, drawn, level, values))
    return np.concatenate(parts)
