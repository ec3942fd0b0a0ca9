"""Speed of the statistics and of aggregation, against krippendorff and crowd-kit.

    python -m benchmarks.bench_reliability            # all parts
    python -m benchmarks.bench_reliability alpha

Parts: `alpha`, `memory` (alpha against a pass over its input), `replicates` (of the bootstrap),
`dawid_skene`, `mace`, `glad`, `bradley_terry` (against evalica and choix). Each part runs our code
and the reference in turns in one process and compares processor time on one core. Loops over a
reference run a few times and are scaled up.
`bench_crowds` compares accuracy on real crowds.
"""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import krippendorff
import numpy as np
import pandas as pd

from benchmarks.timing import parse_parts, timed
from gamelabel.aggregation import aggregate
from gamelabel.aggregation.crowd_labels import crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene as fit_dawid_skene
from gamelabel.games.pairs import simulate
from gamelabel.reliability import alpha, alpha_interval, bradley_terry
from gamelabel.tables import to_annotations
from gamelabel.tables.encoded_labels import encode_labels, gold_answers
from tests.games.pairs.pair_tables import make_pair_tables

REPLICATES, LOOP = 1000, 5


class Comparison(NamedTuple):
    """Least seconds of our code and of the reference, and their last results."""

    seconds: float
    reference_seconds: float
    result: Any
    reference: Any

    @property
    def speedup(self) -> float:
        return self.reference_seconds / self.seconds


def compare(
    ours: Callable[[], object], reference: Callable[[], object], rounds: int = 3
) -> Comparison:
    """Run both in turns, so that other load on the machine affects both."""
    runs = [(timed(ours, 1), timed(reference, 1)) for _ in range(rounds)]
    seconds, reference_seconds = (min(run[side][0] for run in runs) for side in (0, 1))
    return Comparison(seconds, reference_seconds, runs[-1][0][1], runs[-1][1][1])


