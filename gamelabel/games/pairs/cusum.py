"""A test that notices players whose answers get worse, soon after they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Counts = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cusum:
    """Page's cumulative sum test of a player's own accuracy against guessing.

    The suspicion of a player is a sum of log likelihood ratios that never falls below zero: each
    wrong answer adds ln((1 - guessing) / (1 - own)), and each right one subtracts
    ln(own / guessing), where `own` is the accuracy that the player has shown so far. So a player
    who is usually right and begins to guess is noticed after few answers, and one who was never
    better than now is not suspected for it. The suspicion also raises the share of comparison
    points: the game looks more closely before it decides.

    Parameters
    ----------
    limit : float
        Suspicion from which a player is removed.
    probing : float
        The share of comparison points is at least `probing` times suspicion / limit.
    guessing : float
        Accuracy of a player who guesses.
    prior : (float, float)
        Right and wrong answers added to a player's own; the default is ten answers at the paper's
        mean accuracy of 74 % (section 4.2).
    own_range : (float, float)
        The lowest and highest accuracy that counts as a player's own.

    References
    ----------
    Page, "Continuous inspection schemes" (1954).

    Examples
    --------
    Two players of 20 right answers each; the second then answers five times wrongly.

    >>> answers = np.array([20, 20]), np.array([0, 0])
    >>> suspicion = Cusum().update(np.zeros(2), *answers, np.array([5, 0]), np.array([0, 5]))
    >>> suspicion.round(1).tolist(), Cusum().removes(suspicion).tolist()
    ([0.0, 8.8], [False, True])
    """

    limit: float = 6.0
    probing: float = 1.6
    guessing: float = 0.5
    prior: tuple[float, float] = (7.4, 2.6)
    own_range: tuple[float, float] = (0.65, 0.95)

    def __post_init__(self) -> None:
        low, high = self.own_range
        if self.limit <= 0 or self.probing < 0 or min(self.prior) <= 0:
            raise ValueError(
                f"a Cusum needs a limit and a prior above 0 and probing >= 0, not {self}"
            )
        if not 0 < self.guessing < low <= high < 1:
            raise ValueError(f"a Cusum needs 0 < guessing < own_range < 1, not {self}")

    def update(
        self, suspicion: _Floats, right: _Counts, wrong: _Counts, new_right: _Counts,
        new_wrong: _Counts,
    ) -> _Floats:  # fmt: skip
        """Return the suspicion after a batch.

        Parameters
        ----------
        suspicion : ndarray of float
            Suspicion before the batch.
        right, wrong : ndarray of int, of the same shape
            All comparison points that the player had answered before the batch.
        new_right, new_wrong : ndarray of int, of the same shape
            Those of the batch.

        Returns
        -------
        ndarray of float, of the same shape
        """
        own = (right + self.prior[0]) / (right + wrong + sum(self.prior))
        own = np.clip(own, *self.own_range)
        rise = np.log((1 - self.guessing) / (1 - own)) * new_wrong
        fall = np.log(own / self.guessing) * new_right
        return np.asarray(np.maximum(suspicion + rise - fall, 0.0))

    def removes(self, suspicion: _Floats) -> NDArray[np.bool_]:
        """Return which players have reached the limit."""
        return np.asarray(suspicion >= self.limit)

    def least_share(self, suspicion: _Floats) -> _Floats:
        """Return the least share of comparison points, in [0, 1]."""
        return np.asarray(np.minimum(self.probing * suspicion / self.limit, 1.0))
