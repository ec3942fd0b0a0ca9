"""Search for the crowd, and the seed, whose simulated games show the numbers of a paper.

It ran once: what it found are the defaults of `Crowd`, `Rules` and `Deck`, and the `crowd_seed` of
notebook 03. `python -m benchmarks.bench_game calibrate` repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.deck import REPEAT_PROBABILITY, SHARED_FRACTION
from gamelabel.games.pairs.ensemble import TOGETHER, count, ensemble, play_many
from gamelabel.games.pairs.players import Crowd
from gamelabel.games.pairs.playthrough import Streams
from gamelabel.games.pairs.rules import Rules

# What is searched over, and how far the search first reaches to either side. Which points are served, `SHARED_FRACTION` and
# `REPEAT_PROBABILITY` of the deck, changes nothing else, so it is set apart: from kept labels, points and points labelled twice.
REACH = {"labels_mu": 0.1, "labels_sigma": 0.05, "guessers": 0.02, "skill_mean": 0.01, "step": 0.03}
FITTED = (
    "annotations",
    "comparisons",
    "per_player_sd",
    "busiest",
    "accuracy_mean",
    "accuracy_weighted",
)


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
    """Move a crowd and its rules until the paper's numbers lie in the middle of the games that they make.

    paper: the numbers of `FITTED`; crowd, rules: where the search begins; games: seeds played in each of so many
    trials, the same seeds in all, so that trials differ by what is tried alone; players, points, comparisons: as
    `ensemble` has them, points being those on offer: 30,000 prompts passed the paper's filter. Minimised is the sum of
    squares of (paper - mean) / sd over the games, in logarithms, by the simplex method (Nelder and Mead 1965).
    """
    from scipy.optimize import minimize

    begin = crowd or Crowd(), rules or Rules()
    goal = np.log([paper[name] for name in FITTED])

    def misfit(moves: NDArray[np.float64]) -> float:
        try:
            tried = _moved(*begin, moves)
        except ValueError:  # outside what a crowd can be
            return np.inf
        parts = [range(i, min(i + TOGETHER, games)) for i in range(0, games, TOGETHER)]
        found = [
            count(
                play_many(points, comparisons, part, players, *tried)[1], len(part), tried[1].batch
            )
            for part in parts
        ]
        logs = np.log(pd.concat(found)[list(FITTED)].to_numpy(float))
        return float((((goal - logs.mean(0)) / logs.std(0)) ** 2).sum())

    corners = np.vstack([np.zeros(len(REACH)), np.eye(len(REACH))])
    best = minimize(
        misfit,
        corners[0],
        method="Nelder-Mead",
        options={"maxfev": trials, "initial_simplex": corners},
    )
    return _moved(*begin, best.x)


def _moved(crowd: Crowd, rules: Rules, moves: NDArray[np.float64]) -> tuple[Crowd, Rules]:
    """A crowd and rules with each of `REACH` moved by so many reaches."""
    changed = {
        name: float(reach * by) for (name, reach), by in zip(REACH.items(), moves, strict=True)
    }
    step = rules.step + changed.pop("step")
    return replace(
        crowd, **{name: getattr(crowd, name) + by for name, by in changed.items()}
    ), replace(rules, step=step)


def windows(
    paper: Mapping[str, float], within: float = 0.03, **given: tuple[float, float]
) -> dict[str, tuple[float, float]]:
    """The lowest and highest value accepted of each number: the paper's less and plus a share, or as given."""
    return {
        name: (value * (1 - within), value * (1 + within)) for name, value in paper.items()
    } | given


def find_seed(
    accepted: Mapping[str, tuple[float, float]],
    seeds: Iterable[int],
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    players: int = 188,
    points: int = 6_800,
    comparisons: int = 600,
    shared_fraction: float = SHARED_FRACTION,
    repeat_probability: float = REPEAT_PROBABILITY,
) -> int | None:
    """The first seed whose game has each number within what is accepted, None where none of the seeds has.

    accepted: as `windows` makes them, with "busiest" among them. One seed in thousands will do, so most are passed over
    for how many labels their keenest player wants: nobody gives more. (Seeds where that one is removed early are lost.)
    """
    crowd, rules = crowd or Crowd(), rules or Rules()
    promising = (
        seed for seed in seeds if _promising(crowd, rules, players, seed, *accepted["busiest"])
    )
    while some := list(islice(promising, TOGETHER)):
        _, played = play_many(points, comparisons, some, players, crowd, rules)
        table = count(played, len(some), rules.batch).set_index(pd.Index(some))
        for seed in table.index[_within(table, accepted)]:
            whole = ensemble(
                points,
                comparisons,
                [seed],
                players,
                crowd,
                rules,
                shared_fraction,
                repeat_probability,
            )
            if _within(whole, accepted).all():
                return int(seed)
    return None


def _promising(
    crowd: Crowd, rules: Rules, players: int, seed: int, low: float, high: float
) -> bool:
    most = -(-crowd.wants(players, Streams.crowd_of(seed)).max() // rules.batch) * rules.batch
    return bool(low <= most <= high)


def _within(table: pd.DataFrame, accepted: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    """Which rows of a table have each number that is there, and has a window, within it."""
    there = [name for name in accepted if name in table]
    low, high = np.array([accepted[name] for name in there]).T
    values = table[there].to_numpy(float)
    return ((values >= low) & (values <= high)).all(1)
