"""How often methods are right on real crowds, and others' too: `python -m benchmarks.bench_crowds [part]`.

Accuracy, not speed. Parts: sets, chosen; and `glad` on demand, which is crowd-kit's slowest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import pandas as pd

from benchmarks.timing import timed
from gamelabel.aggregation import METHODS, aggregate
from gamelabel.readers.real_crowds import PUBLISHED_ACCURACY
from tests.reliability.outside import crowd_set

DRAWS, FOLDS = 10, 5


def crowds() -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Each real crowd's name, labels, and truth by task, of those tasks that have a label."""
    for key in PUBLISHED_ACCURACY:
        labels, gold = crowd_set(key)
        truth = gold.set_index("task").label
        yield key, labels, truth[truth.index.isin(labels.task)]


def share_right(found: pd.Series, truth: pd.Series) -> float:
    return float((found.reindex(truth.index) == truth).mean())


def by(
    method: str, labels: pd.DataFrame, known: pd.Series | None = None, seed: int = 0
) -> pd.Series:
    return (
        aggregate(labels, method, None if known is None else known.reset_index(), seed)
        .set_index("task")
        .label
    )


def show(rows: dict[str, dict[str, float]]) -> None:
    table = pd.DataFrame(rows).T
    print(table.assign(mean=table.mean(axis=1)).sort_index().round(4).to_string())


def sets() -> None:
    """Without gold, and with a tenth of it: on all tasks, and on those whose answer was not given."""
    from crowdkit.aggregation import MACE, DawidSkene, OneCoinDawidSkene

    rows: dict[str, dict[str, float]] = {
        f"published {name}": {key: values[i] for key, values in PUBLISHED_ACCURACY.items()}
        for i, name in enumerate(("IBCC", "EBCC", "BWA"))
    }
    others = {
        "DawidSkene": DawidSkene,
        "OneCoinDawidSkene": OneCoinDawidSkene,
        "MACE": lambda: MACE(n_restarts=1),
    }
    for key, labels, truth in crowds():
        for name, model in others.items():
            rows.setdefault(f"crowd-kit {name}", {})[key] = share_right(
                model().fit_predict(labels), truth
            )
        for method in METHODS:
            rows.setdefault(method, {})[key] = share_right(by(method, labels), truth)
            on_all, on_rest = [], []
            for seed in range(DRAWS):
                known = truth.sample(frac=0.1, random_state=seed)
                taught = by(method, labels, known, seed)
                on_all.append(share_right(taught, truth))
                on_rest.append(share_right(taught, truth.drop(known.index)))
            rows.setdefault(f"{method}, 10 % gold, all tasks", {})[key] = float(np.mean(on_all))
            rows.setdefault(f"{method}, 10 % gold, the others", {})[key] = float(np.mean(on_rest))
    show(rows)


def chosen() -> None:
    """The method that is right most often on held-out folds of a tenth of the gold, beside the best one in hindsight.

    Nothing is chosen by the tasks that are judged; ties go to the method that comes first in `METHODS` turned round.
    """
    rows: dict[str, dict[str, float]] = {}
    for key, labels, truth in crowds():
        found: dict[str, list[float]] = {}
        for seed in range(DRAWS):
            known = truth.sample(
                frac=0.1, random_state=seed
            )  # in random order, so folds are rows apart
            folds = [known.iloc[fold::FOLDS] for fold in range(FOLDS)]
            held = {
                method: sum(
                    share_right(by(method, labels, known.drop(fold.index), seed), fold) * len(fold)
                    for fold in folds
                )
                for method in reversed(METHODS)
            }
            rest = truth.drop(known.index)
            right = {
                method: share_right(by(method, labels, known, seed), rest) for method in METHODS
            }
            right["chosen by the gold given"] = right[max(held, key=held.__getitem__)]
            for name, share in right.items():
                found.setdefault(name, []).append(share)
        for name, shares in found.items():
            rows.setdefault(name, {})[key] = float(np.mean(shares))
    show(rows)


def glad() -> None:
    """GLAD beside crowd-kit's, as it comes: accuracy and processor seconds."""
    from crowdkit.aggregation import GLAD

    for key, labels, truth in crowds():
        ours, found = timed(lambda given=labels: by("glad", given), 1)
        theirs, reference = timed(lambda given=labels: GLAD().fit_predict(given), 1)
        print(
            f"glad, {key}: {share_right(found, truth):.4f}, crowd-kit {share_right(reference, truth):.4f}; "
            f"{ours:.2f} s, {theirs:.1f} s, {theirs / ours:.0f} times",
            flush=True,
        )


if __name__ == "__main__":
    parts = {"sets": sets, "chosen": chosen}
    for part in sys.argv[1:] or parts:
        {**parts, "glad": glad}[part]()
