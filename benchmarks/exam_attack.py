"""What accounts that guess through whole exams learn of the answers, without a database.

`bench_attack` prints it. All accounts are of attackers, which is the worst case: SIMULATED.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.pairs import SERVICE_RULES
from gamelabel.games.pairs.pay import reviewed_level
from gamelabel.service.pairs.known_answers import EXAM_RESERVE, EXAM_SIGHTINGS, GOOD_LABELS

_BATCHES = 6  # the longest exam has four, and then the pay shows how it went
_WINDOW = 20  # points that are dealt least often, of which a batch is drawn
_RENEWAL = 60


class GuessedExams(NamedTuple):
    """Exams of A accounts that guess."""

    outcome: NDArray[np.float64]
    """The pay that each was offered, less the mean; 0 once removed; shape (A,)."""
    in_exam: NDArray[np.bool_]
    """Which answers belong to the exam, shape (A, answers)."""
    is_right: NDArray[np.bool_]
    """Which answers were right, shape (A, answers)."""


def guess_exams(accounts: int, rng: np.random.Generator) -> GuessedExams:
    """Let accounts guess, and read their pay, for as long as an exam can be."""
    standing, level = SERVICE_RULES.start(accounts, rng.random(accounts)), np.full(accounts, 3)
    outcome, in_exam, is_right = np.zeros(accounts), [], []
    for _ in range(_BATCHES):
        outcome += ~standing.removed * (level + 1)
        examined = standing.right + standing.wrong < standing.exam
        mask = SERVICE_RULES.draw_comparisons(standing, rng) & ~standing.removed[:, None]
        in_exam.append(mask & examined[:, None])
        is_right.append(rng.random(mask.shape) < 0.5)
        right = (mask & is_right[-1]).sum(1)
        standing = SERVICE_RULES.update(standing, right, mask.sum(1) - right)
        is_over = standing.right + standing.wrong >= standing.exam
        reviewed = reviewed_level(level, standing.right, standing.wrong, rng.random(accounts))
        level = np.where(is_over, reviewed, level)
    return GuessedExams(outcome - outcome.mean(), np.hstack(in_exam), np.hstack(is_right))


def known_when_dealt(
    accounts: int, points: int = 160, supply: float = np.inf, seed: int = 0
) -> NDArray[np.float64]:
    """Return the share of its exam's answers that each account knows from those before it.

    Parameters
    ----------
    accounts : int
        How many accounts take an exam, one after the other.
    points : int
        Points for exams at the start.
    supply : float
        How many points can be made anew; 0 is the service before points were renewed.
    seed : int
        Seed of the answers and the dealing.

    Returns
    -------
    ndarray of float, shape (accounts,)
        Each between 0 and 1; .5 is chance.
    """
    rng = np.random.default_rng(seed)
    exams = guess_exams(accounts, rng)
    served, value = np.zeros(points, np.int64), np.zeros(points)
    known = np.empty(accounts)
    for account in range(accounts):
        if (served < EXAM_SIGHTINGS).sum() < EXAM_RESERVE and supply > 0:
            made = int(min(_RENEWAL, supply))
            supply -= made
            served = np.concatenate([served, np.zeros(made, np.int64)])
            value = np.concatenate([value, np.zeros(made)])
        is_right = exams.is_right[account][exams.in_exam[account]]
        dealt = _deal_exam(served, len(is_right), rng)
        known[account] = (value[dealt] > 0).mean() + (value[dealt] == 0).mean() / 2
        value[dealt] += exams.outcome[account] * np.where(is_right, 1, -1)
        served[dealt] += 1
    return known


def _deal_exam(served: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw points batch by batch, each from those that were dealt least often."""
    order = np.lexsort((rng.random(len(served)), served))
    dealt: list[int] = []
    for start in range(0, size, SERVICE_RULES.batch_size):
        count = min(SERVICE_RULES.batch_size, size - start)
        window = order[~np.isin(order, dealt)][:_WINDOW]
        dealt += rng.permutation(window)[:count].tolist()
    return np.array(dealt)


def share_with_good_labels(exam_known: float, later: float, accounts: int = 5000) -> float:
    """Return how many accounts, of all, are still active when they have given `GOOD_LABELS`.

    Parameters
    ----------
    exam_known, later : float
        Accuracy of their answers in the exam, and afterwards.
    accounts : int
        Number of accounts.
    """
    rng = np.random.default_rng(0)
    standing = SERVICE_RULES.start(accounts, rng.random(accounts))
    for _ in range(GOOD_LABELS // SERVICE_RULES.batch_size):
        in_exam = standing.right + standing.wrong < standing.exam
        answered = SERVICE_RULES.draw_comparisons(standing, rng).sum(1)
        right = rng.binomial(answered, np.where(in_exam, exam_known, later))
        standing = SERVICE_RULES.update(standing, right, answered - right)
    return float((~standing.removed).mean())


def report_renewal() -> None:
    """Print what accounts know of their exams, with and without points that are made anew."""
    for exam_known, later in ((0.5, 0.5), (1.0, 0.5), (0.8, 0.8)):
        share = share_with_good_labels(exam_known, later)
        print(f"right in {exam_known} of the exam, {later} later: {share:.3f} get to {GOOD_LABELS}")
    for accounts in (300, 1000):
        for supply in (0, 1500, np.inf):
            runs = [known_when_dealt(accounts, supply=supply, seed=seed) for seed in range(3)]
            last = np.mean([run[-accounts // 10 :] for run in runs])
            print(
                f"{accounts} accounts that guess through exams, {supply} points can be made anew: "
                f"they know {np.mean(runs):.3f} of the answers, the last tenth {last:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    report_renewal()
