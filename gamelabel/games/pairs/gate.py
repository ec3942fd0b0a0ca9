"""Who may go on labelling: gates judge players by their answers to comparison points, batch after batch.

A gate keeps two numbers a player, the weight of right and of wrong answers that still counts, and says from these who
is removed. That one rule fits all: a threshold counts everything, a sequential test stops when it has decided, a
discounted posterior forgets. Gates are pure and work on arrays of any shape, so the simulation and a server can put to
them one player or all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Counts = NDArray[np.int64]
Weights = NDArray[np.float64]


class Gate(Protocol):
    """A rule of removal: what it keeps of a player's answers, and whom that removes."""

    def weigh(
        self, credit: Weights, debit: Weights, right: Counts, wrong: Counts
    ) -> tuple[Weights, Weights]:
        """Credit and debit after a batch with so many right and wrong answers to comparison points."""

    def removes(self, credit: Weights, debit: Weights) -> NDArray[np.bool_]:
        """Which players to remove for good, of their credit and debit after a batch."""


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
            raise ValueError(
                f"a threshold gate needs an accuracy in [0, 1] and at least 1 answer, not {self}"
            )

    def weigh(
        self, credit: Weights, debit: Weights, right: Counts, wrong: Counts
    ) -> tuple[Weights, Weights]:
        """All answers count, for ever."""
        return credit + right, debit + wrong

    def removes(self, credit: Weights, debit: Weights) -> NDArray[np.bool_]:
        """credit / (credit + debit) below `least`, `after` answers or more given."""
        answers = np.asarray(credit) + debit
        return (answers >= self.after) & (credit < self.least * answers)


@dataclass(frozen=True)
class SPRT:
    """Wald's sequential probability ratio test of a bad accuracy against a good one; what it decides is final.

    Of players right with chance `good` at most about `alpha` are removed, of those right with chance `bad` at most
    about `beta` let through, and no test with these error rates asks fewer questions on average. With
    L = credit ln(good / bad) + debit ln((1 - good) / (1 - bad)), a player is removed when
    L <= ln(alpha / (1 - beta)) and trusted for ever when L >= ln((1 - alpha) / beta); who turns bad later is not
    noticed (Wald 1945, "Sequential tests of statistical hypotheses"). Judged after whole batches, it oversteps its
    bounds a little, which lowers both errors.
    """

    bad: float = 0.6
    good: float = 0.8
    alpha: float = 0.05
    beta: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1 or not (
            self.alpha > 0 < self.beta and self.alpha + self.beta < 1
        ):
            raise ValueError(
                f"a sequential test needs 0 < bad < good < 1 and errors above 0, sum below 1, not {self}"
            )

    def weigh(
        self, credit: Weights, debit: Weights, right: Counts, wrong: Counts
    ) -> tuple[Weights, Weights]:
        """All answers count until the test has decided, then none."""
        ratio = self._ratio(credit, debit)
        undecided = (ratio > self._lower) & (ratio < np.log((1 - self.alpha) / self.beta))
        return credit + right * undecided, debit + wrong * undecided

    def removes(self, credit: Weights, debit: Weights) -> NDArray[np.bool_]:
        """Whether the test has decided for `bad`."""
        return self._ratio(credit, debit) <= self._lower

    @property
    def _lower(self) -> float:
        return float(np.log(self.alpha / (1 - self.beta)))

    def _ratio(self, credit: Weights, debit: Weights) -> NDArray[np.float64]:
        right, wrong = np.log(self.good / self.bad), np.log((1 - self.good) / (1 - self.bad))
        return np.asarray(credit * right + debit * wrong)


@dataclass(frozen=True)
class Posterior:
    """Remove whoever is almost surely too rarely right now, by a Beta posterior that forgets.

    After each answer to a comparison point all earlier ones weigh `discount` times as much (those of one batch weigh
    alike), so about the last 1 / (1 - discount) count, and a player who turns bad is noticed however long they were
    good. Removed is whose accuracy is below `least` with probability above `sure`; `prior` is the Beta that new players
    start from, with no less in it than keeps two wrong answers from removing anyone.
    """

    least: float = 0.65
    sure: float = 0.9
    discount: float = 0.95
    prior: tuple[float, float] = (3.0, 1.0)

    def __post_init__(self) -> None:
        if not (
            0 < self.least < 1
            and 0 < self.sure < 1
            and 0 < self.discount <= 1
            and min(self.prior) > 0
        ):
            raise ValueError(
                f"a posterior gate needs shares in (0, 1), a discount to 1, a prior above 0, not {self}"
            )

    def weigh(
        self, credit: Weights, debit: Weights, right: Counts, wrong: Counts
    ) -> tuple[Weights, Weights]:
        """Older answers count less with each new one."""
        kept = self.discount ** (np.asarray(right) + wrong)
        return credit * kept + right, debit * kept + wrong

    def removes(self, credit: Weights, debit: Weights) -> NDArray[np.bool_]:
        """Whether P(accuracy < least) > sure, accuracy being Beta(prior + credit, prior + debit)."""
        return betainc(self.prior[0] + credit, self.prior[1] + debit, self.least) > self.sure
