"""Operating curves: how many players rules remove, and at what cost, by the players' accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gamelabel.games.pairs.rules import Rules
from gamelabel.reliability import wilson


def operating_curves(
    rules: Mapping[str, Rules],
    accuracies: Sequence[float],
    labels: int = 500,
    players: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Play rules with players of constant accuracies.

    ``Rules(batch_size=1, share_factor=1, share_floor=(1, 1), gate=...)`` shows a gate alone, one
    comparison point at a time.

    Parameters
    ----------
    rules : mapping of str to Rules
        The rules, by name.
    accuracies : sequence of float
        Accuracies of the players.
    labels : int
        Number of labels that each player wants to give.
    players : int
        Players of each accuracy.
    seed : int
        The same seed gives the same table.

    Returns
    -------
    DataFrame
        One row for each rule and accuracy: rule, accuracy, players; removed, the share of players
        removed, with its Wilson interval low and high; comparisons, the median number of comparison
        points spent on a player; kept, the mean number of labels on preference points.

    Examples
    --------
    >>> curves = operating_curves({"default": Rules()}, [0.5, 0.9], labels=50, players=100)
    >>> curves.removed.tolist()[0] > 0.9 > 0.1 > curves.removed.tolist()[1]
    True
    """
    curves = [_curve(name, one, accuracies, labels, players, seed) for name, one in rules.items()]
    return pd.concat(curves, ignore_index=True)


def _curve(
    name: str, rules: Rules, accuracies: Sequence[float], labels: int, players: int, seed: int
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    skill = np.repeat(np.asarray(accuracies, float), players)
    standing = rules.start(len(skill))
    batches = np.zeros(len(skill), np.int64)
    for _ in range(-(-labels // rules.batch_size)):
        active = np.flatnonzero(~standing.removed)
        current = standing.select(active)
        answered = rules.draw_comparisons(current, rng).sum(1)
        right = rng.binomial(answered, skill[active])
        updated = rules.update(current, right, answered - right)
        for values, changed in zip(standing, updated, strict=True):
            values[active] = changed
        batches[active] += 1
    shape = len(accuracies), players
    removed = standing.removed.reshape(shape)
    spent = (standing.right + standing.wrong).reshape(shape)
    served = (batches * rules.batch_size).reshape(shape)
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


def gate_errors(curves: pd.DataFrame, guesser: float = 0.5, good: float = 0.8) -> pd.DataFrame:
    """Return both error rates of each rule.

    Parameters
    ----------
    curves : DataFrame
        The result of `operating_curves`.
    guesser, good : float
        The accuracy of players who should be removed, and of those who should not.

    Returns
    -------
    DataFrame
        One row for each rule: rule, good_removed, guesser_kept, and the median number of comparison
        points spent on either, good_comparisons and guesser_comparisons.

    Raises
    ------
    ValueError
        If the table lacks one of the two accuracies.

    Examples
    --------
    >>> curves = operating_curves({"default": Rules()}, [0.5, 0.8], labels=50, players=100)
    >>> gate_errors(curves).columns.tolist()
    ['rule', 'good_removed', 'guesser_kept', 'good_comparisons', 'guesser_comparisons']
    """
    good_rows, guesser_rows = (
        curves[np.isclose(curves.accuracy, accuracy)].set_index("rule")
        for accuracy in (good, guesser)
    )
    if good_rows.empty or guesser_rows.empty:
        accuracies = sorted(set(curves.accuracy))
        raise ValueError(f"the table has accuracies {accuracies}: it needs {guesser} and {good}")
    return pd.DataFrame(
        {
            "good_removed": good_rows.removed,
            "guesser_kept": 1 - guesser_rows.removed,
            "good_comparisons": good_rows.comparisons,
            "guesser_comparisons": guesser_rows.comparisons,
        }
    ).reset_index()
