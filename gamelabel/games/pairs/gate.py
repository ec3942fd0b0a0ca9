"""Gates: which players to remove, judged by their answers to comparison points.

A gate keeps two numbers for each player, the weights of right and of wrong answers that still
count (`credit` and `debit`), and decides from these who is removed. A threshold counts all
answers, a sequential test stops counting once it has decided, and a discounted posterior forgets.
Gates are pure functions of arrays, for one player or for all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

_Counts = NDArray[np.int64]
_Weights = NDArray[np.float64]


class Gate(Protocol):
    """A rule for removing players."""

    def update(
        self, credit: _Weights, debit: _Weights, right: _Counts, wrong: _Counts
    ) -> tuple[_Weights, _Weights]:
        """Return credit and debit after a batch.

        Parameters
        ----------
        credit, debit : ndarray of float
            Weights of right and of wrong answers before the batch.
        right, wrong : ndarray of int, of the same shape
            Right and wrong answers to the comparison points of the batch.

        Returns
        -------
        credit, debit : ndarray of float, of the same shape
        """

    def removes(self, credit: _Weights, debit: _Weights) -> NDArray[np.bool_]:
        """Return which players are to be removed, given their credit and debit after a batch."""


@dataclass(frozen=True)
class Threshold:
    """Remove players whose accuracy is below a threshold.

    The paper says that "annotators that perform poorly are permanently removed" (section 3.4) and
    gives no numbers. These were found by search, so that simulated players show the accuracies that
    it reports.

    Parameters
    ----------
    min_accuracy : float
        Accuracy below which a player is removed.
    min_answers : int
        Number of comparison points answered before a player can be removed.

    Examples
    --------
    >>> Threshold(0.6, 10).removes(np.array([4.0, 5.0, 6.0]), np.array([4.0, 5.0, 4.0])).tolist()
    [False, True, False]
    """

    min_accuracy: float = 0.628
    min_answers: int = 15

    def __post_init__(self) -> None:
        if not 0 <= self.min_accuracy <= 1 or self.min_answers < 1:
            raise ValueError(
                f"a threshold gate needs an accuracy in [0, 1] and at least 1 answer, not {self}"
            )

    def update(
        self, credit: _Weights, debit: _Weights, right: _Counts, wrong: _Counts
    ) -> tuple[_Weights, _Weights]:
        """Count all answers; see `Gate.update`."""
        return credit + right, debit + wrong

    def removes(self, credit: _Weights, debit: _Weights) -> NDArray[np.bool_]:
        """Return who has `min_answers` or more and an accuracy below `min_accuracy`."""
        answers = np.asarray(credit) + debit
        return (answers >= self.min_answers) & (credit < self.min_accuracy * answers)


@dataclass(frozen=True)
class SPRT:
    """Wald's sequential probability ratio test of a bad accuracy against a good one.

    With L = credit ln(good / bad) + debit ln((1 - good) / (1 - bad)), a player is removed when
    L <= ln(alpha / (1 - beta)) and accepted for good when L >= ln((1 - alpha) / beta). No test with
    these error rates needs fewer answers on average. The decision is final: a player who becomes
    careless after being accepted is not noticed. Since players are judged after whole batches, L
    passes its bounds by a little, which lowers both error rates.

    Parameters
    ----------
    bad_accuracy, good_accuracy : float
        The two accuracies that the test distinguishes.
    alpha : float
        Share, approximately at most, of players of the good accuracy who are removed.
    beta : float
        Share, approximately at most, of players of the bad accuracy who are accepted.

    References
    ----------
    Wald, "Sequential tests of statistical hypotheses" (1945).

    Examples
    --------
    >>> SPRT().removes(np.zeros(2), np.array([4.0, 5.0])).tolist()
    [False, True]
    """

    bad_accuracy: float = 0.6
    good_accuracy: float = 0.8
    alpha: float = 0.05
    beta: float = 0.05

    def __post_init__(self) -> None:
        has_errors = self.alpha > 0 < self.beta and self.alpha + self.beta < 1
        if not 0 < self.bad_accuracy < self.good_accuracy < 1 or not has_errors:
            raise ValueError(
                "a sequential test needs 0 < bad_accuracy < good_accuracy < 1, and alpha and beta "
                f"above 0 with a sum below 1, not {self}"
            )

    def update(
        self, credit: _Weights, debit: _Weights, right: _Counts, wrong: _Counts
    ) -> tuple[_Weights, _Weights]:
        """Count all answers until the test has decided, then none; see `Gate.update`."""
        ratio = self._log_ratio(credit, debit)
        undecided = (ratio > self._lower) & (ratio < np.log((1 - self.alpha) / self.beta))
        return credit + right * undecided, debit + wrong * undecided

    def removes(self, credit: _Weights, debit: _Weights) -> NDArray[np.bool_]:
        """Return for whom the test has decided on the bad accuracy."""
        return self._log_ratio(credit, debit) <= self._lower

    @property
    def _lower(self) -> float:
        return float(np.log(self.alpha / (1 - self.beta)))

    def _log_ratio(self, credit: _Weights, debit: _Weights) -> NDArray[np.float64]:
        right = np.log(self.good_accuracy / self.bad_accuracy)
        wrong = np.log((1 - self.good_accuracy) / (1 - self.bad_accuracy))
        return np.asarray(credit * right + debit * wrong)


@dataclass(frozen=True)
class Posterior:
    """Remove players whose current accuracy is almost surely too low, by a discounted posterior.

    The accuracy of a player has a Beta posterior. With each new answer to a comparison point all
    earlier ones are discounted (those of one batch alike), so about the last 1 / (1 - discount)
    answers count, and a player who becomes careless is noticed however long they were good.

    Parameters
    ----------
    min_accuracy : float
        Accuracy below which a player is to be removed.
    confidence : float
        Posterior probability of that above which they are.
    discount : float
        Factor on the weight of earlier answers for each new one; 1 never forgets.
    prior : (float, float)
        Beta prior of new players. The default is just strong enough that two wrong answers remove
        nobody.

    Examples
    --------
    >>> Posterior().removes(np.zeros(2), np.array([2.0, 4.0])).tolist()
    [False, True]
    """

    min_accuracy: float = 0.65
    confidence: float = 0.9
    discount: float = 0.95
    prior: tuple[float, float] = (3.0, 1.0)

    def __post_init__(self) -> None:
        shares = 0 < self.min_accuracy < 1 and 0 < self.confidence < 1
        if not shares or not 0 < self.discount <= 1 or min(self.prior) <= 0:
            raise ValueError(
                "a posterior gate needs min_accuracy and confidence in (0, 1), a discount in "
                f"(0, 1] and a prior above 0, not {self}"
            )

    def update(
        self, credit: _Weights, debit: _Weights, right: _Counts, wrong: _Counts
    ) -> tuple[_Weights, _Weights]:
        """Discount earlier answers once for each new one, right or wrong; see `Gate.update`."""
        factor = self.discount ** (np.asarray(right) + wrong)
        return credit * factor + right, debit * factor + wrong

    def removes(self, credit: _Weights, debit: _Weights) -> NDArray[np.bool_]:
        """Return for whom P(accuracy < min_accuracy) > confidence.

        The accuracy has the distribution Beta(prior[0] + credit, prior[1] + debit).
        """
        below = betainc(self.prior[0] + credit, self.prior[1] + debit, self.min_accuracy)
        return np.asarray(below > self.confidence)


GATES: dict[str, Gate] = {"threshold": Threshold(), "sprt": SPRT(), "posterior": Posterior()}
