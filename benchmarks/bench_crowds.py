"""Accuracy of the aggregation methods on real crowds, against crowd-kit and published numbers.

    python -m benchmarks.bench_crowds                 # accuracy, selection, calibration
    python -m benchmarks.bench_crowds glad            # slow in crowd-kit
    python -m benchmarks.bench_crowds calibration --figure docs/calibration.png
    python -m benchmarks.bench_crowds accuracy --more FOLDER

Every method aggregates the labels of each crowd, without gold and with a tenth of it. The part
`selection` selects a method by cross-validation on that gold; `glad` also compares processor time.
`calibration` prints the Brier score, the calibration error and the log loss of the probabilities,
with and without calibration, and draws a figure. `simulation` does so for SIMULATED crowds: of
independent workers, of tasks that are hard for all, with a rare category, and of short sessions;
`game` compares the preferences of SIMULATED games with the truth.
FOLDER has further crowds, each in a folder of its own with `label.csv` (task, worker, label) and
`truth.csv` (task, label).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import pandas as pd

from benchmarks.timing import make_parser, timed
from gamelabel.aggregation import METHODS, aggregate, score_table, scored_answers
from gamelabel.aggregation.answer_scores import calibration_by_method
from gamelabel.readers.real_crowds import PUBLISHED_ACCURACY
from tests.reliability.external_data import real_crowd

DRAWS, FOLDS = 10, 5
FIGURE: Path | None = None
MORE: Path | None = None
MODELS = ["auto", "majority", "weighted", "dawid-skene", "one-coin", "mace"]


def crowds() -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Yield each real crowd: its name, its labels and the truth of the labeled tasks."""
    for key in PUBLISHED_ACCURACY:
        labels, gold = real_crowd(key)
        truth = gold.set_index("task").label
        yield key, labels, truth[truth.index.isin(labels.task)]
    for folder in sorted(MORE.iterdir()) if MORE else []:
        labels = pd.read_csv(folder / "label.csv").set_axis(["task", "worker", "label"], axis=1)
        gold = pd.read_csv(folder / "truth.csv").set_axis(["task", "label"], axis=1)
        truth = gold.drop_duplicates("task").set_index("task").label
        yield folder.name, labels, truth[truth.index.isin(labels.task)]


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


def calibration() -> None:
    """Compare the probabilities of real crowds with and without calibration."""
    calibrated, raw = {}, {}
    for key, labels, truth in crowds():
        gold = truth.reset_index()
        calibrated[key] = scored_answers(labels, gold, MODELS)
        raw[key] = scored_answers(labels, gold, MODELS[3:], calibrated=False)
    print_scores({"calibrated": calibrated, "uncalibrated": raw})
    if FIGURE:
        draw_calibration(calibrated, raw)


def print_scores(answers: dict[str, dict[str, pd.DataFrame]]) -> None:
    tables = {kind: score_table(by_crowd) for kind, by_crowd in answers.items()}
    for score in ("accuracy", "brier", "calibration_error", "log_loss"):
        rows = {
            f"{method}{'' if kind == 'calibrated' else ', ' + kind}": column.to_dict()
            for kind, table in tables.items()
            for method, column in table[score].unstack("crowd").T.items()
        }
        print(f"\n{score}")
        print_table(rows)


def draw_calibration(calibrated: dict[str, pd.DataFrame], raw: dict[str, pd.DataFrame]) -> None:
    from matplotlib.figure import Figure

    from gamelabel.figures import crowd_figures, set_theme

    set_theme()
    bins = calibration_by_method(calibrated, ["auto", "dawid-skene", "majority"])
    bins |= calibration_by_method(raw, ["dawid-skene"], suffix=", uncalibrated")
    figure = Figure(figsize=(6.5, 4), layout="constrained")
    crowd_figures.plot_calibration(figure.subplots(), bins)
    figure.savefig(FIGURE, dpi=110)


