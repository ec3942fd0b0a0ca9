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
    ratio_to_chance,
    scale_values,
    unlike,
)
from gamelabel.reliability.counts import Coded, Counts, code, vote_counts
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, percentile

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

    Tasks: units of equal counts weigh alike, so a replicate is one multinomial draw over the patterns of counts.
    Workers: a worker drawn twice has all labels twice; pairs of a label with its own copy would agree always, so a
    unit's pairs are counted without them (weights w: m² - sum of w², not m (m - 1)).
    """
    if replicates < 1:
        raise ValueError(f"{replicates} replicates: draw at least 1, better 1000")
    rng = np.random.default_rng(seed)
    if cluster == "task":
        counts, numbers = counts_and_values(labels, level, values)
    elif cluster != "worker":
        raise ValueError(f"{cluster!r} is no cluster: draw again by task or by worker")
    elif not isinstance(labels, pd.DataFrame):
        raise ValueError("vote counts do not say who voted: an interval over workers needs a frame task, worker, label")
    else:
        coded = code(labels)
        counts, numbers = vote_counts(coded), category_values(coded.categories, level)
    units, often = patterns(counts)
    value, drawn = float(alpha_of_patterns(units, often[None], level, numbers)[0]), np.full(1, np.nan)
    if len(units) and cluster == "task":
        drawn = _over_tasks(units, often, replicates, rng, level, numbers)
    elif len(units):
        drawn = _over_workers(coded, counts, replicates, rng, level, numbers)
    return percentile(value, drawn, int(often.sum()), confidence)


def _over_tasks(
    units: Counts, often: Counts, replicates: int, rng: np.random.Generator, level: Level, values: Real
) -> Real:
    n, chunk = int(often.sum()), max(1, _CELLS // units.size)
    parts = []
    for start in range(0, replicates, chunk):
        drawn = rng.multinomial(n, often / n, size=min(chunk, replicates - start))
        parts.append(alpha_of_patterns(units, drawn, level, values))
    return np.concatenate(parts)


def _over_workers(
    coded: Coded, counts: Counts, replicates: int, rng: np.random.Generator, level: Level, values: Real
) -> Real:
    from scipy import sparse

    pairable = counts.sum(1) > 1
    used = pairable[coded.task]
    place = np.cumsum(pairable) - 1  # of a pairable task among them
    people, units, categories = len(coded.workers), int(pairable.sum()), counts.shape[1]
    where = place[coded.task[used]] * categories + coded.label[used], coded.worker[used]
    votes = sparse.csr_array((np.ones(used.sum()), where), shape=(units * categories, people))
    chunk = max(1, _CELLS // (units * categories))
    parts = []
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        weight = rng.multinomial(people, np.full(people, 1 / people), size=size).astype(float).T
        drawn = (votes @ weight).T.reshape(size, units, categories)
        squares = (votes @ weight**2).T.reshape(size, units, categories).sum(2)
        m = drawn.sum(2)
        pairs = m**2 - squares  # of labels of different draws; 0 where one worker is left of a unit
        several = pairs > 0
        marginal, square_sum = (drawn * several[:, :, None]).sum(1), (squares * several).sum(1)
        scale = scale_values(marginal, level, values)
        apart = unlike(drawn, level, scale[:, None, :] if level == "ordinal" else scale)
        observed = (apart * m / np.where(several, pairs, 1.0) * several).sum(1)
        parts.append(ratio_to_chance(observed, marginal, square_sum, level, scale))
    return np.concatenate(parts)
