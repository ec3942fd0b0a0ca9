"""What a player is served: batches of five, the fewer comparison points the better they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.game.gate import Counts, Gate, Threshold


class Standing(NamedTuple):
    """Where players stand, each array (P,): all that the game must remember of them between batches."""

    right: Counts  # comparison points answered rightly
    wrong: Counts  # and wrongly
    share: NDArray[np.float64]  # of comparison points in the next batch
    removed: NDArray[np.bool_]  # for good

    def of(self, players: NDArray[np.int64]) -> Standing:
        """The standing of some of the players, by their places."""
        return Standing(self.right[players], self.wrong[players], self.share[players], self.removed[players])


@dataclass(frozen=True)
class Rules:
    """The rules of the labelling game; a simulation plays them with all players at once, a server with one.

    "Initially, we send comparison data points [...] If the user's accuracy is high, we slowly reduce the amount of
    comparison data. [...] Each user labels five data points at a time" (GameLabel-10K, section 3.4). The paper has no
    more numbers: `step`, `good` and `floor` were found by search, so that simulated players show its counts.

    batch: points a batch; step: factor on the share of comparison points after a batch; good: accuracy from which the
    share falls instead of rising; floor: share that it never falls below, so that a player who turns bad is noticed;
    gate: who is removed.
    """

    batch: int = 5
    step: float = 0.83
    good: float = 0.719
    floor: float = 0.213
    gate: Gate = field(default_factory=Threshold)

    def __post_init__(self) -> None:
        if self.batch < 1 or not 0 < self.step <= 1 or not 0 <= self.floor <= 1 or not 0 <= self.good <= 1:
            raise ValueError(f"rules need batch >= 1, step in (0, 1], floor and good in [0, 1], not {self}")

    def start(self, players: int = 1) -> Standing:
        """The standing of new players: nothing answered, the first batch all comparison points."""
        right, wrong = np.zeros((2, players), np.int64)
        return Standing(right, wrong, np.ones(players), np.zeros(players, np.bool_))

    def comparisons(self, standing: Standing, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which points of each player's next batch are comparison points, (P, batch), each one at the player's share.

        Drawn point by point, so that no place in a batch tells a player which points count.
        """
        return rng.random((len(standing.share), self.batch)) < standing.share[:, None]

    def after(self, standing: Standing, right: Counts, wrong: Counts) -> Standing:
        """The standing after a batch with so many right and wrong answers to comparison points, each (P,).

        Who is removed stays so; who has answered no comparison point keeps their share.
        """
        right, wrong = standing.right + right, standing.wrong + wrong
        answers = right + wrong
        moved = standing.share * np.where(right >= self.good * answers, self.step, 1 / self.step)
        share = np.where(answers > 0, np.clip(moved, self.floor, 1.0), standing.share)
        return Standing(right, wrong, share, standing.removed | self.gate.removes(right, wrong))
