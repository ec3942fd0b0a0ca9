"""Seconds of statistics of labels beside what others compute: `python -m benchmarks.bench_reliability [part]`.

The same labels in the same process, ours and theirs in turn, processor time of one core, the least of some rounds;
loops over another package are run a few times and scaled up as the row says. Accuracy on real crowds is in
`bench_crowds`. Parts: alpha, memory, replicates, dawid_skene, mace, glad.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import krippendorff
import numpy as np
import pandas as pd

from benchmarks.timing import timed
from gamelabel.aggregation import aggregate
from gamelabel.aggregation.crowd_labels import crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene as fit_dawid_skene
from gamelabel.games.pairs import simulate
from gamelabel.reliability import alpha, alpha_interval
from gamelabel.tables import to_annotations
from gamelabel.tables.encoded_labels import encode_labels, gold_answers
from tests.games.pairs.worlds import world

REPLICATES, LOOP = 1000, 5


class Turns(NamedTuple):
    """The least seconds of ours and of theirs, and what each found."""

    ours: float
    theirs: float
    found: Any
    reference: Any

    @property
    def times(self) -> float:
        return self.theirs / self.ours


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 3) -> Turns:
    """One after the other, round by round, so that a slow moment of the machine meets both."""
    spent = [(timed(ours, 1), timed(theirs, 1)) for _ in range(rounds)]
    mine, others = (min(each[side][0] for each in spent) for side in (0, 1))
    return Turns(mine, others, spent[-1][0][1], spent[-1][1][1])


def binary(units: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Vote counts of units with one to four labels of two categories, and the same labels as a frame."""
    rng = np.random.default_rng(0)
    n = rng.integers(1, 5, units)
    ones = rng.binomial(n, rng.beta(2, 1, units))
    task = np.repeat(np.arange(units), n)
    within = np.arange(len(task)) - np.repeat(np.cumsum(n) - n, n)
    return np.stack([n - ones, ones], 1), pd.DataFrame(
        {"task": task, "label": (within < ones[task]).astype(int)}
    )


def alphas() -> None:
    counts, frame = binary(400_000)
    dense = np.where(
        np.arange(4)[:, None] < counts.sum(1), np.arange(4)[:, None] < counts[:, 1], np.nan
    )
    print(
        f"alpha of {len(frame):,} labels in {len(counts):,} units (asked: 10 times, within 1e-12)"
    )
    for name, ours, theirs in (
        ("vote counts", counts, {"value_counts": counts}),
        ("labels: our frame, their matrix of 4 raters", frame, {"reliability_data": dense}),
    ):
        turns = in_turn(
            lambda o=ours: alpha(o),
            lambda t=theirs: krippendorff.alpha(**t, level_of_measurement="nominal"),
            5,
        )
        print(
            f"  {name}: {turns.ours * 1000:.1f} ms; krippendorff {turns.theirs * 1000:.1f} ms, "
            f"{turns.times:.1f} times; apart {abs(turns.found - turns.reference):.0e}"
        )


