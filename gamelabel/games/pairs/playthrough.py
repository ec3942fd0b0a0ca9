"""Play the game batch by batch: all players of one game, or of several games, at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.pairs.players import Players
from gamelabel.games.pairs.rules import Rules, Standing

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]
_Bools = NDArray[np.bool_]


class Streams(NamedTuple):
    """A game's random generators, one for each purpose, so that a change to one moves no other."""

    crowd: np.random.Generator
    deal: np.random.Generator
    deck: np.random.Generator
    see: np.random.Generator
    show: np.random.Generator
    team: np.random.Generator
    exam: np.random.Generator

    @classmethod
    def from_seed(cls, seed: int) -> Streams:
        """Return the streams of a seed.

        Examples
        --------
        >>> first, second = Streams.from_seed(7), Streams.from_seed(7)
        >>> first.deck.random() == second.deck.random() != first.deal.random()
        True
        """
        children = np.random.SeedSequence(seed).spawn(len(cls._fields))
        return cls(*map(np.random.default_rng, children))

    @staticmethod
    def crowd_stream(seed: int) -> np.random.Generator:
        """Return the stream `crowd` alone, which is faster when many seeds are tried."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(0,))))


class Draws(NamedTuple):
    """All randomness of a game, drawn before it.

    The rows are the batches that players may play, player after player. So a game is the same
    whether it is played alone or together with others, and no player's draws depend on another's.
    """

    selection: _Floats
    """Which points of a batch are comparison points, shape (rows, 1 + batch_size)."""
    perception: _Floats
    """What a player sees in each of their comparison points, in order, shape
    (rows x batch_size,)."""
    on_left: _Bools
    """Whether the gold image of that comparison point is on the left, shape
    (rows x batch_size,)."""
    exam: _Floats
    """How long each player's exam is, shape (P,)."""


class PlayedBatches(NamedTuple):
    """The batches that were played; of a player's rows (see `Draws`) the first `batches` were."""

    is_comparison: _Bools
    """Which points were comparison points, shape (rows, batch_size)."""
    batches: _Ints
    """Number of batches played, shape (P,)."""
    standing: Standing
    """The standing of the players at the end."""


class ComparisonOrder(NamedTuple):
    """Which comparison points players get: all follow one order, each from a start of their own."""

    order: _Ints
    start: _Ints

    def points(self, player: _Ints, number: _Ints) -> _Ints:
        """Return the points that players get as their comparison point `number`, from 0."""
        place = (self.start[player] + number) % len(self.order)
        return np.asarray(self.order[place])


class Answers(NamedTuple):
    """N answers in the order in which they were given; each field has shape (N,)."""

    player: _Ints
    batch: _Ints
    is_comparison: _Bools
    number: _Ints
    """Which of the player's comparison points it is, from 0; undefined for preferences."""


