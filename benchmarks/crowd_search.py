"""Search for the crowd, and the seed, whose simulated games reproduce the numbers of a paper.

It ran once: its results are the defaults of `Crowd`, `Rules` and `Deck`, and the `crowd_seed` of
notebook 03. `python -m benchmarks.bench_game calibrate` repeats the search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from gamelabel.games.pairs.ensemble import (
    GAMES_AT_ONCE,
    count_labels,
    play_ensemble,
    play_seeds,
)
from gamelabel.games.pairs.players import Crowd
from gamelabel.games.pairs.playthrough import Streams
from gamelabel.games.pairs.rules import Rules

# The parameters of the search, and the first step in each. The shares of the deck affect no other
# number, so they are computed separately, from kept labels, points and points labelled twice.
REACH = {
    "labels_mu": 0.1,
    "labels_sigma": 0.05,
    "guesser_share": 0.02,
    "skill_mean": 0.01,
    "share_factor": 0.03,
}
FITTED = [
    "annotations",
    "comparisons",
    "per_player_sd",
    "busiest",
    "accuracy_mean",
    "accuracy_weighted",
]


def calibrate(
    paper: Mapping[str, float],
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    games: int = 128,
    trials: int = 40,
    players: int = 188,
    points: int = 30_000,
    comparisons: int = 600,
) -> tuple[Crowd, Rules]:
    """Fit a crowd and its rules so that the paper's numbers are in the middle of their games.

    Minimizes the sum of squares of (paper - mean) / sd over the games, in logarithms, by the
    simplex method (Nelder and Mead 1965).

    Parameters
    ----------
    paper : mapping of str to float
        The numbers of `FITTED`.
    crowd, rules : optional
        Where the search starts.
    games : int
        Games in each trial. All trials use the same seeds, so they differ only by what is tried.
    trials : int
        Number of trials.
    players, points, comparisons : int
        As in `play_ensemble`. 30,000 prompts passed the paper's filter.

    Returns
    -------
    Crowd, Rules
    """
    start = crowd or Crowd(), rules or Rules()
    goal = np.log([paper[name] for name in FITTED])

    def misfit(moves: NDArray[np.float64]) -> float:
        try:
            tried = _moved(*start, moves)
        except ValueError:  # outside what a crowd can be
            return np.inf
        tables = []
        for first in range(0, games, GAMES_AT_ONCE):
            seeds = range(first, min(first + GAMES_AT_ONCE, games))
            _, played = play_seeds(points, comparisons, seeds, players, *tried)
            tables.append(count_labels(played, len(seeds), tried[1].batch_size))
        logs = np.log(pd.concat(tables)[FITTED].to_numpy(float))
        return float((((goal - logs.mean(0)) / logs.std(0)) ** 2).sum())

    corners = np.vstack([np.zeros(len(REACH)), np.eye(len(REACH))])
    options = {"maxfev": trials, "initial_simplex": corners}
    return _moved(*start, minimize(misfit, corners[0], method="Nelder-Mead", options=options).x)


def _moved(crowd: Crowd, rules: Rules, moves: NDArray[np.float64]) -> tuple[Crowd, Rules]:
    """Return a crowd and rules with each number of `REACH` moved by multiples of its reach."""
    steps = {
        name: float(reach * by) for (name, reach), by in zip(REACH.items(), moves, strict=True)
    }
    share_factor = rules.share_factor + steps.pop("share_factor")
    changed = {name: getattr(crowd, name) + step for name, step in steps.items()}
    return replace(crowd, **changed), replace(rules, share_factor=share_factor)


def windows(
    paper: Mapping[str, float], within: float = 0.03, **others: tuple[float, float]
) -> dict[str, tuple[float, float]]:
    """Return the accepted range of each number: the paper's plus and minus a share, or `others`."""
    ranges = {name: (value * (1 - within), value * (1 + within)) for name, value in paper.items()}
    return ranges | others


def find_seed(
    accepted: Mapping[str, tuple[float, float]],
    seeds: Iterable[int],
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    players: int = 188,
    points: int = 6_800,
    comparisons: int = 600,
) -> int | None:
    """Return the first seed whose game has each number within its accepted range, or None.

    One seed in a few hundred thousand does. Most are ruled out by the number of labels that their
    busiest player wants to give, which nobody exceeds. (Seeds whose busiest player is removed early
    are missed.)

    Parameters
    ----------
    accepted : mapping of str to (float, float)
        Accepted ranges, from `windows`; "busiest" must be among them.
    seeds : iterable of int
        The seeds to try.
    crowd, rules, players, points, comparisons
        As in `play_ensemble`.
    """
    crowd, rules = crowd or Crowd(), rules or Rules()
    low, high = accepted["busiest"]
    promising = (seed for seed in seeds if low <= _most_labels(crowd, rules, players, seed) <= high)
    while part := list(islice(promising, GAMES_AT_ONCE)):
        _, played = play_seeds(points, comparisons, part, players, crowd, rules)
        counts = count_labels(played, len(part), rules.batch_size).set_index(pd.Index(part))
        for seed in counts.index[_within(counts, accepted)]:
            numbers = play_ensemble(points, comparisons, [seed], players, crowd, rules)
            if _within(numbers, accepted).all():
                return int(seed)
    return None


def _most_labels(crowd: Crowd, rules: Rules, players: int, seed: int) -> int:
    stamina = crowd.draw_stamina(players, Streams.crowd_stream(seed)).max()
    return int(-(-stamina // rules.batch_size) * rules.batch_size)


def _within(table: pd.DataFrame, accepted: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    """Return which rows have every number in its accepted range, of the numbers in the table."""
    names = [name for name in accepted if name in table]
    low, high = np.array([accepted[name] for name in names]).T
    values = table[names].to_numpy(float)
    return ((values >= low) & (values <= high)).all(1)
