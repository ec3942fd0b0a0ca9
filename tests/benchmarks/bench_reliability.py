"""Statistics of labels beside what others compute: `python -m tests.benchmarks.bench_reliability [alpha] [sets] ...`.

The same labels in the same process, processor time of one core, the best of some rounds; loops over another package
are run on a few replicates, and its long climbs for one round, and scaled up as the row says. `sets` is accuracy on
real crowds, not speed. Parts: alpha, memory, replicates, dawid_skene, mace, glad, sets, and `glad_sets` on demand.
"""

import os
import sys

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import krippendorff
import numpy as np
import pandas as pd

from gamelabel.game import simulate
from gamelabel.labels import crowd
from gamelabel.labels.real import PUBLISHED
from gamelabel.reliability import aggregate, alpha, alpha_interval
from gamelabel.reliability.accuracy import known_answers
from gamelabel.reliability.counts import code
from gamelabel.reliability.methods import METHODS, crowd_of
from gamelabel.reliability.methods.dawid_skene import dawid_skene as fit_dawid_skene
from tests.benchmarks.timing import timed
from tests.game.worlds import world
from tests.reliability.outside import crowd_set

REPLICATES, LOOP = 1000, 5


def binary(units: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Vote counts of units with one to four labels of two categories, and the same labels as a frame."""
    rng = np.random.default_rng(0)
    n = rng.integers(1, 5, units)
    ones = rng.binomial(n, rng.beta(2, 1, units))
    task = np.repeat(np.arange(units), n)
    within = np.arange(len(task)) - np.repeat(np.cumsum(n) - n, n)
    return np.stack([n - ones, ones], 1), pd.DataFrame({"task": task, "label": (within < ones[task]).astype(int)})


def alphas() -> None:
    counts, frame = binary(400_000)
    dense = np.where(np.arange(4)[:, None] < counts.sum(1), np.arange(4)[:, None] < counts[:, 1], np.nan)
    print(f"alpha of {len(frame):,} labels in {len(counts):,} units")
    for name, ours, theirs in (
        ("vote counts", counts, {"value_counts": counts}),
        ("labels: our frame, their matrix of 4 raters", frame, {"reliability_data": dense}),
    ):
        mine, value = timed(lambda o=ours: alpha(o), 5)
        others, reference = timed(lambda t=theirs: krippendorff.alpha(**t, level_of_measurement="nominal"))
        print(
            f"  {name}: {mine * 1000:.1f} ms; krippendorff {others * 1000:.1f} ms, {others / mine:.1f} times; "
            f"apart {abs(value - reference):.0e}"
        )


def memory() -> None:
    counts, frame = binary(4_000_000)
    both = np.ascontiguousarray(frame.to_numpy().T)
    one_pass = timed(both.sum, 5)[0]
    print(f"{len(frame):,} labels, one pass over them (sum of {both.nbytes >> 20} MiB): {one_pass * 1000:.1f} ms")
    order = np.random.default_rng(1).permutation(len(frame))
    for name, labels in (("vote counts", counts), ("frame, sorted", frame), ("frame, shuffled", frame.iloc[order])):
        mine = timed(lambda given=labels: alpha(given))[0]
        print(f"  alpha from {name}: {mine * 1000:.1f} ms, {mine / one_pass:.1f} passes")


def replicates() -> None:
    pairs, truth = world(6_800, 600)
    labels = crowd(simulate(pairs, truth, seed=1).labels)
    labels = labels[labels.task.isin(truth.pair_id)]
    votes = labels.groupby(["task", "label"]).size().unstack(fill_value=0).to_numpy()
    matrix = labels.assign(label=(labels.label == "a").astype(float)).pivot(
        index="worker", columns="task", values="label"
    )
    whole = matrix.to_numpy()
    several = whole[:, (~np.isnan(whole)).sum(0) > 1]  # a kindness: what the package would leave out, slowly
    by_task = timed(lambda: alpha_interval(votes, replicates=REPLICATES), 7)[0]
    by_player = timed(lambda: alpha_interval(labels, cluster="worker", replicates=REPLICATES), 7)[0]
    rng = np.random.default_rng(0)

    def loop(table: np.ndarray, axis: int) -> None:
        for _ in range(LOOP):
            drawn = np.take(table, rng.integers(0, table.shape[axis], table.shape[axis]), axis=axis)
            krippendorff.alpha(reliability_data=drawn, level_of_measurement="nominal")

    print(f"{len(labels):,} labels, {len(whole)} players, {whole.shape[1]:,} points, {several.shape[1]:,} with several")
    for name, ours, axis in (("points", by_task, 1), ("players", by_player, 0)):
        print(f"  {REPLICATES:,} replicates over {name}: {ours * 1000:.1f} ms")
        for what, table in (("all points", whole), ("those with several labels", several)):
            theirs = timed(lambda t=table, a=axis: loop(t, a))[0] * REPLICATES / LOOP
            print(f"    loop over {what}: {theirs:.1f} s (from {LOOP}), {theirs / ours:,.0f} times")


def played() -> tuple[pd.DataFrame, np.ndarray]:
    """100,000 labels, five a task, by 500 workers of Beta(8, 2.5) accuracies, and the truth by task."""
    rng = np.random.default_rng(0)
    truth, skill = rng.integers(0, 2, 20_000), rng.beta(8, 2.5, 500)
    task, worker = np.repeat(np.arange(20_000), 5), rng.integers(0, 500, 100_000)
    label = np.where(rng.random(100_000) < skill[worker], truth[task], 1 - truth[task])
    return pd.DataFrame({"task": task, "worker": worker, "label": label}), truth


def likelihood(labels: pd.DataFrame, shares: np.ndarray, errors: np.ndarray) -> float:
    """Log likelihood of Dawid and Skene's model: shares (K,), errors (worker, label, truth)."""
    joint = np.tile(np.log(shares), (labels.task.max() + 1, 1))
    np.add.at(joint, labels.task, np.log(np.maximum(errors[labels.worker, labels.label], 1e-300)))
    return float(np.logaddexp.reduce(joint, 1).sum())


def dawid_skene() -> None:
    from crowdkit.aggregation import DawidSkene

    labels, truth = played()
    coded = code(labels)
    workers, _ = crowd_of(coded, known_answers(None, coded))
    for tolerance in (1e-5, 1e-9):  # crowd-kit's own, per label, and ours
        theirs = DawidSkene(n_iter=1000, tol=tolerance)
        others = timed(lambda model=theirs: model.fit(labels))[0] / len(theirs.loss_history_)
        every = pd.MultiIndex.from_product([range(500), (0, 1)])
        errors = theirs.errors_.reindex(every, columns=[0, 1], fill_value=0).to_numpy().reshape(500, 2, 2)
        reached = likelihood(labels, theirs.priors_.sort_index().to_numpy(), errors)
        for prior in (0.0, 1.0):
            mine, fit = timed(lambda p=prior, t=tolerance: fit_dawid_skene(workers, p, t))
            mine /= len(fit.objective)
            print(
                f"Dawid-Skene, tolerance {tolerance:.0e}, prior {prior:g}: {mine * 1000:.2f} ms a round of "
                f"{len(fit.objective)}; crowd-kit {others * 1000:.1f} ms of {len(theirs.loss_history_)}, "
                f"{others / mine:.0f} times; log likelihood {fit.log_likelihood:.4f}, crowd-kit {reached:.4f}; "
                f"accuracy {(fit.posterior.argmax(1) == truth).mean():.4f}, "
                f"{(theirs.labels_.sort_index() == truth).mean():.4f}"
            )


def mace() -> None:
    from crowdkit.aggregation import MACE

    beside("mace", MACE(n_restarts=1, n_iter=9), 10, 500)


def glad() -> None:
    from crowdkit.aggregation import GLAD

    beside("glad", GLAD(n_iter=1), 1, 100)


def beside(method: str, theirs: object, ran: int, usual: int) -> None:
    """Our whole aggregate beside `ran` rounds of theirs, of which `usual` are its default (MACE: 10 restarts of 50)."""
    labels, truth = played()
    mine, found = timed(lambda: aggregate(labels, method))
    others = timed(lambda: theirs.fit(labels), 1)[0]
    print(
        f"{method}: {mine:.2f} s for all {len(found.attrs['objective'])} rounds, accuracy "
        f"{(found.label == truth).mean():.4f}; crowd-kit, {ran} round(s): {others:.2f} s, {others / mine:.1f} times; "
        f"its default of at most {usual}: {others / ran * usual:.0f} s, {others / ran * usual / mine:.0f} times"
    )


def share_right(found: pd.Series, gold: pd.Series) -> float:
    return float((found.reindex(gold.index) == gold)[gold.index.isin(found.index)].mean())


def sets(draws: int = 10) -> None:
    """Accuracy on the real crowds, without gold and with a tenth of it, on all tasks and on those without gold."""
    from crowdkit.aggregation import MACE, DawidSkene, OneCoinDawidSkene

    rows: dict[str, dict[str, float]] = {
        f"published {name}": {key: values[i] for key, values in PUBLISHED.items()}
        for i, name in enumerate(("IBCC", "EBCC", "BWA"))
    }
    others = {"DawidSkene": DawidSkene, "OneCoinDawidSkene": OneCoinDawidSkene, "MACE": lambda: MACE(n_restarts=1)}
    for key in PUBLISHED:
        labels, gold = crowd_set(key)
        truth = gold.set_index("task").label
        truth = truth[truth.index.isin(labels.task)]
        for name, model in others.items():
            rows.setdefault(f"crowd-kit {name}", {})[key] = share_right(model().fit_predict(labels), truth)
        for method in METHODS:
            found = aggregate(labels, method).set_index("task").label
            rows.setdefault(method, {})[key] = share_right(found, truth)
            on_all, on_rest = [], []
            for seed in range(draws):
                known = truth.sample(frac=0.1, random_state=seed)
                taught = aggregate(labels, method, known.reset_index(), seed).set_index("task").label
                on_all.append(share_right(taught, truth))
                on_rest.append(share_right(taught, truth.drop(known.index)))
            rows.setdefault(f"{method}, 10 % gold, all tasks", {})[key] = float(np.mean(on_all))
            rows.setdefault(f"{method}, 10 % gold, the others", {})[key] = float(np.mean(on_rest))
    table = pd.DataFrame(rows).T
    print(table.assign(mean=table.mean(axis=1)).sort_index().round(4).to_string())


def glad_sets() -> None:
    """GLAD of crowd-kit on the real crowds: an hour or so."""
    from crowdkit.aggregation import GLAD

    for key in PUBLISHED:
        labels, gold = crowd_set(key)
        truth = gold.set_index("task").label
        ours = aggregate(labels, "glad").set_index("task").label
        theirs = GLAD().fit_predict(labels)
        print(f"glad, {key}: {share_right(ours, truth):.4f}, crowd-kit {share_right(theirs, truth):.4f}", flush=True)


if __name__ == "__main__":
    parts = {
        "alpha": alphas,
        "memory": memory,
        "replicates": replicates,
        "dawid_skene": dawid_skene,
        "mace": mace,
        "glad": glad,
        "sets": sets,
    }
    for part in sys.argv[1:] or parts:
        {**parts, "glad_sets": glad_sets}[part]()
