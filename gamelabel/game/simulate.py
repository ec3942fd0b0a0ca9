"""Play the labelling game with simulated players over real pairs of images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.game.batches import Rules, Standing
from gamelabel.game.deck import Deck
from gamelabel.game.players import Crowd, Players


class Play(NamedTuple):
    """A played game as the tables `labels` and `players` of `gamelabel.labels`, every label's source "simulated"."""

    labels: pd.DataFrame
    players: pd.DataFrame


class _Answers(NamedTuple):
    """N answers in the order given, each array (N,)."""

    player: NDArray[np.int64]
    batch: NDArray[np.int64]
    point: NDArray[np.int64]  # which preference point; -1 for a comparison point
    right: NDArray[np.bool_]  # whether a comparison point was answered rightly


def simulate(
    pairs: pd.DataFrame,
    truth: pd.DataFrame | None,
    players: int = 188,
    seed: int = 0,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
    pool: float = 1130 / 6800,
    again: float = 0.43,
) -> Play:
    """Let `players` simulated players label `pairs` until each is tired or removed.

    A player sees which image fits better with their skill: the gold one of a comparison point, the one with the higher
    score in `truth` (pair_id, score_a, score_b) of a preference. Where the scores are equal, or not known (`truth` is
    None or lacks the pair, as for prompts that no verifier can read), it is a matter of taste, which the crowd shares
    in part; a player of skill s clicks at random in 2 (1 - s) of cases. pool, again: see `Deck`. The same arguments
    give the same tables. Raises ValueError where there is no comparison point, or `truth` knows other pairs only.
    """
    crowd, rules = crowd or Crowd(), rules or Rules()
    is_comparison = (pairs.kind == "comparison").to_numpy()
    comparisons, preferences = pairs[is_comparison], pairs[~is_comparison]
    if comparisons.empty:
        raise ValueError("no comparison points among the pairs: the game judges its players by them, so make some")
    gap = _gap(preferences, truth)
    draw, deal, see, show = (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4))

    people = crowd.draw(players, draw)
    likes = crowd.likes_first(len(preferences), draw)
    answers, standing = _play(people, rules, Deck(len(preferences), deal, pool, again), deal)

    gold_is_a = (comparisons.gold == "a").to_numpy()
    on_gold = answers.point < 0
    shown = _comparison_points(answers.player[on_gold], len(comparisons), players, show)
    picks_a = np.empty(len(on_gold), np.bool_)
    picks_a[on_gold] = gold_is_a[shown] == answers.right[on_gold]
    point, skill = answers.point[~on_gold], people.skill[answers.player[~on_gold]]
    chance_a = np.where(gap[point] == 0, 0.5 + (2 * skill - 1) * (likes[point] - 0.5), skill)
    picks_a[~on_gold] = (see.random(len(point)) < chance_a) == (gap[point] >= 0)

    row = np.empty(len(on_gold), np.int64)
    row[on_gold], row[~on_gold] = np.flatnonzero(is_comparison)[shown], np.flatnonzero(~is_comparison)[point]
    left = np.where(show.random(len(row)) < 0.5, "a", "b")
    labels = _label_table(answers, pairs.pair_id.to_numpy()[row], np.where(picks_a, "a", "b"), left)
    return Play(labels, _player_table(answers, standing))


def _gap(preferences: pd.DataFrame, truth: pd.DataFrame | None) -> NDArray[np.float64]:
    """Score of the first image less that of the second, for each preference; 0 where it is not known."""
    if truth is None or truth.empty:
        return np.zeros(len(preferences))
    scores = truth.drop_duplicates("pair_id").set_index("pair_id").reindex(preferences.pair_id)
    gap = (scores.score_a - scores.score_b).to_numpy(float)
    if len(gap) and np.isnan(gap).all():
        raise ValueError(f"truth has scores for none of {len(gap)} preferences: it is about other pairs")
    return np.nan_to_num(gap)


def _play(people: Players, rules: Rules, deck: Deck, rng: np.random.Generator) -> tuple[_Answers, Standing]:
    """Batch by batch, all players who are still there at once."""
    standing = rules.start(len(people.skill))
    batches = -(-people.stamina // rules.batch)  # nobody stops within a batch
    rounds = []
    for batch in range(int(batches.max())):
        here = np.flatnonzero((batches > batch) & ~standing.removed)
        if not len(here):
            break
        mine = standing.of(here)
        on_gold = rules.comparisons(mine, rng)
        point = np.full(on_gold.shape, -1)
        for i, j in np.argwhere(~on_gold).tolist():
            dealt = deck.deal(int(here[i]))
            on_gold[i, j] = dealt is None  # no point is new to this player: a comparison point instead
            point[i, j] = -1 if dealt is None else dealt
        right = on_gold & (rng.random(on_gold.shape) < people.skill[here, None])
        mine = rules.after(mine, right.sum(1), (on_gold & ~right).sum(1))
        for values, changed in zip(standing, mine, strict=True):
            values[here] = changed
        player = np.repeat(here, rules.batch)
        rounds.append(_Answers(player, np.full(len(player), batch), point.ravel(), right.ravel()))
    return _Answers(*(np.concatenate(parts) for parts in zip(*rounds, strict=True))), standing


def _comparison_points(player: NDArray, points: int, players: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which comparison point each answer is about: every player goes through one order from a start of their own."""
    order, start = rng.permutation(points), rng.integers(points, size=players)
    earlier = pd.Series(player).groupby(player).cumcount().to_numpy()
    return order[(start[player] + earlier) % points]


def _label_table(answers: _Answers, pair: NDArray, choice: NDArray, left: NDArray) -> pd.DataFrame:
    n = len(pair)
    player = np.array([_name(p) for p in range(answers.player.max() + 1)], dtype=object)[answers.player]
    return pd.DataFrame(
        {
            "label_id": [f"label-{i:07d}" for i in range(n)],
            "player_id": player,
            "pair_id": pair,
            "batch_id": [f"{p}-{b:04d}" for p, b in zip(player, answers.batch.tolist(), strict=True)],
            "choice": choice,
            "shown_left": left,
            "response_ms": pd.array([None] * n, dtype="Int64"),
            "created_at": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us, UTC]"),
            "source": "simulated",
        }
    )


def _player_table(answers: _Answers, standing: Standing) -> pd.DataFrame:
    players = len(standing.right)
    return pd.DataFrame(
        {
            "player_id": [_name(p) for p in range(players)],
            "game_id": "simulated",
            "state": np.where(standing.removed, "removed", "active"),
            "comparisons_right": standing.right,
            "comparisons_wrong": standing.wrong,
            "labels": np.bincount(answers.player, minlength=players),
        }
    )


def _name(player: int) -> str:
    return f"player-{player:05d}"