def batch_rows(people: Players, batch_size: int) -> tuple[_Ints, _Ints]:
    """Return how many batches each player may play, and the row of each player's first.

    Nobody stops within a batch.

    Examples
    --------
    >>> from gamelabel.games.pairs.players import Crowd
    >>> people = Crowd().draw(3, np.random.default_rng(0))._replace(stamina=np.array([5, 6, 1]))
    >>> [values.tolist() for values in batch_rows(people, batch_size=5)]
    [[1, 2, 1], [0, 1, 3]]
    """
    batches = -(-people.stamina // batch_size)
    return batches, np.cumsum(batches) - batches


def draw_game(
    people: Players, rules: Rules, comparisons: int, streams: Streams
) -> tuple[Draws, ComparisonOrder]:
    """Draw all randomness of a game.

    Parameters
    ----------
    people : Players
        The players. Members of a team see the same thing in the same comparison point.
    rules : Rules
        The rules of the game.
    comparisons : int
        Number of comparison points.
    streams : Streams
        The random generators, which this uses up.

    Returns
    -------
    Draws, ComparisonOrder

    Raises
    ------
    ValueError
        If there are no comparison points.
    """
    if not comparisons:
        raise ValueError(
            "no comparison points among the pairs: the game judges its players by them; "
            "plan some with images.make_pairs"
        )
    size = rules.batch_size
    batches, first = batch_rows(people, size)
    rows = int(batches.sum())
    selection = streams.deal.random((rows, 1 + size))
    perception = streams.deal.random(rows * size)
    on_left = streams.show.random(rows * size) < 0.5
    draws = Draws(selection, perception, on_left, streams.exam.random(len(batches)))
    order = ComparisonOrder(
        streams.show.permutation(comparisons),
        streams.show.integers(comparisons, size=len(people.skill)),
    )
    if (people.team >= 0).any():
        player = np.repeat(np.arange(len(batches)), batches * size)
        number = np.arange(len(player)) - first[player] * size
        point = order.points(player, number)
        shared = share_in_teams(people, player, point, comparisons, perception, streams.team)
        draws = draws._replace(perception=shared)
    return draws, order


def play_batches(people: Players, rules: Rules, draws: Draws, points: int) -> PlayedBatches:
    """Play until every player has given their labels or is removed.

    Parameters
    ----------
    people : Players
        The players, P in number.
    rules : Rules
        The rules of the game.
    draws : Draws
        All randomness, from `draw_game`.
    points : int
        Number of preference points. A player who has had all of them gets comparison points only.

    Returns
    -------
    PlayedBatches
    """
    size = rules.batch_size
    batches, first = batch_rows(people, size)
    is_comparison = np.zeros((len(draws.selection), size), np.bool_)
    active, current = np.arange(len(batches)), rules.start(len(batches), draws.exam)
    final, played = rules.start(len(batches)), np.zeros_like(batches)
    for batch in range(int(batches.max())):
        row = first[active] + batch
        mask = rules.comparison_mask(current.share, draws.selection[row])
        answered = (current.right + current.wrong)[:, None]
        unseen = points - (batch * size - answered)
        mask |= np.cumsum(~mask, 1) > unseen
        number = first[active, None] * size + answered + np.cumsum(mask, 1) - mask
        skill, guess_rate = people.attention(active, batch * size)
        hits = people.choose_target(
            active[:, None],
            skill[:, None],
            guess_rate[:, None],
            draws.perception[number],
            draws.on_left[number],
        )
        is_comparison[row] = mask
        right = (hits & mask).sum(1)
        current = rules.update(current, right, mask.sum(1) - right)
        stops = current.removed | (batches[active] == batch + 1)
        if stops.any():
            for values, last in zip(final, current.select(stops), strict=True):
                values[active[stops]] = last
            played[active[stops]] = batch + 1
            active, current = active[~stops], current.select(~stops)
        if not len(active):
            break
    return PlayedBatches(is_comparison, played, final)


def answers_in_order(people: Players, batch_size: int, played: PlayedBatches) -> Answers:
    """Return the answers of a game in the order given: batch by batch, in each player by player.

    Parameters
    ----------
    people : Players
        The players.
    batch_size : int
        Points in a batch.
    played : PlayedBatches
        What they played, from `play_batches`.

    Returns
    -------
    Answers
    """
    batches, first = batch_rows(people, batch_size)
    player = np.repeat(np.arange(len(batches)), batches)
    batch = np.arange(len(player)) - first[player]
    count = np.cumsum(played.is_comparison).reshape(played.is_comparison.shape)
    before = (count[:, -1] - played.is_comparison.sum(1))[first]
    number = count - 1 - before[player, None]
    row = np.flatnonzero(batch < played.batches[player])
    row = row[np.lexsort((player[row], batch[row]))]
    return Answers(
        np.repeat(player[row], batch_size),
        np.repeat(batch[row], batch_size),
        played.is_comparison[row].ravel(),
        number[row].ravel(),
    )


def share_in_teams(
    people: Players,
    player: _Ints,
    point: _Ints,
    points: int,
    draws: _Floats,
    rng: np.random.Generator,
) -> _Floats:
    """Replace draws for answers by the team's own draw for each point, for members of teams.

    Parameters
    ----------
    people : Players
        The players.
    player, point : ndarray of int, shape (N,)
        Who answers about which point.
    points : int
        Number of points.
    draws : ndarray of float, shape (N,)
        Uniform random numbers, which players without a team keep.
    rng : numpy.random.Generator
        Source of the teams' draws.

    Returns
    -------
    ndarray of float, shape (N,)
    """
    team = people.team[player]
    if (team < 0).all():
        return draws
    shared = rng.random((int(team.max()) + 1, points))
    return np.where(team >= 0, shared[team, point], draws)
