"""The rules of a descent: what teachers are asked for, what they see, and how they are paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DescentRules:
    """How rounds are played.

    Attributes
    ----------
    rounds : int
        Number of rounds.
    least, most : int
        Examples that a teacher must give and may give in a round.
    minutes : float
        How long a round is open; the program that runs it keeps the clock.
    model_feedback : bool
        Whether a teacher sees, with each example, what the last round's model answers.
    competitive : bool
        Whether teachers have models and scores of their own, and see a leaderboard.
    pay, bonuses : float, tuple of float
        What a teacher gets for a round, and besides for the first place, the second, and so on.
    test_share : float
        Share of a round's examples that goes to the shared test set.
    split : {"example", "teacher"}
        Whether examples or whole teachers are split. The paper says the first, its published code
        does the second.
    warm_start : bool
        Whether models start from the last round's shared model instead of from nothing.
    filter_margin : float or None
        Examples of a teacher whose score is this much below that of the last round's model, on the
        same tests, are not merged (appendix I). None merges all.
    subjects : tuple of str
        What each round is about, told to its teachers (appendix I); empty for no limit.
    longest_input : int
        Most characters of an input.
    """

    rounds: int = 5
    least: int = 10
    most: int = 10
    minutes: float = 40.0
    model_feedback: bool = True
    competitive: bool = True
    pay: float = 1.0
    bonuses: tuple[float, ...] = (3.0, 2.0, 1.0)
    test_share: float = 0.2
    split: Literal["example", "teacher"] = "example"
    warm_start: bool = False
    filter_margin: float | None = None
    subjects: tuple[str, ...] = ()
    longest_input: int = 500

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError(f"1 <= least <= most must hold: {self.least} and {self.most}")
        if not 0 < self.test_share < 1:
            raise ValueError(f"test_share must be between 0 and 1, not {self.test_share}")
        if self.rounds < 1:
            raise ValueError(f"there must be at least one round, not {self.rounds}")
        if self.subjects and len(self.subjects) != self.rounds:
            raise ValueError(f"{self.rounds} rounds need as many subjects: {self.subjects}")

    def subject(self, number: int) -> str:
        """Return what a round, counted from 1, is about; "" if it may be about anything."""
        return self.subjects[number - 1] if self.subjects else ""


VARIANTS = {
    "mtd": DescentRules(most=1000),
    "limit": DescentRules(),
    "limit_without_model": DescentRules(model_feedback=False),
    "collaborative": DescentRules(model_feedback=False, competitive=False, bonuses=()),
}
"""The four procedures that the paper compares."""
