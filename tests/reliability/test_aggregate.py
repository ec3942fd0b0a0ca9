import numpy as np
import pandas as pd
import pytest

from gamelabel.reliability import aggregate, skills
from gamelabel.reliability.methods import METHODS
from tests.reliability.outside import crowd_set, outside

MODELS = [name for name in METHODS if name not in ("majority", "weighted")]


def played(tasks: int = 200, workers: int = 20, labels: int = 5, categories: str = "ab", seed: int = 0) -> tuple:
    """Labels by workers right with probabilities from .5 to .95, and the truth."""
    rng = np.random.default_rng(seed)
    skill = np.linspace(0.5, 0.95, workers)
    truth = rng.integers(0, len(categories), tasks)
    task = np.repeat(np.arange(tasks), labels)
    worker = np.concatenate([rng.choice(workers, labels, replace=False) for _ in range(tasks)])
    wrong = (truth[task] + rng.integers(1, len(categories), len(task))) % len(categories)
    label = np.where(rng.random(len(task)) < skill[worker], truth[task], wrong)
    names = np.array(list(categories))
    frame = pd.DataFrame({"task": task, "worker": worker, "label": names[label]}).astype({"task": str, "worker": str})
    return frame, pd.DataFrame({"task": np.arange(tasks).astype(str), "label": names[truth]})


def right(found: pd.DataFrame, gold: pd.DataFrame) -> float:
    joined = found.merge(gold, on="task", suffixes=("", "_true"))
    return float((joined.label == joined.label_true).mean())


@pytest.mark.parametrize("method", MODELS)
def test_a_climb_never_falls_and_ends(method: str) -> None:
    found = aggregate(played(categories="abc")[0], method)
    climbed = found.attrs["objective"]
    assert found.attrs["converged"] and len(climbed) > 2
    assert (np.diff(climbed) > -1e-9 * abs(climbed[0])).all()


@pytest.mark.parametrize("method", METHODS)
def test_gold_stands_in_the_result(method: str) -> None:
    labels, truth = played()
    against = truth.head(20).assign(label=lambda f: f.label.map({"a": "b", "b": "a"}))
    found = aggregate(labels, method, against).set_index("task").loc[against.task]
    assert found.label.tolist() == against.label.tolist() and (found.probability == 1).all()


@pytest.mark.parametrize("method", [name for name in METHODS if name != "majority"])
def test_gold_teaches_what_workers_are_worth(method: str) -> None:
    """Three in five see right and say the opposite: their majority is wrong, and gold says so."""
    labels, truth = played(labels=6)
    flip = labels.worker.astype(int) % 5 < 3
    labels = labels.assign(label=labels.label.where(~flip, labels.label.map({"a": "b", "b": "a"})))
    gold = truth.sample(frac=0.2, random_state=0)
    rest = truth[~truth.task.isin(gold.task)]
    alone, anchored = right(aggregate(labels, method), rest), right(aggregate(labels, method, gold), rest)
    assert alone < 0.5 and anchored > 0.7


def test_dawid_and_skenes_patients() -> None:
    """Class shares of the 1979 paper, .40, .42, .11, .07; the observers differ in how they confuse."""
    labels = pd.read_csv(outside("dawid_skene_1979", "anesthesia.csv")).set_axis(["task", "worker", "label"], axis=1)
    found = aggregate(labels, "dawid-skene")
    shares = found.label.value_counts(normalize=True).sort_index()
    assert shares.to_numpy() == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    assert list(skills(found)) == ["worker", "labels", "right_1", "right_2", "right_3", "right_4"]


def test_published_accuracies_are_reached() -> None:
    """IBCC has the best mean of the published methods over these sets, .8736."""
    names = ("rte", "dog", "sentiment_1k", "product", "face", "weather_cf", "weather_amt", "sp_amt")
    found = []
    for name in names:
        labels, gold = crowd_set(name)
        found.append(right(aggregate(labels, "dawid-skene"), gold))
    assert np.mean(found) >= 0.8736
