"""The game itself, batch by batch: all players of one game, or of many, at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.pairs.players import Players
from gamelabel.games.pairs.rules import Rules, Standing


class Streams(NamedTuple):
    """A game's sources of chance, each for one thing, so that a change to one moves no other."""

    crowd: np.random.Generator
    deal: np.random.Generator
    deck: np.random.Generator
    see: np.random.Generator
    show: np.random.Generator
    team: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> Streams:
        """The streams of a seed."""
        return cls(
            *map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(cls._fields)))
        )

    @staticmethod
    def crowd_of(seed: int) -> np.random.Generator:
        """The first of the streams alone, for when many seeds are looked at for their players."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(0,))))


class Luck(NamedTuple):
    """All chance in a game, drawn before it: rows for each batch that a player may play, the players one by one.

    So a game is the same whether it is played alone or beside others, and nobody's draws hang on anyone else's.
    """

    coins: NDArray[np.float64]  # (rows, 1 + batch) which points of a batch are comparison points
    eyes: NDArray[
        np.float64
    ]  # (rows x batch,) what a player sees, by how many comparison points they had
    on_left: NDArray[
        np.bool_
    ]  # (rows x batch,) whether the right image of that comparison point is on the left


class Played(NamedTuple):
    """What was played: rows as in `Luck`, of which a player's first so many were played."""

    on_gold: NDArray[np.bool_]  # (rows, batch) which points were comparison points
    batches: NDArray[np.int64]  # (players,) batches played
    standing: Standing  # at the end


def rows(people: Players, batch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The batches that each player may play, nobody stopping within one, and the row of each player's first, (P,)."""
    most = -(-people.stamina // batch)
    return most, np.cumsum(most) - most


class Shown(NamedTuple):
    """Which comparison point a player gets: all go through one order, each from a start of their own."""

    order: NDArray[np.int64]
    start: NDArray[np.int64]

    def __call__(self, player: NDArray, asked: NDArray) -> NDArray[np.int64]:
        """The places of players' how-manyth comparison points."""
        return self.order[(self.start[player] + asked) % len(self.order)]


class Answers(NamedTuple):
    """N answers in the order given, each array (N,)."""

    player: NDArray[np.int64]
    batch: NDArray[np.int64]
    on_gold: NDArray[np.bool_]  # whether about a comparison point
    asked: NDArray[
        np.int64
    ]  # the player's how-manyth comparison point, from 0; of others it means nothing


def deal(people: Players, rules: Rules, comparisons: int, streams: Streams) -> tuple[Luck, Shown]:
    """All chance of one game, and the comparison points that it shows; members of a team see them alike."""
    if not comparisons:
        raise ValueError(
            "no comparison points among the pairs: the game judges its players by them, so make some"
        )
    most, first = rows(people, rules.batch)
    total = int(most.sum())
    coins, eyes = (
        streams.deal.random((total, 1 + rules.batch)),
        streams.deal.random(total * rules.batch),
    )
    luck = Luck(coins, eyes, streams.show.random(total * rules.batch) < 0.5)
    shown = Shown(
        streams.show.permutation(comparisons),
        streams.show.integers(comparisons, size=len(people.skill)),
    )
    if (people.team >= 0).any():
        player = np.repeat(np.arange(len(most)), most * rules.batch)
        asked = np.arange(len(player)) - first[player] * rules.batch
        eyes = team_eyes(people, player, shown(player, asked), comparisons, luck.eyes, streams.team)
        luck = luck._replace(eyes=eyes)
    return luck, shown


def play(people: Players, rules: Rules, luck: Luck, points: int) -> Played:
    """Play until all players are tired or removed; points: the preferences there are, after which only gold is left."""
    batches, first = rows(people, rules.batch)
    on_gold = np.zeros((len(luck.coins), rules.batch), np.bool_)
    here, mine = np.arange(len(batches)), rules.start(len(batches))
    end, played = rules.start(len(batches)), np.zeros_like(batches)
    for batch in range(int(batches.max())):
        row = first[here] + batch
        counts = rules.counted(mine.share, luck.coins[row])
        answered = (mine.right + mine.wrong)[:, None]
        unseen = points - (
            batch * rules.batch - answered
        )  # no other point is new to this player: gold instead
        counts |= np.cumsum(~counts, 1) > unseen
        asked = first[here, None] * rules.batch + answered + np.cumsum(counts, 1) - counts
        chance, hurry = people.looks(here, batch * rules.batch)
        eye, on_left = luck.eyes[asked], luck.on_left[asked]
        hits = people.picks(here[:, None], chance[:, None], hurry[:, None], eye, on_left) & counts
        on_gold[row] = counts
        right = hits.sum(1)
        mine = rules.after(mine, right, counts.sum(1) - right)
        goes = mine.removed | (batches[here] == batch + 1)
        if goes.any():
            for values, last in zip(end, mine.of(goes), strict=True):
                values[here[goes]] = last
            played[here[goes]] = batch + 1
            here, mine = here[~goes], mine.of(~goes)
        if not len(here):
            break
    return Played(on_gold, played, end)


def in_order(people: Players, batch_size: int, played: Played) -> Answers:
    """The answers of a game in the order given: round by round, in each player by player."""
    most, first = rows(people, batch_size)
    player = np.repeat(np.arange(len(most)), most)
    batch = np.arange(len(player)) - first[player]
    so_far = np.cumsum(played.on_gold).reshape(played.on_gold.shape)
    before = (so_far[:, -1] - played.on_gold.sum(1))[first]
    asked = so_far - 1 - before[player, None]
    row = np.flatnonzero(batch < played.batches[player])
    row = row[np.lexsort((player[row], batch[row]))]
    who, when = (np.repeat(values[row], batch_size) for values in (player, batch))
    return Answers(who, when, played.on_gold[row].ravel(), asked[row].ravel())


def team_eyes(
    people: Players,
    player: NDArray,
    point: NDArray,
    points: int,
    eyes: NDArray,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draws for answers (N,), where members of a team get the team's own for each point."""
    team = people.team[player]
    if (team < 0).all():
        return eyes
    shared = rng.random((int(team.max()) + 1, points))
    return np.where(team >= 0, shared[team, point], eyes)
