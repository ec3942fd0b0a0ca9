"""Accuracy of the aggregation methods on real crowds, against crowd-kit and published numbers.

    python -m benchmarks.bench_crowds                 # accuracy and selection
    python -m benchmarks.bench_crowds glad            # slow in crowd-kit

Every method aggregates the labels of each crowd, without gold and with a tenth of it. The part
`selection` selects a method by cross-validation on that gold; `glad` also compares processor time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import pandas as pd

from benchmarks.timing import parse_parts, timed
from gamelabel.aggregation import METHODS, aggregate
from gamelabel.readers.real_crowds import PUBLISHED_ACCURACY
from tests.reliability.external_data import real_crowd

DRAWS, FOLDS = 10, 5


def crowds() -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Yield each real crowd: its name, its labels and the truth of the labeled tasks."""
    for key in PUBLISHED_ACCURACY:
        labels, gold = real_crowd(key)
        truth = gold.set_index("task").label
        yield key, labels, truth[truth.index.isin(labels.task)]


def accuracy_of(answers: pd.Series, truth: pd.Series) -> float:
    return float((answers.reindex(truth.index) == truth).mean())


def answers_by(
    method: str, labels: pd.DataFrame, gold: pd.Series | None = None, seed: int = 0
) -> pd.Series:
    return (
        aggregate(labels, method, None if gold is None else gold.reset_index(), seed)
        .set_index("task")
        .label
    )


def print_table(rows: dict[str, dict[str, float]]) -> None:
    table = pd.DataFrame(rows).T
    print(table.assign(mean=table.mean(axis=1)).sort_index().round(4).to_string())


def accuracy() -> None:
    """Compare methods without gold, and with a tenth of it: on all and on the remaining tasks."""
    from crowdkit.aggregation import MACE, DawidSkene, OneCoinDawidSkene

    rows: dict[str, dict[str, float]] = {
        f"published {name}": {key: values[i] for key, values in PUBLISHED_ACCURACY.items()}
        for i, name in enumerate(("IBCC", "EBCC", "BWA"))
    }
    crowdkit_models = {
        "DawidSkene": DawidSkene,
        "OneCoinDawidSkene": OneCoinDawidSkene,
        "MACE": lambda: MACE(n_restarts=1),
    }
    for key, labels, truth in crowds():
        for name, model in crowdkit_models.items():
            rows.setdefault(f"crowd-kit {name}", {})[key] = accuracy_of(
                model().fit_predict(labels), truth
            )
        for method in METHODS:
            rows.setdefault(method, {})[key] = accuracy_of(answers_by(method, labels), truth)
            all_tasks, remaining = [], []
            for seed in range(DRAWS):
                gold = truth.sample(frac=0.1, random_state=seed)
                answers = answers_by(method, labels, gold, seed)
                all_tasks.append(accuracy_of(answers, truth))
                remaining.append(accuracy_of(answers, truth.drop(gold.index)))
            rows.setdefault(f"{method}, 10 % gold, all tasks", {})[key] = float(np.mean(all_tasks))
            rows.setdefault(f"{method}, 10 % gold, remaining tasks", {})[key] = float(
                np.mean(remaining)
            )
    print_table(rows)


def selection() -> None:
    """Select a method by cross-validation on a tenth of the gold, and compare it with each method.

    The tasks on which it is evaluated do not take part. Ties go to the later method of `METHODS`.
    """
    rows: dict[str, dict[str, float]] = {}
    for key, labels, truth in crowds():
        accuracies: dict[str, list[float]] = {}
        for seed in range(DRAWS):
            gold = truth.sample(frac=0.1, random_state=seed)  # shuffled, so folds are random
            folds = [gold.iloc[fold::FOLDS] for fold in range(FOLDS)]
            validated = {
                method: sum(
                    accuracy_of(answers_by(method, labels, gold.drop(fold.index), seed), fold)
                    * len(fold)
                    for fold in folds
                )
                for method in reversed(METHODS)
            }
            rest = truth.drop(gold.index)
            right = {
                method: accuracy_of(answers_by(method, labels, gold, seed), rest)
                for method in METHODS
            }
            right["selected by cross-validation"] = right[max(validated, key=validated.__getitem__)]
            for name, value in right.items():
                accuracies.setdefault(name, []).append(value)
        for name, values in accuracies.items():
            rows.setdefault(name, {})[key] = float(np.mean(values))
    print_table(rows)


def glad() -> None:
    """Compare GLAD with that of crowd-kit, in accuracy and processor seconds."""
    from crowdkit.aggregation import GLAD

    for key, labels, truth in crowds():
        seconds, answers = timed(lambda frame=labels: answers_by("glad", frame), 1)
        reference_seconds, reference = timed(lambda frame=labels: GLAD().fit_predict(frame), 1)
        print(
            f"glad, {key}: {accuracy_of(answers, truth):.4f} in {seconds:.2f} s; crowd-kit "
            f"{accuracy_of(reference, truth):.4f} in {reference_seconds:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    parts = {"accuracy": accuracy, "selection": selection, "glad": glad}
    for part in parse_parts(__doc__, parts, default=["accuracy", "selection"]):
        parts[part]()
