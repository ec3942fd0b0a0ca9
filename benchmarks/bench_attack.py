"""What attackers learn from the labeling game, and what it costs: before this version and now.

    python -m benchmarks.bench_attack            # 1,000 accounts, about ten minutes
    python -m benchmarks.bench_attack --quick    # a tenth of the accounts

"Before" is the rules and pay of the first versions: no exam, pay at once by the counts so far, and
known answers that all players share. The attacks use the service's own functions on a SQLite
database, not HTTP. Players are SIMULATED.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.exam_attack import report_renewal
from gamelabel.games.pairs import SERVICE_RULES, Posterior, Rules, pay_level
from gamelabel.games.pairs.operating_curve import sleeper_curve
from gamelabel.games.pairs.pay import reviewed_level
from tests.service.attacks import area, learn_by_pay, run_bots, share_prompts
from tests.service.harness import Service

BEFORE = Rules(gate=Posterior())
_BATCHES = "gamelabel.service.pairs.batches"


@contextmanager
def service(before: bool, preferences: int, comparisons: int) -> Iterator[Service]:
    """A service on an empty database, with the rules and the pay of before or of now."""
    rules = BEFORE if before else SERVICE_RULES
    settings: dict[str, Any] = {"rules": rules, "rng": np.random.default_rng(0)}
    with tempfile.TemporaryDirectory() as folder, _changed(before):
        one = Service(f"sqlite:///{folder}/game.db", preferences, comparisons, **settings)
        try:
            yield one
        finally:
            one.store.close()


@contextmanager
def _changed(before: bool) -> Iterator[None]:
    """Pay at once, and make no comparison points of preferences."""
    if not before:
        yield
        return
    pay = patch(
        f"{_BATCHES}.reviewed_level", lambda _level, right, wrong, _: pay_level(right, wrong)
    )
    start = patch(f"{_BATCHES}.START_LEVEL", 2)
    with pay, start, patch("gamelabel.service.pairs.known_answers.WATCH_SHARE", 0.0):
        yield


def report_pay_attack(before: bool, accounts: int, batches: int) -> None:
    """Print what bots know after many accounts have guessed, and how long they last."""
    rng = np.random.default_rng(1)
    with service(before, preferences=240, comparisons=160) as one:
        start = time.perf_counter()
        table = learn_by_pay(one, accounts, batches, rng)
        seconds = time.perf_counter() - start
        run = run_bots(one, table, bots=16, batches=60, rng=rng)
    exam, later = run.right / np.maximum(run.answered, 1)
    print(
        f"{_when(before)}: {accounts} accounts of up to {batches} batches ({seconds:.0f} s): bots "
        f"are right in {exam:.3f} of {run.answered[0]} points of exams, {later:.3f} of "
        f"{run.answered[1]} later; labels until removal: median {np.median(run.labels):.0f}, "
        f"most {max(run.labels)} (300 at most)",
        flush=True,
    )


def earnings(exam_known: float, later: float, players: int = 20_000) -> tuple[float, float]:
    """Return the mean labels and pay of accounts until they are removed, 250 labels at most.

    Parameters
    ----------
    exam_known : float
        Accuracy of their answers in the exam.
    later : float
        Accuracy of their later answers.
    players : int
        Number of accounts.
    """
    rng = np.random.default_rng(0)
    standing, level = SERVICE_RULES.start(players, rng.random(players)), np.full(players, 3)
    labels, pay = np.zeros(players), np.zeros(players)
    for _ in range(50):
        labels += 5 * ~standing.removed
        pay += ~standing.removed * 10 * (level + 1)
        in_exam = standing.right + standing.wrong < standing.exam
        answered = SERVICE_RULES.draw_comparisons(standing, rng).sum(1) * ~standing.removed
        right = rng.binomial(answered, np.where(in_exam, exam_known, later))
        standing = SERVICE_RULES.update(standing, right, answered - right)
        is_examined = standing.right + standing.wrong >= standing.exam
        reviewed = reviewed_level(level, standing.right, standing.wrong, rng.random(players))
        level = np.where(is_examined, reviewed, level)
    return float(labels.mean()), float(pay.mean())


def report_exams() -> None:
    """Print what accounts give and earn that guess, that know the exam, and that are honest."""
    people = {"guesses": (0.5, 0.5), "knows the exam": (1.0, 0.5), "is right in 80 %": (0.8, 0.8)}
    for name, accuracies in people.items():
        labels, pay = earnings(*accuracies)
        print(f"an account that {name}: {labels:.0f} labels, {pay:.0f} coins (of 250 and 2,500)")


def report_ring(before: bool, members: int, batches: int, preferences: int) -> None:
    """Print how well the number of others who had a prompt predicts its kind."""
    with service(before, preferences, comparisons=160) as one:
        sightings = share_prompts(one, members, batches)
    chosen = {
        "after the first batch": [s for s in sightings if s.batch > 0],
        "past the exam": [s for s in sightings if not s.in_exam],
    }
    for name, some in chosen.items():
        kinds = np.array([s.is_comparison for s in some])
        so_far = area(np.array([s.before for s in some]), kinds)
        ever = area(np.array([s.ever for s in some]), kinds)
        print(
            f"{_when(before)}: a ring of {members}, a pool of {preferences} points, {name}, "
            f"{len(kinds)} items: AUC {so_far:.3f} by what the others had had, "
            f"{ever:.3f} by what they ever had",
            flush=True,
        )


def _when(before: bool) -> str:
    return "before" if before else "now"


def main() -> None:
    """Run the attacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the accounts")
    divisor = 10 if parser.parse_args().quick else 1
    for before in (True, False):
        report_pay_attack(before, 1000 // divisor, batches=1)
        for preferences in (3000, 2000):  # enough for the ring, and too few
            report_ring(before, 16, 40 // divisor + 4, preferences)
    report_exams()
    report_renewal()
    rules = {"before": BEFORE, "now": SERVICE_RULES}
    print(sleeper_curve(rules, players=20_000).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
