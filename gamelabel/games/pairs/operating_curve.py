"""Operating curves: whom a rule removes and at what cost, by how often players are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gamelabel.games.pairs.rules import Rules
from gamelabel.reliability import wilson


def operating(
    rules: Mapping[str, Rules],
    accuracies: Sequence[float],
    labels: int = 500,
    players: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Play each of the named rules with players of each constant accuracy who would give so many labels.

    Returns a row for each rule and accuracy: `rule, accuracy, players`, the share `removed` with Wilson's interval
    `low, high`, `comparisons`, the median of comparison points spent on a player, and `kept`, the mean of the labels
    on preferences that a player gives until they are removed or done. SIMULATED, and the same seed gives the same
    table. `Rules(batch=1, step=1, floor=(1, 1), gate=...)` shows a gate alone, one comparison point at a time.
    """
    curves = [_curve(name, each, accuracies, labels, players, seed) for name, each in rules.items()]
    return pd.concat(curves, ignore_index=True)


def _curve(
    name: str, rules: Rules, accuracies: Sequence[float], labels: int, players: int, seed: int
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    skill = np.repeat(np.asarray(accuracies, float), players)
    standing = rules.start(len(skill))
    batches = np.zeros(len(skill), np.int64)
    for _ in range(-(-labels // rules.batch)):
        here = np.flatnonzero(~standing.removed)
        mine = standing.of(here)
        asked = rules.comparisons(mine, rng).sum(1)
        right = rng.binomial(asked, skill[here])
        for values, changed in zip(standing, rules.after(mine, right, asked - right), strict=True):
            values[here] = changed
        batches[here] += 1
    removed, spent, served = (
        values.reshape(len(accuracies), players)
        for values in (standing.removed, standing.right + standing.wrong, batches * rules.batch)
    )
    low, high = wilson(removed.sum(1), np.full(len(accuracies), players))
    return pd.DataFrame(
        {
            "rule": name,
            "accuracy": list(accuracies),
            "players": players,
            "removed": removed.mean(1),
            "low": low,
            "high": high,
            "comparisons": np.median(spent, axis=1),
            "kept": (served - spent).mean(1),
        }
    )


def errors(curves: pd.DataFrame, guesser: float = 0.5, good: float = 0.8) -> pd.DataFrame:
    """Both errors of each rule, of `operating`'s table: a row each, in its order.

    `rule, good_removed, guesser_kept`, and the median comparison points spent on either, `good_comparisons,
    guesser_comparisons`. Raises ValueError where the table lacks one of the two accuracies.
    """
    halves = [
        curves[np.isclose(curves.accuracy, level)].set_index("rule") for level in (good, guesser)
    ]
    if any(half.empty for half in halves):
        raise ValueError(
            f"the table has accuracies {sorted(set(curves.accuracy))}: it needs {guesser} and {good}"
        )
    able, idle = halves
    return pd.DataFrame(
        {
            "good_removed": able.removed,
            "guesser_kept": 1 - idle.removed,
            "good_comparisons": able.comparisons,
            "guesser_comparisons": idle.comparisons,
        }
    ).reset_index()
