"""Simulated players as data: one array for each of their properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# The properties in which a kind of player differs; the stamina is a factor, for those who label
# more than others would.
PLAYER_KINDS: dict[str, dict[str, float]] = {
    "tired": {"fatigue": 3.0},
    "one-sided": {"guess_rate": 0.4, "left_bias": 1.0},
    "hurried": {"guess_rate": 0.5},
    "flipper": {"inverted": 1},
    "sleeper": {"guesses_after": 50},
    "bot": {"guess_rate": 1.0, "stamina": 4.0},
    "copier": {"team": 5},
}


class Players(NamedTuple):
    """P simulated players; each field has shape (P,).

    `simulate` also accepts a DataFrame with these columns, so that any of them can be set.

    Examples
    --------
    >>> frame = Crowd().draw(3, np.random.default_rng(0)).to_frame()
    >>> players = Players.from_frame(frame.assign(skill=[0.5, 0.8, 1.0], guess_rate=0.5))
    >>> players.accuracy(np.arange(3), 0).tolist()
    [0.5, 0.65, 0.75]
    """

    kind: NDArray[Any]
    """"honest", "guesser", or one of `PLAYER_KINDS`."""
    skill: NDArray[np.float64]
    """Probability to see which of two images fits better, in [0, 1]."""
    stamina: NDArray[np.int64]
    """Number of labels that a player wants to give."""
    fatigue: NDArray[np.float64]
    """In 1,000 labels, skill above guessing shrinks by the factor exp(-fatigue)."""
    guesses_after: NDArray[np.float64]
    """Number of labels after which a player only guesses; inf for never."""
    guess_rate: NDArray[np.float64]
    """Share of answers that are given without looking."""
    left_bias: NDArray[np.float64]
    """Probability that an answer without looking is the left image."""
    inverted: NDArray[np.bool_]
    """Whether a player chooses the image that they think worse."""
    team: NDArray[np.int64]
    """Members of a team give the same answer to the same point; -1 for no team."""
    median_ms: NDArray[np.float64]
    """Median milliseconds of an answer after looking; NaN if times are not recorded."""

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Players:
        """Return the players in a DataFrame's rows.

        Raises
        ------
        ValueError
            If a column is missing or has impossible values.
        """
        missing = [name for name in cls._fields if name not in frame]
        if missing:
            raise ValueError(
                f"players need the columns {', '.join(cls._fields)}; "
                f"{', '.join(missing)} are missing"
            )
        people = cls(*(frame[name].to_numpy() for name in cls._fields))
        shares = np.stack([people.skill, people.guess_rate, people.left_bias]).astype(float)
        counts = (people.stamina >= 1) & (people.fatigue >= 0)
        if not ((shares >= 0) & (shares <= 1)).all() or not counts.all():
            raise ValueError(
                "players need skill, guess_rate and left_bias in [0, 1], a stamina of at least 1 "
                "and a fatigue of at least 0"
            )
        return people

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame with a row for each player."""
        return pd.DataFrame(self._asdict())

    def attention(
        self, player: NDArray[np.int64], labels: NDArray[np.int64] | int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the current skill and guess rate of players.

        Parameters
        ----------
        player : ndarray of int, shape (N,)
            Indices of players.
        labels : ndarray of int, shape (N,), or int
            Number of labels that they have given.

        Returns
        -------
        skill, guess_rate : ndarray of float, shape (N,)
        """
        skill = 0.5 + (self.skill[player] - 0.5) * np.exp(-self.fatigue[player] * labels / 1000)
        return skill, np.where(labels >= self.guesses_after[player], 1.0, self.guess_rate[player])

    def accuracy(
        self, player: NDArray[np.int64], labels: NDArray[np.int64] | int
    ) -> NDArray[np.float64]:
        """Return the probability of a correct answer, with either image as likely on either side.

        Parameters
        ----------
        player, labels
            As in `attention`.

        Returns
        -------
        ndarray of float, shape (N,)
        """
        skill, guess_rate = self.attention(player, labels)
        chance = guess_rate / 2 + (1 - guess_rate) * skill
        return np.where(self.inverted[player].astype(bool), 1 - chance, chance)

    def choose_target(
        self,
        player: NDArray[np.int64],
        chance: NDArray[np.float64],
        guess_rate: NDArray[np.float64],
        draws: NDArray[np.float64],
        target_left: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Return whether answers choose the target image.

        Parameters
        ----------
        player : ndarray of int, shape (N,)
            Who answers.
        chance : ndarray of float, shape (N,)
            Probability to choose the target after looking.
        guess_rate : ndarray of float, shape (N,)
            Probability of an answer without looking; see `attention`.
        draws : ndarray of float, shape (N,)
            Uniform random numbers, which decide all.
        target_left : ndarray of bool, shape (N,)
            Whether the target is shown on the left.

        Returns
        -------
        ndarray of bool, shape (N,)
        """
        guessed = draws < guess_rate
        guessed_left = draws < guess_rate * self.left_bias[player]
        saw_target = draws - guess_rate < chance * (1 - guess_rate)
        chosen = np.where(guessed, guessed_left == target_left, saw_target)
        return np.asarray(chosen ^ self.inverted[player].astype(bool))


@dataclass(frozen=True)
class Crowd:
    """The distribution from which players are drawn.

    The defaults were found by search (benchmarks/crowd_search.py), so that every number of the
    paper is likely, except for `guesser_beta` and `taste`.

    Parameters
    ----------
    guesser_share : float
        Share of players who mostly guess.
    guesser_beta : (float, float)
        Beta distribution of the skill of guessers.
    skill_mean, skill_concentration : float
        Mean and concentration a + b of the Beta distribution of the others' skill.
    labels_mu, labels_sigma : float
        LogNormal distribution of the number of labels that a player wants to give.
    taste : float
        For two images that fit equally well, the share of players who prefer the first is drawn
        from Beta(taste, taste). With 0.75, two attentive players agree in
        (taste + 1) / (2 taste + 1) = 70 % of such pairs, as two workers did in real subjective
        comparisons (llmfao, 8,931 pairwise judgements).
    kind_shares : mapping of str to float
        Shares of all players who are of other kinds; see `PLAYER_KINDS`.

    Raises
    ------
    ValueError
        If a number is out of range, or a kind is unknown.

    Examples
    --------
    >>> players = Crowd(kind_shares={"bot": 0.5}).draw(1000, np.random.default_rng(0))
    >>> bool(0.45 < (players.kind == "bot").mean() < 0.55)
    True
    """

    guesser_share: float = 0.215
    guesser_beta: tuple[float, float] = (20.0, 20.0)
    skill_mean: float = 0.809
    skill_concentration: float = 28.9
    labels_mu: float = 3.805
    labels_sigma: float = 1.39
    taste: float = 0.75
    kind_shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares = 0 <= self.guesser_share <= 1 and 0 < self.skill_mean < 1
        least = min(*self.guesser_beta, self.skill_concentration, self.taste)
        if not shares or least <= 0 or self.labels_sigma < 0:
            raise ValueError(
                "a crowd needs shares in [0, 1] and Beta and LogNormal parameters above 0, "
                f"not {self}"
            )
        kinds = self.kind_shares
        unknown = sorted(set(kinds) - set(PLAYER_KINDS))
        if unknown or min(kinds.values(), default=0) < 0 or sum(kinds.values()) > 1:
            raise ValueError(
                f"kind_shares needs shares, with a sum of at most 1, of {', '.join(PLAYER_KINDS)}: "
                f"not {dict(kinds)}"
            )

    def draw(self, players: int, rng: np.random.Generator) -> Players:
        """Draw players.

        Parameters
        ----------
        players : int
            How many.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        Players

        Raises
        ------
        ValueError
            If `players` is below 1.
        """
        if players < 1:
            raise ValueError(f"a crowd of {players} players: draw at least 1")
        a = self.skill_concentration * self.skill_mean
        b = self.skill_concentration * (1 - self.skill_mean)
        stamina = self.draw_stamina(players, rng)
        guesser = rng.random(players) < self.guesser_share
        skill = np.where(guesser, rng.beta(*self.guesser_beta, players), rng.beta(a, b, players))
        people = Players(
            kind=np.where(guesser, "guesser", "honest").astype(object),
            skill=skill,
            stamina=stamina,
            fatigue=np.zeros(players),
            guesses_after=np.full(players, np.inf),
            guess_rate=np.zeros(players),
            left_bias=np.full(players, 0.5),
            inverted=np.zeros(players, np.bool_),
            team=np.full(players, -1),
            median_ms=np.full(players, np.nan),
        )
        if self.kind_shares:
            _change_kinds(people, self.kind_shares, rng.random(players))
        return people

    def draw_stamina(self, players: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw the stamina of players; it is the first thing that `draw` draws."""
        return np.ceil(rng.lognormal(self.labels_mu, self.labels_sigma, players)).astype(np.int64)

    def draw_taste(self, points: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw, for points with equally good images, the share of players who prefer the first."""
        return rng.beta(self.taste, self.taste, points)


def _change_kinds(
    people: Players, kind_shares: Mapping[str, float], draws: NDArray[np.float64]
) -> None:
    """Turn some players into other kinds, in place, by their uniform random numbers (P,)."""
    ends = np.cumsum([0.0, *kind_shares.values()])
    for kind, start, end in zip(kind_shares, ends[:-1], ends[1:], strict=True):
        members = np.flatnonzero((draws >= start) & (draws < end))
        people.kind[members] = kind
        for name, value in PLAYER_KINDS[kind].items():
            column = getattr(people, name)
            if name == "stamina":
                column[members] = np.ceil(column[members] * value)
            elif name == "team":
                _form_teams(people, members, int(value))
            else:
                column[members] = value


def _form_teams(people: Players, members: NDArray[np.int64], size: int) -> None:
    """Put members into teams, in place; all of a team have the skill of its first member."""
    people.team[members] = np.arange(len(members)) // size
    first = members[::size].repeat(size)[: len(members)]
    people.skill[members] = people.skill[first]
