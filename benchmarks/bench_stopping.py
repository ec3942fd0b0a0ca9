"""When to stop asking: the time of a decision, the votes saved, and how honest confidence is.

    python -m benchmarks.bench_stopping               # all parts
    python -m benchmarks.bench_stopping speed
    python -m benchmarks.bench_stopping replay

Parts: `speed` measures `OpenPoints` with 177,304 pairs, of which more than 100,000 stay open;
`replay` asks the recorded votes of the real crowds again, with 100 known answers a crowd and with
none, and compares with a fixed number of votes; `simulation` does so for SIMULATED crowds;
`dependence` asks why confidence is too high, with all votes of the real crowds. Accuracy and
calibration are of the points whose answer the rule did not know. Intervals are over seeds,
which decide the order of the votes and which answers are known: 95 %, by Student's t.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import pandas as pd
from scipy.stats import t as student

from benchmarks.bench_crowds import crowds, simulated_crowds
from benchmarks.timing import parse_parts
from gamelabel.aggregation.crowd_labels import crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.worker_confusion import confusion_matrices
from gamelabel.games.annotation.open_points import OpenPoints
from gamelabel.games.annotation.stopping_comparison import (
    fixed_curve,
    replay_scores,
    saved_share,
)
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.tables.encoded_labels import encode_labels

PAIRS, PEOPLE, CALLS, BUSY = 177_304, 2_000, 1_000, 5_000
SEEDS, KNOWN = 5, 100
RULES = (  # without a maximum all recorded votes may be taken
    StoppingRule(0.8, maximum=None),
    StoppingRule(0.9, maximum=None),
    StoppingRule(0.9, maximum=5),
)
SIMULATED_VOTES = 10  # of each point, of which the rule takes what it needs


def speed() -> None:
    """Time each call on a project of the size of ImageRewardDB: SIMULATED votes."""
    start_memory = peak_memory()
    rng = np.random.default_rng(0)
    names = [f"prompt-{i // 18:05d}-{i % 18:02d}" for i in range(PAIRS)]
    points = OpenPoints(names, ["a", "b", "tie"], StoppingRule(0.99))
    truth, skill = rng.integers(0, 3, PAIRS), rng.uniform(0.5, 0.95, PEOPLE)
    row = {name: i for i, name in enumerate(names)}

    def answer(i: int, person: int) -> str:
        is_right = rng.random() < skill[person]
        return ("a", "b", "tie")[truth[i] if is_right else rng.integers(0, 3)]

    def ask(person: int) -> tuple[float, float]:
        started = time.process_time()
        point = points.next_task(person)
        chosen = time.process_time()
        vote = answer(row[point], person)
        before = time.process_time()
        points.update(point, person, vote)
        return chosen - started, time.process_time() - before

    started = time.process_time()
    for turn in range(2):  # by people who differ
        people = rng.integers(0, PEOPLE // 2, PAIRS) + turn * PEOPLE // 2
        for i, person in enumerate(people.tolist()):
            points.update(names[i], person, answer(i, person))
    votes = 2 * PAIRS
    print(f"{votes:,} votes recorded in {time.process_time() - started:.1f} s of processor time")
    started = time.process_time()
    points.refit()
    print(f"refit with {votes:,} votes: {time.process_time() - started:.2f} s of processor time")
    busy = [ask(0) for _ in range(BUSY)]  # somebody who has had 10,000 points
    rest = [ask(int(person)) for person in rng.integers(1, PEOPLE, CALLS)]
    for name, calls in ((f"after {BUSY:,} points of one's own", busy[-CALLS:]), ("anyone", rest)):
        milliseconds = np.array(calls) * 1000
        middle, most = np.median(milliseconds, 0), np.quantile(milliseconds, 0.99, 0)
        print(
            f"{name}: next_task {middle[0]:.3f} ms (99 % under {most[0]:.3f}), "
            f"update {middle[1]:.3f} ms (99 % under {most[1]:.3f})"
        )
    print(
        f"{points.n_open:,} of {PAIRS:,} points open; {votes + BUSY + CALLS:,} votes of "
        f"{PEOPLE:,} people; memory {(peak_memory() - start_memory) / 2**20:,.0f} MiB"
    )


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def replay() -> None:
    """Ask the votes of real crowds again."""
    compare(crowd for crowd in crowds())


def simulation() -> None:
    """Ask the votes of SIMULATED crowds again."""
    compare(simulated())


def simulated() -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    for name, labels, gold in simulated_crowds(SIMULATED_VOTES):
        yield name, labels, gold.set_index("task").label


def dependence() -> None:
    """Compare the model with one that knows the workers, and with workers who err independently.

    The skills are estimated from all known answers. The SIMULATED workers have these skills and
    answer the same points.
    """
    rows = {}
    for name, labels, truth in crowds():
        known = labels[labels["task"].isin(truth.index)].drop_duplicates(["task", "worker"])
        encoded = encode_labels(known)
        crowd, position = crowd_labels(encoded, pd.Series(None, encoded.tasks, dtype=object))
        gold = np.zeros(len(position), np.int64)
        gold[position] = encoded.categories.get_indexer(pd.Index(truth.loc[encoded.tasks]))
        skills = confusion_matrices(crowd, np.eye(crowd.n_categories)[gold])
        log_joint = crowd.vote_matrix() @ np.log(skills).transpose(0, 2, 1).reshape(
            -1, crowd.n_categories
        ) + np.log(np.bincount(gold, minlength=crowd.n_categories) / len(gold) + 1e-9)
        informed = np.exp(log_joint - log_joint.max(1, keepdims=True))
        informed /= informed.sum(1, keepdims=True)
        of_label = skills[crowd.worker, gold[crowd.task]].cumsum(1)
        draw = np.random.default_rng(0).random((len(of_label), 1))
        label = np.minimum((draw > of_label).sum(1), crowd.n_categories - 1)
        posteriors = {
            "dawid-skene": dawid_skene(crowd).posterior,
            "skills from gold": informed,
            "independent": dawid_skene(crowd._replace(label=label)).posterior,
        }
        rows[name] = {}
        for model, posterior in posteriors.items():
            rows[name][f"{model}: confidence"] = posterior.max(1).mean()
            rows[name][f"{model}: accuracy"] = (posterior.argmax(1) == gold).mean()
    print(pd.DataFrame(rows).T.round(3).to_string())


def compare(sources: Iterator[tuple[str, pd.DataFrame, pd.Series]]) -> None:
    """Print votes, accuracy and calibration of each crowd and rule, with the votes saved."""
    rows, settings = [], ["known", "confidence", "maximum"]
    for crowd, labels, truth in sources:
        gold = truth.rename_axis("task").rename("label").reset_index()
        curve = fixed_curve(labels, gold, range(SEEDS))
        by_majority = curve[curve["method"] == "majority"]
        for n_known in (KNOWN, 0):
            for rule in RULES:
                seeds = [replay_scores(labels, gold, rule, n_known, s) for s in range(SEEDS)]
                table = pd.DataFrame(seeds)
                table["saved"] = saved(table, curve)
                table["saved_majority"] = saved(table, by_majority)
                rows.append(summary(table) | {"of_all": curve["accuracy"].max()})
                rows[-1] |= {"crowd": crowd, "known": n_known}
                rows[-1] |= {"confidence": rule.confidence, "maximum": rule.maximum or 0}
        index = ["crowd", *settings]
        print(pd.DataFrame(rows[-2 * len(RULES) :]).set_index(index).to_string(), flush=True)
    table = pd.DataFrame(rows)
    means = table.groupby(settings)[["saved_mean", "saved_majority_mean"]].mean()
    within = table.assign(within=table["gap_mean"].abs() <= 0.03)
    print(means.round(3).to_string())
    print(within.groupby(settings)["within"].sum().to_string())


def saved(table: pd.DataFrame, curve: pd.DataFrame) -> list[float]:
    return [saved_share(row, curve) for row in table.to_dict("records")]


def summary(table: pd.DataFrame) -> dict[str, object]:
    width = student.ppf(0.975, len(table) - 1) * table.std() / np.sqrt(len(table))
    mean = table.mean()
    shown: dict[str, object] = {
        name: f"{mean[name]:.3f} ± {width[name]:.3f}"
        for name in ("votes", "accuracy", "saved", "saved_majority", "gap", "calibration_error")
    }
    numbers = {f"{name}_mean": mean[name] for name in ("saved", "saved_majority", "gap")}
    return shown | numbers | {"recorded": round(mean["recorded"], 2)}


if __name__ == "__main__":
    PARTS = {"speed": speed, "replay": replay, "simulation": simulation, "dependence": dependence}
    for part in parse_parts(__doc__, PARTS):
        PARTS[part]()
