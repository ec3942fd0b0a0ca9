"""Play the same game with many seeds: how much of a result is chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from gamelabel.games.pairs.deck import REPEAT_PROBABILITY, SHARED_FRACTION, Deck
from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.playthrough import (
    Draws,
    PlayedBatches,
    Streams,
    answers_in_order,
    draw_game,
    play_batches,
)
from gamelabel.games.pairs.rules import Rules
from gamelabel.parallel import executor, map_items
from gamelabel.reliability import PAPER_STATISTICS

GAMES_AT_ONCE = 64  # enough for the speed of arrays, in some tens of megabytes


def play_ensemble(
    points: int,
    comparisons: int,
    seeds: Sequence[int],
    players: int = 188,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    shared_fraction: float = SHARED_FRACTION,
    repeat_probability: float = REPEAT_PROBABILITY,
) -> pd.DataFrame:
    """Compute the paper's numbers for simulated games with many seeds.

    The games are the same as those of `simulate`, played many at a time, without their tables, and
    by the processes of `gamelabel.parallel.executor`.
    What players choose in preference points does not matter to these numbers, so no truth is
    needed. A game needs points of both kinds: without them the table has no rows.

    Parameters
    ----------
    points, comparisons : int
        Number of preference points and of comparison points.
    seeds : sequence of int
        The seeds of the games.
    players : int
        Players in each game.
    crowd, rules, shared_fraction, repeat_probability
        As in `simulate`.

    Returns
    -------
    DataFrame
        One row for each seed, with the numbers of `gamelabel.reliability.dataset_statistics`.

    Examples
    --------
    >>> games = play_ensemble(points=50, comparisons=10, seeds=range(2), players=4)
    >>> games.index.tolist(), games.players.tolist()
    ([0, 1], [4, 4])
    """
    if not points or not comparisons:
        return pd.DataFrame(columns=list(PAPER_STATISTICS), dtype=float).rename_axis("seed")
    crowd, rules = crowd or Crowd(), rules or Rules()
    starts = range(0, len(seeds), GAMES_AT_ONCE)
    parts = [seeds[start : start + GAMES_AT_ONCE] for start in starts]
    play = partial(
        _play_part,
        points,
        comparisons,
        players,
        crowd,
        rules,
        (shared_fraction, repeat_probability),
    )
    with executor() as pool:
        return pd.concat(map_items(pool, play, parts)).rename_axis("seed")


def _play_part(
    points: int,
    comparisons: int,
    players: int,
    crowd: Crowd,
    rules: Rules,
    dealing: tuple[float, float],
    seeds: Sequence[int],
) -> pd.DataFrame:
    """Return the numbers of some games, a row a seed, in whichever process."""
    people, played = play_seeds(points, comparisons, seeds, players, crowd, rules)
    decks = [Deck(points, Streams.from_seed(seed).deck, *dealing) for seed in seeds]
    table = count_labels(played, len(seeds), rules.batch_size)
    table = table.join(_count_points(people, played, rules.batch_size, decks))
    return table.set_index(pd.Index(seeds))


def ensemble_table(
    game: Mapping[str, float], games: pd.DataFrame, paper: Mapping[str, float]
) -> pd.DataFrame:
    """Return the paper's numbers beside those of one game and of an ensemble.

    Parameters
    ----------
    game : mapping of str to float
        The numbers of one game.
    games : DataFrame
        The ensemble, from `play_ensemble`.
    paper : mapping of str to float
        The paper's numbers.

    Returns
    -------
    DataFrame
        One row for each number: number, paper, this (the one game), low, median and high (the
        central 80 % of the ensemble), rank (the share of games below the paper's number, with equal
        ones counted by half).

    Examples
    --------
    >>> games = pd.DataFrame({"kept": [1.0, 2, 3, 4, 5]})
    >>> ensemble_table({"kept": 3}, games, {"kept": 4}).loc[0, ["median", "rank"]].tolist()
    [3.0, 0.7]
    """
    target = pd.Series(paper)
    values = games[target.index]
    middle = values.quantile([0.1, 0.5, 0.9]).T.set_axis(["low", "median", "high"], axis=1)
    rank = (values < target).mean() + (values == target).mean() / 2
    table = pd.DataFrame({"paper": target, "this": pd.Series(game)[target.index]})
    table = pd.concat([table, middle, rank.rename("rank")], axis=1)
    return table.rename_axis("number").reset_index()


def play_seeds(
    points: int, comparisons: int, seeds: Sequence[int], players: int, crowd: Crowd, rules: Rules
) -> tuple[Players, PlayedBatches]:
    """Play the games of several seeds as one.

    Parameters
    ----------
    points, comparisons, seeds, players, crowd, rules
        As in `play_ensemble`.

    Returns
    -------
    Players
        The players of all games, those of the first game first.
    PlayedBatches
        What they played.

    Examples
    --------
    >>> people, played = play_seeds(50, 10, range(3), 4, Crowd(), Rules())
    >>> len(people.skill), len(played.batches)
    (12, 12)
    """
    games, draws = [], []
    for seed in seeds:
        streams = Streams.from_seed(seed)
        games.append(crowd.draw(players, streams.crowd))
        draws.append(draw_game(games[-1], rules, comparisons, streams)[0])
    people = Players._make(map(np.concatenate, zip(*games, strict=True)))
    together = Draws._make(map(np.concatenate, zip(*draws, strict=True)))
    return people, play_batches(people, rules, together, points)


def count_labels(played: PlayedBatches, games: int, batch_size: int) -> pd.DataFrame:
    """Count the numbers that do not depend on who was served which point.

    Parameters
    ----------
    played : PlayedBatches
        Several games of equally many players, from `play_seeds`.
    games : int
        How many games these are.
    batch_size : int
        Points in a batch.

    Returns
    -------
    DataFrame
        One row for each game.

    Examples
    --------
    >>> _, played = play_seeds(50, 10, range(3), 4, Crowd(), Rules())
    >>> numbers = count_labels(played, 3, 5)
    >>> bool((numbers.kept + numbers.comparisons == numbers.annotations).all())
    True
    """
    end = played.standing
    labels = (played.batches * batch_size).reshape(games, -1)
    right, answered = end.right.reshape(games, -1), (end.right + end.wrong).reshape(games, -1)
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


def _count_points(
    people: Players, played: PlayedBatches, batch_size: int, decks: Sequence[Deck]
) -> pd.DataFrame:
    """Count the points of each game with at least one label, and with several."""
    answers = answers_in_order(people, batch_size, played)
    player = answers.player[~answers.is_comparison]
    game = player * len(decks) // len(people.skill)
    rows = []
    for i, deck in enumerate(decks):
        dealt = map(deck.deal, player[game == i].tolist())
        labels = np.bincount([point for point in dealt if point is not None])
        rows.append(((labels > 0).sum(), (labels > 1).sum()))
    return pd.DataFrame(rows, columns=["points", "multi_labelled"])
