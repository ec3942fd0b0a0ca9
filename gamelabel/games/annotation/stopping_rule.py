"""When a point has enough votes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OPEN, BY_CONFIDENCE, BY_QUORUM, BY_MAXIMUM = range(4)
STOP_NAMES = (None, "confidence", "quorum", "maximum")


@dataclass(frozen=True)
class StoppingRule:
    """A point stays open until its answer is clear, or until it has had the most votes allowed.

    Parameters
    ----------
    confidence : float
        Probability of the best answer from which on a point is closed, above 0, at most 1.
    quorum : int, optional
        Number of votes for one answer that close a point, whatever its confidence. None: any
        number of equal votes may be too few.
    minimum : int
        Fewest votes of a point. With one vote a point nothing tells good workers from bad ones.
    maximum : int, optional
        Most votes of a point. None: no limit.

    Raises
    ------
    ValueError
        For numbers out of range, and a quorum that the maximum does not allow.

    Examples
    --------
    >>> rule = StoppingRule(confidence=0.9, quorum=3, maximum=5)
    >>> confidence = np.array([0.95, 0.95, 0.6, 0.6, 0.6])
    >>> same, votes = np.array([1, 2, 3, 3, 1]), np.array([1, 2, 4, 5, 2])
    >>> [STOP_NAMES[reason] for reason in rule.reasons(confidence, same, votes)]
    [None, 'confidence', 'quorum', 'quorum', None]
    """

    confidence: float = 0.9
    quorum: int | None = None
    minimum: int = 2
    maximum: int | None = 10

    def __post_init__(self) -> None:
        if not 0 < self.confidence <= 1:
            raise ValueError(
                f"the confidence of a stopping rule is above 0 and at most 1, not {self.confidence}"
            )
        numbers = {"quorum": self.quorum, "minimum": self.minimum, "maximum": self.maximum}
        for name, number in numbers.items():
            if number is not None and number < 1:
                raise ValueError(f"the {name} of a stopping rule is at least 1, not {number}")
        if self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                f"the minimum of a stopping rule, {self.minimum}, is above its maximum, "
                f"{self.maximum}"
            )
        if self.quorum and self.maximum and self.quorum > self.maximum:
            raise ValueError(
                f"{self.quorum} votes cannot agree where a point has at most {self.maximum}: "
                "lower the quorum or raise the maximum"
            )

    def reasons(
        self,
        confidence: NDArray[np.float64],
        same: NDArray[np.int64],
        votes: NDArray[np.int64],
    ) -> NDArray[np.int8]:
        """Return why each point is closed, as an index of `STOP_NAMES`; 0 if it is open.

        Parameters
        ----------
        confidence : ndarray of float
            Probability of the best answer of each point, shape (T,).
        same : ndarray of int
            Votes for the answer that has most, shape (T,).
        votes : ndarray of int
            All votes, shape (T,).
        """
        reasons = np.full(len(votes), OPEN, np.int8)
        if self.maximum is not None:
            reasons[votes >= self.maximum] = BY_MAXIMUM
        if self.quorum is not None:
            reasons[same >= self.quorum] = BY_QUORUM
        reasons[confidence >= self.confidence] = BY_CONFIDENCE
        reasons[votes < self.minimum] = OPEN
        return reasons

    def reason(self, confidence: float, same: int, votes: int) -> int:
        """Return the same for one point.

        >>> StoppingRule(maximum=3).reason(0.5, 2, 3) == BY_MAXIMUM
        True
        """
        if votes < self.minimum:
            return OPEN
        if confidence >= self.confidence:
            return BY_CONFIDENCE
        if self.quorum is not None and same >= self.quorum:
            return BY_QUORUM
        return BY_MAXIMUM if self.maximum is not None and votes >= self.maximum else OPEN
