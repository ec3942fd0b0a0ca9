"""Simulated players as data: how well they see, how long they stay, and what else they are like, a column each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# What sets a kind of player apart, column by column; of `stamina` a factor, for who labels more than others would.
KINDS: dict[str, dict[str, float]] = {
    "tired": {"fatigue": 3.0},
    "one-sided": {"hurry": 0.4, "lean": 1.0},
    "hurried": {"hurry": 0.5},
    "flipper": {"flips": 1},
    "sleeper": {"turns_at": 50},
    "bot": {"hurry": 1.0, "stamina": 4.0},
    "copier": {"team": 5},
}


class Players(NamedTuple):
    """P players, a column (P,) each. A frame with these columns is what `simulate` takes, so any of them can be set."""

    kind: NDArray[Any]  # honest, guesser, or one of `KINDS`
    skill: NDArray[np.float64]  # chance to see which of two images fits better, 0 to 1
    stamina: NDArray[np.int64]  # labels they want to give
    fatigue: NDArray[np.float64]  # skill above guessing shrinks by e^(-fatigue) in 1,000 labels
    turns_at: NDArray[np.float64]  # labels after which they look no more: a sleeper; inf for never
    hurry: NDArray[np.float64]  # share of their answers that they give without looking
    lean: NDArray[
        np.float64
    ]  # chance that such an answer is the image on the left; 1/2 for either side
    flips: NDArray[np.bool_]  # whether they choose the image that they think worse
    team: NDArray[np.int64]  # members of a team give the same answer to the same point; -1 for none
    pace_ms: NDArray[
        np.float64
    ]  # median milliseconds of an answer that looked; NaN where times are not recorded

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Players:
        """The players of a frame's rows. Raises ValueError where a column is missing or holds what cannot be."""
        missing = [name for name in cls._fields if name not in frame]
        if missing:
            raise ValueError(
                f"players need the columns {', '.join(cls._fields)}; {', '.join(missing)} are missing"
            )
        people = cls(*(frame[name].to_numpy() for name in cls._fields))
        shares = np.stack([people.skill, people.hurry, people.lean]).astype(float)
        if (
            not ((shares >= 0) & (shares <= 1)).all()
            or not ((people.stamina >= 1) & (people.fatigue >= 0)).all()
        ):
            raise ValueError(
                "players need skill, hurry and lean in [0, 1], stamina of 1 or more, fatigue of 0 or more"
            )
        return people

    def frame(self) -> pd.DataFrame:
        """A row for each player."""
        return pd.DataFrame(self._asdict())

    def looks(
        self, player: NDArray, given: NDArray | int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The chances to see what fits, and to answer without looking, of players with so many labels given."""
        skill = 0.5 + (self.skill[player] - 0.5) * np.exp(-self.fatigue[player] * given / 1000)
        return skill, np.where(given >= self.turns_at[player], 1.0, self.hurry[player])

    def right(self, player: NDArray, given: NDArray | int) -> NDArray[np.float64]:
        """The chance that their answer is right, where the image that fits is as likely on either side."""
        skill, hurry = self.looks(player, given)
        chance = hurry / 2 + (1 - hurry) * skill
        return np.where(self.flips[player].astype(bool), 1 - chance, chance)

    def picks(
        self, player: NDArray, chance: NDArray, hurry: NDArray, eye: NDArray, on_left: NDArray
    ) -> NDArray[np.bool_]:
        """Whether answers pick the image that a player who looks picks with `chance`, arrays of one shape.

        hurry: as `looks` has it; eye: a uniform draw for each answer, which decides all; on_left: where that image is.
        """
        unseen = eye < hurry
        left = eye < hurry * self.lean[player]
        seen = eye - hurry < chance * (1 - hurry)
        return np.where(unseen, left == on_left, seen) ^ self.flips[player].astype(bool)


@dataclass(frozen=True)
class Crowd:
    """Where players are drawn from. The defaults were found by search, so that every number of the paper is likely.

    guessers: share of players who mostly guess; guesser_beta: their skill's Beta(a, b); skill_mean, skill_weight: mean
    and concentration a + b of the others' Beta; labels_mu, labels_sigma: the LogNormal of how many labels a player
    wants to give. taste: where two images fit equally, the share of players who like the first better is drawn from
    Beta(taste, taste), 0.75 because then two attentive players agree in (taste + 1) / (2 taste + 1) = 70 % of such
    pairs, as two workers did in real subjective comparisons (llmfao, 8,931 pairwise judgements). kinds: the shares of
    all players who are of the other kinds in `KINDS`, none by default.
    """

    # found by benchmarks/crowd_search.py, but for guesser_beta and taste
    guessers: float = 0.215
    guesser_beta: tuple[float, float] = (20.0, 20.0)
    skill_mean: float = 0.809
    skill_weight: float = 28.9
    labels_mu: float = 3.805
    labels_sigma: float = 1.39
    taste: float = 0.75
    kinds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares = 0 <= self.guessers <= 1 and 0 < self.skill_mean < 1
        if (
            not shares
            or min(*self.guesser_beta, self.skill_weight, self.taste) <= 0
            or self.labels_sigma < 0
        ):
            raise ValueError(
                f"a crowd needs shares in [0, 1] and Beta and LogNormal parameters above 0, not {self}"
            )
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown or min(self.kinds.values(), default=0) < 0 or sum(self.kinds.values()) > 1:
            raise ValueError(
                f"kinds of players are shares, together at most 1, of {', '.join(KINDS)}: not {self.kinds}"
            )

    def draw(self, players: int, rng: np.random.Generator) -> Players:
        """Draw P players."""
        if players < 1:
            raise ValueError(f"a crowd of {players} players: draw at least 1")
        a, b = self.skill_weight * self.skill_mean, self.skill_weight * (1 - self.skill_mean)
        stamina = self.wants(players, rng)
        guesser = rng.random(players) < self.guessers
        skill = np.where(guesser, rng.beta(*self.guesser_beta, players), rng.beta(a, b, players))
        people = Players(
            kind=np.where(guesser, "guesser", "honest").astype(object),
            skill=skill,
            stamina=stamina,
            fatigue=np.zeros(players),
            turns_at=np.full(players, np.inf),
            hurry=np.zeros(players),
            lean=np.full(players, 0.5),
            flips=np.zeros(players, np.bool_),
            team=np.full(players, -1),
            pace_ms=np.full(players, np.nan),
        )
        if self.kinds:
            _turn(people, self.kinds, rng.random(players))
        return people

    def wants(self, players: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """The stamina of P players, the first thing that `draw` draws."""
        return np.ceil(rng.lognormal(self.labels_mu, self.labels_sigma, players)).astype(np.int64)

    def likes_first(self, points: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """For each point whose images fit equally, the share of players who like the first better, (points,)."""
        return rng.beta(self.taste, self.taste, points)


def _turn(people: Players, kinds: Mapping[str, float], draws: NDArray[np.float64]) -> None:
    """Make of some players, by their uniform draws (P,), players of other kinds."""
    ends = np.cumsum([0.0, *kinds.values()])
    for kind, start, end in zip(kinds, ends[:-1], ends[1:], strict=True):
        some = np.flatnonzero((draws >= start) & (draws < end))
        people.kind[some] = kind
        for name, value in KINDS[kind].items():
            column = getattr(people, name)
            if name == "stamina":
                column[some] = np.ceil(column[some] * value)
            elif name == "team":
                column[some] = (
                    np.arange(len(some)) // value
                )  # teams of so many, who see with their first one's eyes
                people.skill[some] = people.skill[some[:: int(value)]].repeat(int(value))[
                    : len(some)
                ]
            else:
                column[some] = value
