"""Who may go on labelling: gates judge players by their answers to comparison points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class Gate(Protocol):
    """A rule of removal. It sees nothing but counts, so the simulation and a server can put to it one player or all."""

    def removes(self, right: Counts, wrong: Counts) -> NDArray[np.bool_]:
        """Which players to remove for good: comparison points answered rightly and wrongly, any one shape, -> bools."""


@dataclass(frozen=True)
class Threshold:
    """Remove whoever is right too rarely, once enough answers are in.

    The paper says that "annotators that perform poorly are permanently removed" (section 3.4) and gives no numbers:
    these were found by search, so that simulated players show the accuracies that it reports.

    least: accuracy below which a player is removed; after: comparison points answered before anyone is.
    """

    least: float = 0.628
    after: int = 15

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1 or self.after < 1:
            raise ValueError(f"a threshold gate needs an accuracy in [0, 1] and at least 1 answer, not {self}")

    def removes(self, right: Counts, wrong: Counts) -> NDArray[np.bool_]:
        """Which players to remove for good: right / (right + wrong) below `least`, `after` answers or more given."""
        answers = np.asarray(right) + np.asarray(wrong)
        return (answers >= self.after) & (right < self.least * answers)
