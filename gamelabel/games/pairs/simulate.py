"""Play the labelling game with simulated players over real pairs of images."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.deck import REPEAT_PROBABILITY, SHARED_FRACTION, Deck
from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.playthrough import (
    Answers,
    Streams,
    answers_in_order,
    batch_rows,
    draw_game,
    play_batches,
    share_in_teams,
)
from gamelabel.games.pairs.rules import Rules, Standing

GUESS_MS = 700.0  # median time of an answer without looking
LOG_MS_SD = 0.5  # sigma of the LogNormal distribution of times


class SimulatedGame(NamedTuple):
    """The tables `labels` and `players` of a game; the source of every label is "simulated"."""

    labels: pd.DataFrame
    players: pd.DataFrame


def simulate(
    pairs: pd.DataFrame,
    truth: pd.DataFrame | None,
    players: int | pd.DataFrame = 188,
    seed: int = 0,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    shared_fraction: float = SHARED_FRACTION,
    repeat_probability: float = REPEAT_PROBABILITY,
) -> SimulatedGame:
    """Let simulated players label pairs until each has given their labels or is removed.

    A player sees which image fits better with the probability of their skill: the gold image of a
    comparison point, or the one with the higher score of a preference point. If the scores are
    equal or unknown, it is a matter of taste, which the crowd shares in part, and a player of skill
    s chooses at random with probability 2 (1 - s).

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs`.
    truth : DataFrame or None
        Scores of preference points: pair_id, score_a, score_b. Pairs may be missing, such as those
        whose prompts no verifier can read.
    players : int or DataFrame
        How many players to draw from `crowd`, or the players, with the columns of `Players`.
    seed : int
        The same arguments give the same tables.
    crowd : Crowd, optional
        The distribution of players.
    rules : Rules, optional
        The rules of the game.
    shared_fraction, repeat_probability : float
        Which points are served; see `Deck`.

    Returns
    -------
    SimulatedGame

    Raises
    ------
    ValueError
        If there is no comparison point, if `truth` has scores for none of the preference points, or
        if `players` has impossible values.

    Examples
    --------
    >>> pairs = pd.DataFrame({"pair_id": ["p0", "p1"], "kind": ["comparison", "preference"],
    ...                       "gold": ["a", None]})
    >>> game = simulate(pairs, truth=None, players=3)
    >>> len(game.players), set(game.labels.pair_id) <= {"p0", "p1"}
    (3, True)
    """
    crowd, rules = crowd or Crowd(), rules or Rules()
    comparison_rows = (pairs.kind == "comparison").to_numpy()
    comparisons, preferences = np.flatnonzero(comparison_rows), np.flatnonzero(~comparison_rows)
    gap = _score_gap(pairs.pair_id.iloc[preferences], truth)
    streams = Streams.from_seed(seed)
    if isinstance(players, int):
        people = crowd.draw(players, streams.crowd)
    else:
        people = Players.from_frame(players)
    taste = crowd.draw_taste(len(preferences), streams.crowd)
    draws, order = draw_game(people, rules, len(comparisons), streams)
    played = play_batches(people, rules, draws, len(preferences))

    answers = answers_in_order(people, rules.batch_size, played)
    gold, preference = answers.is_comparison, ~answers.is_comparison
    deck = Deck(len(preferences), streams.deck, shared_fraction, repeat_probability)
    dealt = [deck.deal(player) for player in answers.player[preference].tolist()]
    point = np.array(dealt, np.int64)
    row = np.empty(len(gold), np.int64)
    row[gold] = comparisons[order.points(answers.player[gold], answers.number[gold])]
    row[preference] = preferences[point]

    # Each answer has a target: the gold image, the image that fits better, or, by taste, the first.
    target_is_a = (pairs.gold == "a").to_numpy()[row]
    target_is_a[preference] = gap[point] >= 0
    skill, guess_rate = people.attention(answers.player, answers.batch * rules.batch_size)
    by_taste = 0.5 + (2 * skill[preference] - 1) * (taste[point] - 0.5)
    chance = skill.copy()
    chance[preference] = np.where(gap[point] == 0, by_taste, skill[preference])

    # Answers to comparison points use the draws with which the game was played.
    perception = streams.see.random(len(gold))
    on_left = streams.show.random(len(gold)) < 0.5
    perception[preference] = share_in_teams(
        people,
        answers.player[preference],
        point,
        len(preferences),
        perception[preference],
        streams.team,
    )
    first_row = batch_rows(people, rules.batch_size)[1]
    used = first_row[answers.player[gold]] * rules.batch_size + answers.number[gold]
    perception[gold], on_left[gold] = draws.perception[used], draws.on_left[used]
    hits = people.choose_target(answers.player, chance, guess_rate, perception, on_left)
    choice = np.where(hits == target_is_a, "a", "b")
    shown_left = np.where(on_left == target_is_a, "a", "b")
    guessed = perception < guess_rate
    ms = _response_ms(people.median_ms[answers.player], guessed, streams.show)
    labels = _label_table(answers, pairs.pair_id.to_numpy()[row], choice, shown_left, ms)
    return SimulatedGame(labels, _player_table(played.standing, played.batches * rules.batch_size))


def _score_gap(preferences: pd.Series, truth: pd.DataFrame | None) -> NDArray[np.float64]:
    """Return the score of the first image minus that of the second, or 0 if it is unknown."""
    if truth is None or truth.empty:
        return np.zeros(len(preferences))
    scores = truth.drop_duplicates("pair_id").set_index("pair_id").reindex(preferences)
    gap = (scores.score_a - scores.score_b).to_numpy(float)
    if len(gap) and np.isnan(gap).all():
        raise ValueError(
            f"truth has scores for none of {len(gap)} preferences: it is about other pairs"
        )
    return np.asarray(np.nan_to_num(gap))


def _response_ms(
    median_ms: NDArray[np.float64], guessed: NDArray[np.bool_], rng: np.random.Generator
) -> pd.Series:
    """Draw the milliseconds of each answer, null for players without a median."""
    median = np.where(guessed, GUESS_MS, median_ms)
    ms = median * rng.lognormal(0.0, LOG_MS_SD, len(median_ms))
    return pd.Series(np.where(np.isnan(median_ms), np.nan, ms.round())).astype("Int64")


def _label_table(
    answers: Answers, pair: NDArray[Any], choice: NDArray[Any], left: NDArray[Any], ms: pd.Series
) -> pd.DataFrame:
    n = len(pair)
    names = np.array([_player_id(p) for p in range(answers.player.max() + 1)], dtype=object)
    player = names[answers.player]
    batch = [f"{p}-{b:04d}" for p, b in zip(player, answers.batch.tolist(), strict=True)]
    return pd.DataFrame(
        {
            "label_id": [f"label-{i:07d}" for i in range(n)],
            "player_id": player,
            "pair_id": pair,
            "batch_id": batch,
            "choice": choice,
            "shown_left": left,
            "response_ms": ms,
            "created_at": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us, UTC]"),
            "source": "simulated",
        }
    )


def _player_table(standing: Standing, labels: NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "player_id": [_player_id(p) for p in range(len(labels))],
            "game_id": "simulated",
            "state": np.where(standing.removed, "removed", "active"),
            "comparisons_right": standing.right,
            "comparisons_wrong": standing.wrong,
            "labels": labels,
        }
    )


def _player_id(player: int) -> str:
    return f"player-{player:05d}"
