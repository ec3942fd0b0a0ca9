"""What a player is served: batches of five, the fewer comparison points the better they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.pairs.gate import Counts, Gate, Threshold, Weights


class Standing(NamedTuple):
    """Where players stand, each array (P,): all that the game must remember of them between batches."""

    right: Counts  # comparison points answered rightly
    wrong: Counts  # and wrongly
    share: NDArray[np.float64]  # of comparison points in the next batch
    removed: NDArray[np.bool_]  # for good
    credit: Weights  # right answers as the gate weighs them
    debit: Weights  # and wrong ones

    def of(self, players: NDArray[np.int64]) -> Standing:
        """The standing of some of the players, by their places."""
        return Standing._make(values[players] for values in self)


@dataclass(frozen=True)
class Rules:
    """The rules of the labelling game; a simulation plays them with all players at once, a server with one.

    "Initially, we send comparison data points [...] If the user's accuracy is high, we slowly reduce the amount of
    comparison data. [...] Each user labels five data points at a time" (GameLabel-10K, section 3.4). The paper has no
    more numbers: `step`, `good` and the middle of `floor` were found by search, so that simulated players show its
    counts.

    batch: points a batch; step: factor on the share of comparison points after a batch; good: accuracy from which the
    share falls instead of rising; floor: between which two shares every batch draws the least that it may have, so
    that a player who turns bad is noticed and none can tell how many points count; gate: who is removed.
    """

    batch: int = 5
    step: float = 0.818  # found by benchmarks/crowd_search.py
    good: float = 0.719
    floor: tuple[float, float] = (0.163, 0.263)
    gate: Gate = field(default_factory=Threshold)

    def __post_init__(self) -> None:
        if self.batch < 1 or not 0 < self.step <= 1 or not 0 <= self.good <= 1:
            raise ValueError(
                f"rules need batch >= 1, step in (0, 1] and good in [0, 1], not {self}"
            )
        if not 0 <= self.floor[0] <= self.floor[1] <= 1:
            raise ValueError(
                f"rules need a floor from 0 to 1, the lower end first, not {self.floor}"
            )

    def start(self, players: int = 1) -> Standing:
        """The standing of new players: nothing answered, the first batch all comparison points."""
        right, wrong = np.zeros((2, players), np.int64)
        credit, debit = np.zeros((2, players))
        return Standing(right, wrong, np.ones(players), np.zeros(players, np.bool_), credit, debit)

    def comparisons(self, standing: Standing, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which points of each player's next batch are comparison points, (P, batch).

        Drawn point by point, so that no place in a batch tells a player which points count.
        """
        return self.counted(standing.share, rng.random((len(standing.share), self.batch + 1)))

    def counted(self, share: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points are comparison points, (P, batch), of shares (P,) and uniform draws (P, 1 + batch).

        The first draw sets the least share of this batch, the others decide point by point.
        """
        low, high = self.floor
        least = low + (high - low) * draws[:, 0]
        return draws[:, 1:] < np.maximum(share, least)[:, None]

    def after(self, standing: Standing, right: Counts, wrong: Counts) -> Standing:
        """The standing after a batch with so many right and wrong answers to comparison points, each (P,).

        Who is removed stays so; who has answered no comparison point keeps their share.
        """
        credit, debit = self.gate.weigh(standing.credit, standing.debit, right, wrong)
        right, wrong = standing.right + right, standing.wrong + wrong
        answers = right + wrong
        moved = standing.share * np.where(right >= self.good * answers, self.step, 1 / self.step)
        share = np.where(answers > 0, np.clip(moved, self.floor[0], 1.0), standing.share)
        return Standing(
            right, wrong, share, standing.removed | self.gate.removes(credit, debit), credit, debit
        )
