"""Operating curves: how many players rules remove, how soon, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.rules import Rules, Standing
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
    skill = np.repeat(np.asarray(accuracies, float), players)
    standing, served = _play(rules, skill, labels, seed)
    shape = len(accuracies), players
    removed = standing.removed.reshape(shape)
    spent = (standing.right + standing.wrong).reshape(shape)
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
            "kept": (served.reshape(shape) - spent).mean(1),
        }
    )


def _play(
    rules: Rules,
    accuracy: NDArray[np.float64],
    labels: int,
    seed: int,
    guesses_after: float = np.inf,
) -> tuple[Standing, NDArray[np.int64]]:
    """Let players give a number of labels; return their standing and how many labels they gave.

    From the label `guesses_after` on, their accuracy is one half.
    """
    rng = np.random.default_rng(seed)
    standing = rules.start(len(accuracy), rng.spawn(1)[0].random(len(accuracy)))
    batches = np.zeros(len(accuracy), np.int64)
    for batch in range(-(-labels // rules.batch_size)):
        active = np.flatnonzero(~standing.removed)
        current = standing.select(active)
        answered = rules.draw_comparisons(current, rng).sum(1)
        guesses = batch * rules.batch_size >= guesses_after
        right = rng.binomial(answered, 0.5 if guesses else accuracy[active])
        updated = rules.update(current, right, answered - right)
        for values, changed in zip(standing, updated, strict=True):
            values[active] = changed
        batches[active] += 1
    return standing, batches * rules.batch_size


def sleeper_curve(
    rules: Mapping[str, Rules],
    honest: int = 50,
    within: int = 60,
    labels: int = 250,
    good: float = 0.8,
    players: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Play rules with sleepers, who answer everything right and then only guess.

    Parameters
    ----------
    rules : mapping of str to Rules
        The rules, by name.
    honest : int
        Number of labels after which a sleeper guesses.
    within : int
        Number of guessed labels within which a sleeper should be removed.
    labels : int
        Number of labels that good players want to give.
    good : float
        Accuracy of good players, who should not be removed.
    players : int
        Sleepers, and good players.
    seed : int
        The same seed gives the same table.

    Returns
    -------
    DataFrame
        One row for each rule: rule, players; noticed, the share of sleepers removed within `within`
        guessed labels, of those who were not removed before, with its Wilson interval low and high;
        guessed, the median number of labels that they guessed (at most 10 times `within`);
        good_removed, the share of good players removed; kept, the mean number of labels of good
        players on preference points.

    Examples
    --------
    >>> from gamelabel.games.pairs import SERVICE_RULES
    >>> table = sleeper_curve({"paper": Rules(), "service": SERVICE_RULES}, players=100)
    >>> table.noticed.tolist()[0] < 0.1 < 0.9 < table.noticed.tolist()[1]
    True
    """
    rows = []
    for name, one in rules.items():
        _, labelled = _play(one, np.ones(players), honest + 10 * within, seed, honest)
        guessed = labelled[labelled > honest] - honest
        noticed = int((guessed <= within).sum())
        low, high = wilson(noticed, len(guessed))
        standing, served = _play(one, np.full(players, good), labels, seed)
        row = {
            "rule": name,
            "players": players,
            "noticed": noticed / len(guessed),
            "low": float(low),
            "high": float(high),
            "guessed": float(np.median(guessed)),
            "good_removed": float(standing.removed.mean()),
            "kept": float((served - standing.right - standing.wrong).mean()),
        }
        rows.append(row)
    return pd.DataFrame(rows)


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