def simulated_crowds(labels: int = 5) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Yield SIMULATED crowds: name, labels (of most, so many a task) and truth."""
    cases = {
        "independent": {},
        "hard tasks": {"hard": 0.3},
        "four classes": {"shares": (0.25, 0.25, 0.25, 0.25)},
        "rare class": {"shares": (0.9, 0.1)},
        "biased": {"bias": 0.3},
        "short sessions": {"workers": 1500, "labels": 3},
        "spammers": {"spam": 0.3},
    }
    for name, changes in cases.items():
        yield name, *simulate_crowd(**({"labels": labels} | changes))


def simulate_crowd(
    shares: tuple[float, ...] = (0.5, 0.5),
    workers: int = 60,
    labels: int = 5,
    hard: float = 0.0,
    bias: float = 0.0,
    spam: float = 0.0,
    tasks: int = 1000,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate labels: a share of tasks looks like another class, a share of workers guesses.

    `bias` is the probability with which a worker says the first class instead of the own answer.
    """
    rng = np.random.default_rng(0)
    n_classes = len(shares)
    truth = rng.choice(n_classes, tasks, p=shares)
    shift = rng.integers(1, n_classes, tasks)
    looks = np.where(rng.random(tasks) < hard / 2, (truth + shift) % n_classes, truth)
    task = np.repeat(np.arange(tasks), labels)
    worker = rng.permuted(np.tile(np.arange(workers), (tasks, 1)), axis=1)[:, :labels].ravel()
    skill = np.where(rng.random(workers) < spam, 1 / n_classes, rng.beta(8, 2, workers))
    wrong = (looks[task] + rng.integers(1, n_classes, len(task))) % n_classes
    label = np.where(rng.random(len(task)) < skill[worker], looks[task], wrong)
    biased = bias * rng.random(workers) * 2
    label = np.where(rng.random(len(task)) < biased[worker], 0, label)
    frame = pd.DataFrame({"task": task, "worker": worker, "label": label})
    return frame, pd.DataFrame({"task": np.arange(tasks), "label": truth})


def simulation() -> None:
    """Compare the methods on SIMULATED crowds."""
    calibrated, raw = {}, {}
    for key, labels, gold in simulated_crowds():
        calibrated[key] = scored_answers(labels, gold, MODELS)
        raw[key] = scored_answers(labels, gold, MODELS[3:], calibrated=False)
    print_scores({"calibrated": calibrated, "uncalibrated": raw})


def game() -> None:
    """Compare the preferences of SIMULATED games with the truth: share right, log loss, flips."""
    from gamelabel.aggregation import fit_labels, preferences
    from gamelabel.games.pairs import simulate
    from gamelabel.tables import to_annotations

    rows: dict[tuple[str, str], list[dict[str, float]]] = {}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        pairs = pd.DataFrame({"pair_id": [f"p{i}" for i in range(4400)], "kind": "preference"})
        pairs["gold"] = None
        pairs.loc[4000:, ["kind", "gold"]] = ["comparison", "a"]
        truth = pairs[["pair_id"]].assign(score_a=rng.random(4400), score_b=rng.random(4400))
        better = pd.Series(np.where(truth.score_a > truth.score_b, "a", "b"), truth.pair_id)
        labels = simulate(pairs, truth, 150, seed=seed).labels
        decided = to_annotations(labels[labels["choice"] != "tie"])
        gold = pairs.loc[4000:, ["pair_id", "gold"]].set_axis(["task", "label"], axis=1)
        gold = gold[gold.task.isin(decided.task)]
        for method in MODELS:
            table = preferences(labels, pairs, method).set_index("pair_id")
            right = (table.chosen == better.loc[table.index]).to_numpy()
            row = game_scores(right, table.probability.to_numpy())
            rows.setdefault((method, "calibrated"), []).append(row)
        for method in MODELS[3:]:
            table = fit_labels(decided, method, gold, calibrated=False).table
            table = table[~table.task.isin(gold.task)]
            right = (table.label == better.loc[table.task].to_numpy()).to_numpy()
            row = game_scores(right, table.probability.to_numpy())
            rows.setdefault((method, "uncalibrated"), []).append(row)
    means = {name: pd.DataFrame(seeds).mean() for name, seeds in rows.items()}
    print(pd.DataFrame(means).T.round(4).to_string())


def game_scores(right: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return {
        "right": right.mean(),
        "log_loss": -np.log(np.where(right, p, 1 - p)).mean(),
        "flip rate minus share wrong": (1 - p).mean() - (~right).mean(),
        "preferences": len(p),
    }


if __name__ == "__main__":
    PARTS = {
        "accuracy": accuracy,
        "selection": selection,
        "calibration": calibration,
        "simulation": simulation,
        "game": game,
        "glad": glad,
    }
    parser = make_parser(__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="parts to run")
    parser.add_argument("--figure", type=Path, help="where the calibration figure is written")
    parser.add_argument("--more", type=Path, help="a folder of further crowds")
    arguments = parser.parse_args()
    FIGURE, MORE = arguments.figure, arguments.more
    for part in arguments.parts or ["accuracy", "selection", "calibration"]:
        PARTS[part]()
