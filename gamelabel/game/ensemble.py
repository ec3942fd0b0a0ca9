"""The same game played with many seeds: how much of a result is chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from gamelabel.game.batches import Rules
from gamelabel.game.players import Crowd
from gamelabel.game.simulate import simulate

Describe = Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame], dict[str, float]]


def ensemble(
    pairs: pd.DataFrame,
    describe: Describe,
    seeds: Iterable[int],
    players: int = 188,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """A row of numbers for each seed, indexed by it; describe(labels, players, pairs) -> {name: number}.

    Which image fits better is left open, so numbers that rest on what was chosen in preferences mean nothing here.
    """
    rows = {}
    for seed in seeds:
        played = simulate(pairs, None, players, seed, crowd, rules)
        rows[seed] = describe(played.labels, played.players, pairs)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seed")


def beside(found: dict[str, float], many: pd.DataFrame, paper: dict[str, float]) -> pd.DataFrame:
    """Each number of the paper beside one game's and the ensemble's: number, paper, this, low, median, high, rank.

    low, high: the central 80 % of the seeds; rank: the share of seeds below the paper's number, ties by half.
    """
    target = pd.Series(paper)
    middle = many[target.index].quantile([0.1, 0.5, 0.9]).T.set_axis(["low", "median", "high"], axis=1)
    rank = (many[target.index] < target).mean() + (many[target.index] == target).mean() / 2
    table = pd.DataFrame({"paper": target, "this": pd.Series(found)[target.index]})
    return pd.concat([table, middle, rank.rename("rank")], axis=1).rename_axis("number").reset_index()
