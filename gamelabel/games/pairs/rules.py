"""What a player is served: batches of points, fewer of them comparisons the better they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.pairs.cusum import Cusum
from gamelabel.games.pairs.gate import Gate, Posterior, Threshold


class Standing(NamedTuple):
    """All that the game remembers of P players between batches; each field has shape (P,)."""

    right: NDArray[np.int64]
    """Comparison points answered correctly."""
    wrong: NDArray[np.int64]
    """Comparison points answered incorrectly."""
    share: NDArray[np.float64]
    """Share of comparison points in the next batch."""
    removed: NDArray[np.bool_]
    """Whether a player is removed, for good."""
    credit: NDArray[np.float64]
    """Right answers as the gate weighs them."""
    debit: NDArray[np.float64]
    """Wrong answers as the gate weighs them."""
    exam: NDArray[np.int64]
    """Comparison points that a player answers before the first judgement; see `Rules.exam`."""
    suspicion: NDArray[np.float64]
    """Evidence that a player has begun to guess; see `Cusum`."""

    def select(self, players: NDArray[np.int64] | NDArray[np.bool_]) -> Standing:
        """Return the standing of some of the players, by their indices or a mask."""
        return Standing._make(values[players] for values in self)


@dataclass(frozen=True)
class Rules:
    """The rules of the labelling game, played by all players at once or by one.

    "Initially, we send comparison data points [...] If the user's accuracy is high, we slowly
    reduce the amount of comparison data. [...] Each user labels five data points at a time"
    (GameLabel-10K, section 3.4). The paper has no more numbers: `share_factor`, `good_accuracy` and
    the middle of `share_floor` were found by search (benchmarks/crowd_search.py), so that simulated
    players show its counts.

    Parameters
    ----------
    batch_size : int
        Points in a batch.
    share_factor : float
        Factor on the share of comparison points after a batch of a good player; the share of others
        is divided by it.
    good_accuracy : float
        Accuracy from which the share falls instead of rising.
    share_floor : (float, float)
        Range of the least share. Each batch draws its own from it, so that players cannot tell how
        many points count, and one who becomes careless is noticed.
    gate : Gate
        The rule for removing players.
    exam : (int, int)
        Range from which each player's number of comparison points before the first judgement is
        drawn. Until then all points are comparison points. The paper's game has none: it judges
        after every batch.
    watch : Cusum or None
        A second rule for removing players, which notices those who begin to guess.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> rules = Rules()
    >>> standing = rules.start()
    >>> rules.draw_comparisons(standing, np.random.default_rng(0)).tolist()
    [[True, True, True, True, True]]
    >>> standing = rules.update(standing, right=np.array([4]), wrong=np.array([1]))
    >>> standing.share.item(), standing.removed.item()
    (0.818, False)
    """

    batch_size: int = 5
    share_factor: float = 0.818
    good_accuracy: float = 0.719
    share_floor: tuple[float, float] = (0.163, 0.263)
    gate: Gate = field(default_factory=Threshold)
    exam: tuple[int, int] = (0, 0)
    watch: Cusum | None = None

    def __post_init__(self) -> None:
        in_range = 0 < self.share_factor <= 1 and 0 <= self.good_accuracy <= 1
        if self.batch_size < 1 or not in_range:
            raise ValueError(
                "rules need batch_size >= 1, share_factor in (0, 1] and good_accuracy in [0, 1], "
                f"not {self}"
            )
        if not 0 <= self.share_floor[0] <= self.share_floor[1] <= 1:
            raise ValueError(
                f"rules need a share_floor in [0, 1], the lower end first, not {self.share_floor}"
            )
        if not 0 <= self.exam[0] <= self.exam[1]:
            raise ValueError(f"rules need an exam of 0 <= lower <= upper end, not {self.exam}")

    def start(self, players: int = 1, draws: NDArray[np.float64] | None = None) -> Standing:
        """Return the standing of new players: their first batch is all comparison points.

        Parameters
        ----------
        players : int
            Number of players, P.
        draws : ndarray of float, shape (P,), optional
            Uniform random numbers, which decide the length of each exam; the shortest without.

        Returns
        -------
        Standing
        """
        right, wrong = np.zeros((2, players), np.int64)
        credit, debit, suspicion = np.zeros((3, players))
        low, high = self.exam
        exam = np.full(players, low)
        if draws is not None:
            exam += np.floor((high - low + 1) * draws).astype(np.int64)
        removed = np.zeros(players, np.bool_)
        share = np.ones(players)
        return Standing(right, wrong, share, removed, credit, debit, exam, suspicion)

    def draw_comparisons(self, standing: Standing, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw which points of each player's next batch are comparison points.

        Each point is drawn by itself, so its place in the batch does not reveal whether it counts.

        Returns
        -------
        ndarray of bool, shape (P, batch_size)
        """
        draws = rng.random((len(standing.share), 1 + self.batch_size))
        return self.comparison_mask(standing.share, draws)

    def comparison_mask(
        self, share: NDArray[np.float64], draws: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which points are comparison points, given uniform random numbers.

        Parameters
        ----------
        share : ndarray of float, shape (P,)
            Share of comparison points of each player.
        draws : ndarray of float, shape (P, 1 + batch_size)
            The first number sets the least share of the batch, the others decide point by point.

        Returns
        -------
        ndarray of bool, shape (P, batch_size)
        """
        low, high = self.share_floor
        least = low + (high - low) * draws[:, 0]
        return np.asarray(draws[:, 1:] < np.maximum(share, least)[:, None])

    def update(
        self, standing: Standing, right: NDArray[np.int64], wrong: NDArray[np.int64]
    ) -> Standing:
        """Return the standing after a batch.

        A removed player stays removed. The share of a player who has answered no comparison point
        does not change.

        Parameters
        ----------
        standing : Standing
            The standing of P players before the batch.
        right, wrong : ndarray of int, shape (P,)
            Right and wrong answers to the comparison points of the batch.

        Returns
        -------
        Standing
        """
        credit, debit = self.gate.update(standing.credit, standing.debit, right, wrong)
        suspicion = standing.suspicion
        if self.watch:
            before = standing.right, standing.wrong
            suspicion = self.watch.update(suspicion, *before, right, wrong)
        was_examined = standing.right + standing.wrong >= standing.exam
        right, wrong = standing.right + right, standing.wrong + wrong
        is_examined = right + wrong >= standing.exam
        share = self._share(standing.share, right, right + wrong, was_examined, suspicion)
        fails = self.gate.removes(credit, debit)
        if self.watch:
            fails = fails | self.watch.removes(suspicion)
        removed = standing.removed | (fails & is_examined)
        share = np.where(is_examined, share, 1.0)
        return Standing(right, wrong, share, removed, credit, debit, standing.exam, suspicion)

    def _share(
        self,
        share: NDArray[np.float64],
        right: NDArray[np.int64],
        answers: NDArray[np.int64],
        was_examined: NDArray[np.bool_],
        suspicion: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the share of comparison points after a batch that is not part of an exam."""
        is_good = right >= self.good_accuracy * answers
        moved = share * np.where(is_good, self.share_factor, 1 / self.share_factor)
        moved = np.where(was_examined, moved, np.where(is_good, 0.0, 1.0))  # the exam ends
        least = np.full(len(share), self.share_floor[0])
        if self.watch:
            least = np.maximum(least, self.watch.least_share(suspicion))
        return np.where(answers > 0, np.clip(moved, least, 1.0), share)


SERVICE_RULES = Rules(gate=Posterior(), exam=(10, 18), watch=Cusum())
"""The rules of the service, stricter than the paper's: see docs/deployment.md.

Judged only after an exam of random length, so that removal tells an account little about single
answers; and watched for the rest, so that players who begin to guess are noticed. The numbers were
chosen by `operating_curve.sleeper_curve`.
"""
