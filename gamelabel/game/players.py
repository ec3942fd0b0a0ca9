"""Simulated players: how well they see, and how long they stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Players(NamedTuple):
    """P players: `skill` in [0, 1], the chance to see which of two images fits better; `stamina`, labels they want."""

    skill: NDArray[np.float64]
    stamina: NDArray[np.int64]


@dataclass(frozen=True)
class Crowd:
    """Where players are drawn from. The defaults were found by search, so that every number of the paper is likely.

    guessers: share of players who mostly guess; guesser_beta: their skill's Beta(a, b); skill_mean, skill_weight: mean
    and concentration a + b of the others' Beta; labels_mu, labels_sigma: the LogNormal of how many labels a player
    wants to give. taste: where two images fit equally, the share of players who like the first better is drawn from
    Beta(taste, taste), 0.75 because then two attentive players agree in (taste + 1) / (2 taste + 1) = 70 % of such
    pairs, as two workers did in real subjective comparisons (llmfao, 8,931 pairwise judgements).
    """

    guessers: float = 0.195
    guesser_beta: tuple[float, float] = (20.0, 20.0)
    skill_mean: float = 0.806
    skill_weight: float = 28.9
    labels_mu: float = 3.936
    labels_sigma: float = 1.371
    taste: float = 0.75

    def __post_init__(self) -> None:
        shares = 0 <= self.guessers <= 1 and 0 < self.skill_mean < 1
        if not shares or min(*self.guesser_beta, self.skill_weight, self.taste) <= 0 or self.labels_sigma < 0:
            raise ValueError(f"a crowd needs shares in [0, 1] and Beta and LogNormal parameters above 0, not {self}")

    def draw(self, players: int, rng: np.random.Generator) -> Players:
        """Draw P players."""
        if players < 1:
            raise ValueError(f"a crowd of {players} players: draw at least 1")
        a, b = self.skill_weight * self.skill_mean, self.skill_weight * (1 - self.skill_mean)
        guesser = rng.random(players) < self.guessers
        skill = np.where(guesser, rng.beta(*self.guesser_beta, players), rng.beta(a, b, players))
        stamina = np.ceil(rng.lognormal(self.labels_mu, self.labels_sigma, players)).astype(np.int64)
        return Players(skill, stamina)

    def likes_first(self, points: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """For each point whose images fit equally, the share of players who like the first better, (points,)."""
        return rng.beta(self.taste, self.taste, points)