def binary_labels(units: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return vote counts of units with one to four binary labels, and the labels as a frame."""
    rng = np.random.default_rng(0)
    n = rng.integers(1, 5, units)
    ones = rng.binomial(n, rng.beta(2, 1, units))
    task = np.repeat(np.arange(units), n)
    position = np.arange(len(task)) - np.repeat(np.cumsum(n) - n, n)
    label = (position < ones[task]).astype(int)
    return np.stack([n - ones, ones], 1), pd.DataFrame({"task": task, "label": label})


def alphas() -> None:
    counts, frame = binary_labels(400_000)
    rater = np.arange(4)[:, None]
    matrix = np.where(rater < counts.sum(1), rater < counts[:, 1], np.nan)
    print(f"alpha of {len(frame):,} labels in {len(counts):,} units (target: 10 times faster)")
    for name, data, is_counts, reference_data in (
        ("vote counts", counts, True, {"value_counts": counts}),
        (
            "labels; a matrix of 4 raters for the reference",
            frame,
            None,
            {"reliability_data": matrix},
        ),
    ):
        run = compare(
            lambda labels=data, counts=is_counts: alpha(labels, counts=counts),
            lambda data=reference_data: krippendorff.alpha(**data, level_of_measurement="nominal"),
            5,
        )
        print(
            f"  {name}: {run.seconds * 1000:.1f} ms; krippendorff "
            f"{run.reference_seconds * 1000:.1f} ms, {run.speedup:.1f} times; difference "
            f"{abs(run.result - run.reference):.0e}"
        )


def peak_memory(work: Callable[[], object]) -> float:
    """Return how much memory the work takes at most, in MiB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def memory() -> None:
    """Compare alpha with one pass over its input, the sum of its bytes as 8-byte integers."""
    counts, frame = binary_labels(4_000_000)
    shuffled = frame.iloc[np.random.default_rng(1).permutation(len(frame))]
    categorical = frame.astype("category")
    inputs: dict[str, tuple[Any, list[np.ndarray]]] = {
        "vote counts": (counts, [counts]),
        "integers, sorted by task": (frame, [frame[c].to_numpy() for c in frame]),
        "integers, shuffled": (shuffled, [shuffled[c].to_numpy() for c in shuffled]),
        "categorical": (categorical, [categorical[c].cat.codes.to_numpy() for c in categorical]),
    }
    print(f"alpha of {len(frame):,} labels in {len(counts):,} units (target: 10 passes)")
    for name, (labels, arrays) in inputs.items():
        words = [
            array.reshape(-1).view(np.uint8)[: array.nbytes // 8 * 8].view(np.int64)
            for array in arrays
        ]
        is_counts = True if isinstance(labels, np.ndarray) else None
        run = compare(
            lambda data=labels, c=is_counts: alpha(data, counts=c),
            lambda parts=words: [part.sum() for part in parts],
            5,
        )
        print(
            f"  {name}: {run.seconds * 1000:.1f} ms, {1 / run.speedup:.1f} passes over "
            f"{sum(array.nbytes for array in arrays) / 2**20:.0f} MiB; takes "
            f"{peak_memory(lambda data=labels, c=is_counts: alpha(data, counts=c)):.0f} MiB more"
        )
    seconds = timed(lambda: alpha_interval(frame, replicates=REPLICATES), 1)[0]
    peak = peak_memory(lambda: alpha_interval(frame, replicates=REPLICATES))
    print(f"  interval over tasks: {seconds * 1000:.0f} ms, takes {peak:.0f} MiB more")
    some = frame.head(1_000_000)
    some = some.assign(worker=np.random.default_rng(2).integers(0, 100, len(some)))
    seconds = timed(lambda: alpha_interval(some, cluster="worker"), 1)[0]
    peak = peak_memory(lambda: alpha_interval(some, cluster="worker"))
    print(
        f"  interval over 100 workers of {len(some):,} labels: {seconds:.1f} s, takes {peak:.0f} "
        "MiB more"
    )
    text = frame.assign(task=frame.task.astype(str))
    print(f"  text, each name hashed: {timed(lambda: alpha(text), 1)[0] * 1000:.0f} ms")


def replicates() -> None:
    pairs, truth = make_pair_tables(6_800, 600)
    labels = to_annotations(simulate(pairs, truth, seed=1).labels)
    labels = labels[labels.task.isin(truth.pair_id)]
    votes = labels.groupby(["task", "label"]).size().unstack(fill_value=0).to_numpy()
    binary = labels.assign(label=(labels.label == "a").astype(float))
    matrix = binary.pivot(index="worker", columns="task", values="label").to_numpy()
    pairable = matrix[:, (~np.isnan(matrix)).sum(0) > 1]  # krippendorff drops the others, slowly
    rng = np.random.default_rng(0)

    def loop(table: np.ndarray, axis: int) -> None:
        for _ in range(LOOP):
            sample = rng.integers(0, table.shape[axis], table.shape[axis])
            resampled = np.take(table, sample, axis=axis)
            krippendorff.alpha(reliability_data=resampled, level_of_measurement="nominal")

    print(
        f"{len(labels):,} labels, {len(matrix)} players, {matrix.shape[1]:,} points, "
        f"{pairable.shape[1]:,} with two labels or more"
    )
    for name, ours, axis in (
        (
            "points (target: 1,000 times faster)",
            lambda: alpha_interval(votes, replicates=REPLICATES, counts=True),
            1,
        ),
        (
            "players (target: 100 times faster)",
            lambda: alpha_interval(labels, cluster="worker", replicates=REPLICATES),
            0,
        ),
    ):
        for data, table in (("all points", matrix), ("points with several labels", pairable)):
            run = compare(ours, lambda t=table, a=axis: loop(t, a), 5)
            seconds = run.reference_seconds * REPLICATES / LOOP
            print(
                f"  {REPLICATES:,} replicates over {name}: {run.seconds * 1000:.1f} ms; loop over "
                f"{data}: {seconds:.1f} s (from {LOOP}), {seconds / run.seconds:,.0f} times"
            )


def simulated_labels(tasks: int = 20_000) -> tuple[pd.DataFrame, np.ndarray]:
    """Return five labels a task by 500 workers of Beta(8, 2.5) accuracies, and the truth."""
    rng = np.random.default_rng(0)
    truth, skill = rng.integers(0, 2, tasks), rng.beta(8, 2.5, 500)
    task, worker = np.repeat(np.arange(tasks), 5), rng.integers(0, 500, 5 * tasks)
    label = np.where(rng.random(5 * tasks) < skill[worker], truth[task], 1 - truth[task])
    return pd.DataFrame({"task": task, "worker": worker, "label": label}), truth


def log_likelihood(labels: pd.DataFrame, shares: np.ndarray, errors: np.ndarray) -> float:
    """Return that of the Dawid-Skene model: shares (K,), errors (worker, label, truth)."""
    joint = np.tile(np.log(shares), (labels.task.max() + 1, 1))
    np.add.at(joint, labels.task, np.log(np.maximum(errors[labels.worker, labels.label], 1e-300)))
    return float(np.logaddexp.reduce(joint, 1).sum())


def dawid_skene() -> None:
    """Compare one iteration and the result, with the tolerance of crowd-kit and with ours."""
    from crowdkit.aggregation import DawidSkene

    labels, truth = simulated_labels()
    encoded = encode_labels(labels)
    crowd, _ = crowd_labels(encoded, gold_answers(None, encoded))
    index = pd.MultiIndex.from_product([range(500), (0, 1)])
    for tolerance, prior in ((1e-5, 0.0), (1e-5, 1.0), (1e-9, 0.0), (1e-9, 1.0)):
        run = compare(
            lambda p=prior, t=tolerance: fit_dawid_skene(crowd, p, t),
            lambda t=tolerance: DawidSkene(n_iter=1000, tol=t).fit(labels),
        )
        result, reference = run.result, run.reference
        errors = reference.errors_.reindex(index, columns=[0, 1], fill_value=0).to_numpy()
        shares = reference.priors_.sort_index().to_numpy()
        reached = log_likelihood(labels, shares, errors.reshape(500, 2, 2))
        iterations, reference_iterations = len(result.objective), len(reference.loss_history_)
        seconds = run.seconds / iterations
        reference_seconds = run.reference_seconds / reference_iterations
        print(
            f"Dawid-Skene, tolerance {tolerance:.0e}, prior {prior:g}: {seconds * 1000:.2f} ms for "
            f"each of {iterations} iterations; crowd-kit {reference_seconds * 1000:.1f} ms for "
            f"each of {reference_iterations}, {reference_seconds / seconds:.0f} times (target: 8); "
            f"log likelihood {result.log_likelihood:.4f}, crowd-kit {reached:.4f}; accuracy "
            f"{(result.posterior.argmax(1) == truth).mean():.4f}, "
            f"{(reference.labels_.sort_index() == truth).mean():.4f}"
        )


def mace() -> None:
    """Compare with ten restarts, the default, and with one: all of them start at the same point."""
    from crowdkit.aggregation import MACE

    for restarts in (10, 1):
        compare_fits("mace", 20_000, MACE(n_restarts=restarts), lambda m: m.n_restarts * m.n_iter)


def glad() -> None:
    """Compare with the defaults, where crowd-kit stops after two or three iterations."""
    from crowdkit.aggregation import GLAD

    for tasks in (2_000, 20_000):
        compare_fits("glad", tasks, GLAD(), lambda model: len(model.loss_history_))


def compare_fits(
    method: str, tasks: int, reference: Any, n_iterations: Callable[[Any], int]
) -> None:
    """Compare `aggregate` with `fit` of a reference model, both from the frame to the labels."""
    labels, truth = simulated_labels(tasks)
    run = compare(lambda: aggregate(labels, method), lambda: reference.fit(labels), 1)
    answers = run.result.label, run.reference.labels_.sort_index()
    accuracy, reference_accuracy = ((labels == truth).mean() for labels in answers)
    print(
        f"{method}, {len(labels):,} labels: {run.seconds:.2f} s for "
        f"{len(run.result.attrs['objective'])} iterations, accuracy {accuracy:.4f}; crowd-kit "
        f"{run.reference_seconds:.1f} s for {n_iterations(run.reference)}, "
        f"{reference_accuracy:.4f}; {run.speedup:.0f} times (target: 20)",
        flush=True,
    )


def compared_items(n: int, items: int) -> pd.DataFrame:
    """Return n comparisons of items with normal abilities, one in ten of them a tie."""
    rng = np.random.default_rng(0)
    ability = rng.normal(size=items)
    left = rng.integers(0, items, n)
    right = (left + rng.integers(1, items, n)) % items
    won = rng.random(n) < 1 / (1 + np.exp(ability[right] - ability[left]))
    winner = np.where(rng.random(n) < 0.1, "tie", np.where(won, "left", "right"))
    names = np.array([f"model-{item}" for item in range(items)])
    return pd.DataFrame({"left": names[left], "right": names[right], "winner": winner})


def bradley_terry_fits() -> None:
    """Compare the way from names to a table: ours has intervals, the others have none.

    evalica gets lists, which it reads faster than columns; choix, which knows no ties, gets the
    decided comparisons as lists of numbers.
    """
    import choix
    import evalica

    sides = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    for n, items in ((9_000, 20), (9_000, 100), (1_000_000, 50), (1_000_000, 1_000)):
        games = compared_items(n, items)
        left, right = games.left.tolist(), games.right.tolist()
        winners = games.winner.map(sides).tolist()
        rounds = 20 if n < 100_000 else 3
        run = compare(
            lambda g=games: bradley_terry(g),
            lambda x=left, y=right, w=winners: evalica.bradley_terry(x, y, w, limit=1000),
            rounds,
        )
        decided = games[games.winner != "tie"]
        won = (decided.winner == "left").to_numpy()
        codes = [decided[side].str[6:].astype(int).to_numpy() for side in ("left", "right")]
        pairs = np.where(won, codes, codes[::-1]).T.tolist()
        choix_seconds, _ = timed(lambda p=pairs, i=items: choix.ilsr_pairwise(i, p), 1)
        print(
            f"Bradley-Terry, {n:,} comparisons of {items:,} items: {run.seconds * 1000:.1f} ms; "
            f"evalica {run.reference_seconds * 1000:.1f} ms (ours is allowed twice that), "
            f"{run.speedup:.1f} times; choix {choix_seconds * 1000:,.0f} ms, "
            f"{choix_seconds / run.seconds:.1f} times",
            flush=True,
        )
    tracemalloc.start()
    bradley_terry(games)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    print(
        f"  memory of the last: {peak:.0f} MiB beside its {games.memory_usage().sum() / 2**20:.0f}"
    )


if __name__ == "__main__":
    parts = {
        "alpha": alphas,
        "memory": memory,
        "replicates": replicates,
        "dawid_skene": dawid_skene,
        "mace": mace,
        "glad": glad,
        "bradley_terry": bradley_terry_fits,
    }
    for part in parse_parts(__doc__, parts):
        parts[part]()
