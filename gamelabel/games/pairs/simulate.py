"""Play the labelling game with simulated players over real pairs of images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.deck import REPEAT_PROBABILITY, SHARED_FRACTION, Deck
from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.playthrough import (
    Answers,
    Streams,
    deal,
    in_order,
    play,
    rows,
    team_eyes,
)
from gamelabel.games.pairs.rules import Rules, Standing

UNREAD_MS = 700.0  # median time of an answer that did not look
SPREAD_MS = 0.5  # sigma of the LogNormal of times


class Play(NamedTuple):
    """A played game as the tables `labels` and `players` of `gamelabel.tables`, every label's source "simulated"."""

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
) -> Play:
    """Let `players` simulated players label `pairs` until each is tired or removed.

    players: how many to draw from `crowd`, or a frame of them with the columns of `Players`. A player sees which image
    fits better with their skill: the gold one of a comparison point, the one with the higher score in `truth` (pair_id,
    score_a, score_b) of a preference. Where the scores are equal, or not known (`truth` is None or lacks the pair, as
    for prompts that no verifier can read), it is a matter of taste, which the crowd shares in part; a player of skill s
    clicks at random in 2 (1 - s) of cases. shared_fraction, repeat_probability: see `Deck`. The same arguments give the same tables. Raises
    ValueError where there is no comparison point, `truth` knows other pairs only, or a frame of players makes no sense.
    """
    crowd, rules = crowd or Crowd(), rules or Rules()
    is_comparison = (pairs.kind == "comparison").to_numpy()
    comparisons, preferences = np.flatnonzero(is_comparison), np.flatnonzero(~is_comparison)
    gap = _gap(pairs.pair_id.iloc[preferences], truth)
    streams = Streams.of(seed)
    people = crowd.draw(players, streams.crowd) if isinstance(players, int) else Players.of(players)
    likes = crowd.likes_first(len(preferences), streams.crowd)
    luck, shown = deal(people, rules, len(comparisons), streams)
    played = play(people, rules, luck, len(preferences))

    given = in_order(people, rules.batch, played)
    gold, other = given.on_gold, ~given.on_gold
    deck = Deck(len(preferences), streams.deck, shared_fraction, repeat_probability)
    point = np.array([deck.deal(player) for player in given.player[other].tolist()], np.int64)
    place = shown(given.player[gold], given.asked[gold])
    row = np.empty(len(gold), np.int64)
    row[gold], row[other] = comparisons[place], preferences[point]

    # Each answer is about a target: the gold image, the one that fits better, or, by taste, the first.
    target_is_a = (pairs.gold == "a").to_numpy()[row]
    target_is_a[other] = gap[point] >= 0
    skill, hurry = people.looks(given.player, given.batch * rules.batch)
    chance = skill.copy()
    chance[other] = np.where(
        gap[point] == 0, 0.5 + (2 * skill[other] - 1) * (likes[point] - 0.5), skill[other]
    )

    # On comparison points the draws are those that the game was played with, so the answers are too.
    eye, on_left = streams.see.random(len(gold)), streams.show.random(len(gold)) < 0.5
    eye[other] = team_eyes(
        people, given.player[other], point, len(preferences), eye[other], streams.team
    )
    drawn = rows(people, rules.batch)[1][given.player[gold]] * rules.batch + given.asked[gold]
    eye[gold], on_left[gold] = luck.eyes[drawn], luck.on_left[drawn]
    hits = people.picks(given.player, chance, hurry, eye, on_left)
    choice, left = (np.where(flags == target_is_a, "a", "b") for flags in (hits, on_left))
    ms = _response_ms(people.pace_ms[given.player], eye < hurry, streams.show)
    labels = _label_table(given, pairs.pair_id.to_numpy()[row], choice, left, ms)
    return Play(labels, _player_table(played.standing, played.batches * rules.batch))


def _gap(preferences: pd.Series, truth: pd.DataFrame | None) -> NDArray[np.float64]:
    """Score of the first image less that of the second, for each preference; 0 where it is not known."""
    if truth is None or truth.empty:
        return np.zeros(len(preferences))
    scores = truth.drop_duplicates("pair_id").set_index("pair_id").reindex(preferences)
    gap = (scores.score_a - scores.score_b).to_numpy(float)
    if len(gap) and np.isnan(gap).all():
        raise ValueError(
            f"truth has scores for none of {len(gap)} preferences: it is about other pairs"
        )
    return np.nan_to_num(gap)


def _response_ms(pace: NDArray, unread: NDArray, rng: np.random.Generator) -> pd.Series:
    """Milliseconds to each answer, null for players without a pace."""
    ms = np.where(unread, UNREAD_MS, pace) * rng.lognormal(0.0, SPREAD_MS, len(pace))
    return pd.Series(np.where(np.isnan(pace), np.nan, ms.round())).astype("Int64")


def _label_table(
    given: Answers, pair: NDArray, choice: NDArray, left: NDArray, ms: pd.Series
) -> pd.DataFrame:
    n = len(pair)
    player = np.array([_name(p) for p in range(given.player.max() + 1)], dtype=object)[given.player]
    return pd.DataFrame(
        {
            "label_id": [f"label-{i:07d}" for i in range(n)],
            "player_id": player,
            "pair_id": pair,
            "batch_id": [f"{p}-{b:04d}" for p, b in zip(player, given.batch.tolist(), strict=True)],
            "choice": choice,
            "shown_left": left,
            "response_ms": ms,
            "created_at": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us, UTC]"),
            "source": "simulated",
        }
    )


def _player_table(standing: Standing, labels: NDArray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "player_id": [_name(p) for p in range(len(labels))],
            "game_id": "simulated",
            "state": np.where(standing.removed, "removed", "active"),
            "comparisons_right": standing.right,
            "comparisons_wrong": standing.wrong,
            "labels": labels,
        }
    )


def _name(player: int) -> str:
    return f"player-{player:05d}"