def memory() -> None:
    """A pass over memory is the sum of an input's own bytes, taken as whole numbers of eight bytes each."""
    counts, frame = binary(4_000_000)
    shuffled = frame.iloc[np.random.default_rng(1).permutation(len(frame))]
    kinds = frame.astype("category")
    inputs: dict[str, tuple[Any, list[np.ndarray]]] = {
        "vote counts": (counts, [counts]),
        "frame of whole numbers, sorted by task": (
            frame,
            [frame[column].to_numpy() for column in frame],
        ),
        "the same in any order": (shuffled, [shuffled[column].to_numpy() for column in shuffled]),
        "frame of categories": (kinds, [kinds[column].cat.codes.to_numpy() for column in kinds]),
    }
    print(f"alpha of {len(frame):,} labels in {len(counts):,} units (asked: 10 passes)")
    for name, (labels, held) in inputs.items():
        eights = [
            part.reshape(-1).view(np.uint8)[: part.nbytes // 8 * 8].view(np.int64) for part in held
        ]
        turns = in_turn(
            lambda given=labels: alpha(given),
            lambda parts=eights: [part.sum() for part in parts],
            5,
        )
        size = sum(part.nbytes for part in held) / 2**20
        print(
            f"  {name}: {turns.ours * 1000:.1f} ms; a pass over its {size:.0f} MiB {turns.theirs * 1000:.1f} ms, "
            f"{1 / turns.times:.1f} passes"
        )
    text = frame.assign(task=frame.task.astype(str))
    print(
        f"  tasks named by text, each name hashed: {timed(lambda: alpha(text), 1)[0] * 1000:.0f} ms"
    )


def replicates() -> None:
    pairs, truth = world(6_800, 600)
    labels = to_annotations(simulate(pairs, truth, seed=1).labels)
    labels = labels[labels.task.isin(truth.pair_id)]
    votes = labels.groupby(["task", "label"]).size().unstack(fill_value=0).to_numpy()
    matrix = labels.assign(label=(labels.label == "a").astype(float)).pivot(
        index="worker", columns="task", values="label"
    )
    whole = matrix.to_numpy()
    several = whole[
        :, (~np.isnan(whole)).sum(0) > 1
    ]  # a kindness: what the package would leave out, slowly
    rng = np.random.default_rng(0)

    def loop(table: np.ndarray, axis: int) -> None:
        for _ in range(LOOP):
            drawn = np.take(table, rng.integers(0, table.shape[axis], table.shape[axis]), axis=axis)
            krippendorff.alpha(reliability_data=drawn, level_of_measurement="nominal")

    print(
        f"{len(labels):,} labels, {len(whole)} players, {whole.shape[1]:,} points, {several.shape[1]:,} with several"
    )
    for name, ours, axis in (
        ("points (asked: 1,000 times)", lambda: alpha_interval(votes, replicates=REPLICATES), 1),
        (
            "players (asked: 100 times)",
            lambda: alpha_interval(labels, cluster="worker", replicates=REPLICATES),
            0,
        ),
    ):
        for what, table in (("all points", whole), ("those with several labels", several)):
            turns = in_turn(ours, lambda t=table, a=axis: loop(t, a), 5)
            theirs = turns.theirs * REPLICATES / LOOP
            print(
                f"  {REPLICATES:,} replicates over {name}: {turns.ours * 1000:.1f} ms; "
                f"loop over {what}: {theirs:.1f} s (from {LOOP}), {theirs / turns.ours:,.0f} times"
            )


def played(tasks: int = 20_000) -> tuple[pd.DataFrame, np.ndarray]:
    """Five labels a task by 500 workers of Beta(8, 2.5) accuracies, and the truth by task."""
    rng = np.random.default_rng(0)
    truth, skill = rng.integers(0, 2, tasks), rng.beta(8, 2.5, 500)
    task, worker = np.repeat(np.arange(tasks), 5), rng.integers(0, 500, 5 * tasks)
    label = np.where(rng.random(5 * tasks) < skill[worker], truth[task], 1 - truth[task])
    return pd.DataFrame({"task": task, "worker": worker, "label": label}), truth


def likelihood(labels: pd.DataFrame, shares: np.ndarray, errors: np.ndarray) -> float:
    """Log likelihood of Dawid and Skene's model: shares (K,), errors (worker, label, truth)."""
    joint = np.tile(np.log(shares), (labels.task.max() + 1, 1))
    np.add.at(joint, labels.task, np.log(np.maximum(errors[labels.worker, labels.label], 1e-300)))
    return float(np.logaddexp.reduce(joint, 1).sum())


def dawid_skene() -> None:
    from crowdkit.aggregation import DawidSkene

    labels, truth = played()
    coded = encode_labels(labels)
    workers, _ = crowd_labels(coded, gold_answers(None, coded))
    for tolerance in (1e-5, 1e-9):  # crowd-kit's own, per label, and ours
        for prior in (0.0, 1.0):
            turns = in_turn(
                lambda p=prior, t=tolerance: fit_dawid_skene(workers, p, t),
                lambda t=tolerance: DawidSkene(n_iter=1000, tol=t).fit(labels),
            )
            fit, theirs = turns.found, turns.reference
            every = pd.MultiIndex.from_product([range(500), (0, 1)])
            errors = (
                theirs.errors_.reindex(every, columns=[0, 1], fill_value=0)
                .to_numpy()
                .reshape(500, 2, 2)
            )
            reached = likelihood(labels, theirs.priors_.sort_index().to_numpy(), errors)
            mine, others = turns.ours / len(fit.objective), turns.theirs / len(theirs.loss_history_)
            print(
                f"Dawid-Skene, tolerance {tolerance:.0e}, prior {prior:g}: {mine * 1000:.2f} ms a round of "
                f"{len(fit.objective)}; crowd-kit {others * 1000:.1f} ms of {len(theirs.loss_history_)}, "
                f"{others / mine:.0f} times (asked: 8); log likelihood {fit.log_likelihood:.4f}, crowd-kit "
                f"{reached:.4f}; accuracy {(fit.posterior.argmax(1) == truth).mean():.4f}, "
                f"{(theirs.labels_.sort_index() == truth).mean():.4f}"
            )


def mace() -> None:
    """Theirs as it comes, ten restarts of fifty rounds, and with one, since all of its restarts start alike."""
    from crowdkit.aggregation import MACE

    for restarts in (10, 1):
        whole(
            "mace",
            20_000,
            MACE(n_restarts=restarts),
            lambda fitted: fitted.n_restarts * fitted.n_iter,
        )


def glad() -> None:
    """Theirs ends of itself after two or three rounds; a round is up to 25 steps of conjugate gradients."""
    from crowdkit.aggregation import GLAD

    for tasks in (2_000, 20_000):
        whole("glad", tasks, GLAD(), lambda fitted: len(fitted.loss_history_))


def whole(method: str, tasks: int, theirs: Any, rounds: Callable[[Any], int]) -> None:
    """Our `aggregate` until it has converged beside their `fit`, both from the frame to the labels."""
    labels, truth = played(tasks)
    turns = in_turn(lambda: aggregate(labels, method), lambda: theirs.fit(labels), 1)
    right = [
        (found == truth).mean()
        for found in (turns.found.label, turns.reference.labels_.sort_index())
    ]
    print(
        f"{method}, {len(labels):,} labels: {turns.ours:.2f} s for {len(turns.found.attrs['objective'])} rounds, "
        f"accuracy {right[0]:.4f}; crowd-kit {turns.theirs:.1f} s for {rounds(turns.reference)}, {right[1]:.4f}; "
        f"{turns.times:.0f} times (asked: 20)",
        flush=True,
    )


if __name__ == "__main__":
    parts = {
        "alpha": alphas,
        "memory": memory,
        "replicates": replicates,
        "dawid_skene": dawid_skene,
        "mace": mace,
        "glad": glad,
    }
    for part in sys.argv[1:] or parts:
        parts[part]()
