"""The same game played with many seeds: how much of a result is chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gamelabel.games.pairs.deck import REPEAT_PROBABILITY, SHARED_FRACTION, Deck
from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.playthrough import Luck, Played, Streams, deal, in_order, play
from gamelabel.games.pairs.rules import Rules

TOGETHER = 64  # games played at once: enough for the speed of arrays, in some tens of megabytes


def ensemble(
    points: int,
    comparisons: int,
    seeds: Sequence[int],
    players: int = 188,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    shared_fraction: float = SHARED_FRACTION,
    repeat_probability: float = REPEAT_PROBABILITY,
) -> pd.DataFrame:
    """The paper's numbers of the games of many seeds, a row each, indexed by seed.

    points, comparisons: how many preferences and comparison points there are; the rest as `simulate` has it. A row
    holds what `gamelabel.reliability.dataset_statistics` says of that seed's game, which is played here beside others and without
    its tables. What was chosen in preferences does not matter to these numbers, so no truth is asked for.
    """
    crowd, rules = crowd or Crowd(), rules or Rules()
    parts = [seeds[i : i + TOGETHER] for i in range(0, len(seeds), TOGETHER)]
    found = [
        _numbers(
            points, comparisons, part, players, crowd, rules, shared_fraction, repeat_probability
        )
        for part in parts
    ]
    return pd.concat(found).rename_axis("seed")


def beside(found: dict[str, float], many: pd.DataFrame, paper: dict[str, float]) -> pd.DataFrame:
    """Each number of the paper beside one game's and the ensemble's: number, paper, this, low, median, high, rank.

    low, high: the central 80 % of the seeds; rank: the share of seeds below the paper's number, ties by half.
    """
    target = pd.Series(paper)
    middle = (
        many[target.index].quantile([0.1, 0.5, 0.9]).T.set_axis(["low", "median", "high"], axis=1)
    )
    rank = (many[target.index] < target).mean() + (many[target.index] == target).mean() / 2
    table = pd.DataFrame({"paper": target, "this": pd.Series(found)[target.index]})
    return (
        pd.concat([table, middle, rank.rename("rank")], axis=1).rename_axis("number").reset_index()
    )


def play_many(
    points: int, comparisons: int, seeds: Sequence[int], players: int, crowd: Crowd, rules: Rules
) -> tuple[Players, Played]:
    """The games of some seeds as one, the players of the first game before those of the second."""
    streams = [Streams.of(seed) for seed in seeds]
    crowds = [crowd.draw(players, each.crowd) for each in streams]
    lucks = [
        deal(people, rules, comparisons, each)[0]
        for people, each in zip(crowds, streams, strict=True)
    ]
    everyone = Players._make(map(np.concatenate, zip(*crowds, strict=True)))
    return everyone, play(
        everyone, rules, Luck._make(map(np.concatenate, zip(*lucks, strict=True))), points
    )


def count(played: Played, games: int, batch: int) -> pd.DataFrame:
    """The numbers of so many games that do not depend on who saw which point, a row each."""
    end = played.standing
    labels, right, answered = (
        values.reshape(games, -1)
        for values in (played.batches * batch, end.right, end.right + end.wrong)
    )
    players, total, kept = labels.shape[1], labels.sum(1), labels - answered
    accuracy = right / np.where(answered > 0, answered, np.nan)
    weight = np.where(answered > 0, kept, 0)
    with np.errstate(invalid="ignore"):
        weighted = np.nansum(accuracy * weight, 1) / weight.sum(1)
    return pd.DataFrame(
        {
            "annotations": total,
            "comparisons": answered.sum(1),
            "kept": kept.sum(1),
            "players": players,
            "per_player_mean": total / players,
            "per_player_sd": labels.std(1, ddof=1) if players > 1 else np.nan,
            "top16_share": np.sort(labels, 1)[:, -16:].sum(1) / total,
            "busiest": labels.max(1),
            "accuracy_mean": np.nanmean(accuracy, 1),
            "accuracy_weighted": weighted,
        }
    )


def serve(
    everyone: Players,
    played: Played,
    batch: int,
    points: int,
    seeds: Sequence[int],
    shared_fraction: float,
    repeat_probability: float,
) -> pd.DataFrame:
    """How many points of each game have a label, and how many several: `points, multi_labelled`, a row a game."""
    given = in_order(everyone, batch, played)
    who = given.player[~given.on_gold]
    game = who * len(seeds) // len(everyone.skill)
    served = []
    for i, seed in enumerate(seeds):
        deck = Deck(points, Streams.of(seed).deck, shared_fraction, repeat_probability)
        labels = np.bincount(
            [point for point in map(deck.deal, who[game == i].tolist()) if point is not None]
        )
        served.append(((labels > 0).sum(), (labels > 1).sum()))
    return pd.DataFrame(served, columns=["points", "multi_labelled"])


def _numbers(
    points: int, comparisons: int, seeds: Sequence[int], players: int, crowd: Crowd, rules: Rules, shared_fraction: float,
    repeat_probability: float,
) -> pd.DataFrame:  # fmt: skip
    everyone, played = play_many(points, comparisons, seeds, players, crowd, rules)
    table = count(played, len(seeds), rules.batch)
    table = table.join(
        serve(everyone, played, rules.batch, points, seeds, shared_fraction, repeat_probability)
    )
    return table.set_index(pd.Index(seeds))
