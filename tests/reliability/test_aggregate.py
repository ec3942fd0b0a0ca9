import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.reliability import aggregate, skills
from gamelabel.reliability.accuracy import known_answers
from gamelabel.reliability.counts import code
from gamelabel.reliability.methods import METHODS, crowd_of
from gamelabel.reliability.methods.dawid_skene import dawid_skene
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
@settings(deadline=None, max_examples=10)  # the first call may be slow
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_order_of_rows_and_names_change_nothing(method: str, seed: int, random) -> None:
    """Rows byte for byte; other names for tasks and workers, sorted otherwise, but for the last digits."""
    labels, truth = played(tasks=30, workers=8, labels=4, categories="abc", seed=seed)
    gold = truth.head(3)
    found = aggregate(labels, method, gold)
    shuffled = labels.sample(frac=1, random_state=random.randrange(2**31))
    again = aggregate(shuffled, method, gold).set_index("task").loc[found.task].reset_index()
    pd.testing.assert_frame_equal(again, found)
    new = {name: f"{random.randrange(10**9)} {name}" for name in {*labels.task, *labels.worker}}
    renamed = labels.assign(task=labels.task.map(new), worker=labels.worker.map(new))
    other = aggregate(renamed, method, gold.assign(task=gold.task.map(new)))
    assert other.task.tolist() == found.task.map(new).tolist()
    assert other.probability.to_numpy() == pytest.approx(found.probability.to_numpy(), abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_everyone_of_one_mind_is_right(method: str) -> None:
    labels, truth = played(categories="abc")
    agreed = labels.assign(label=labels.task.map(truth.set_index("task").label))
    found = aggregate(agreed, method)
    assert right(found, truth) == 1 and found.probability.min() > 0.9


def test_votes_weigh_as_much_as_gold_says_of_their_workers() -> None:
    """By hand: u right in 3 of 3 on gold, v in 0 of 3; all in 3 of 6, so 3 labels of (3 + 1) / (6 + 2) before."""
    rows = [(t, w, label) for t in range(3) for w, label in (("u", "a"), ("v", "b"))] + [(3, "u", "a"), (3, "v", "b")]
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    found = aggregate(labels, "weighted", pd.DataFrame({"task": range(3), "label": "a"}))
    about = skills(found).set_index("worker")
    assert about.right.to_dict() == pytest.approx({"u": 4.5 / 6, "v": 1.5 / 6})
    assert about.weight.to_dict() == pytest.approx({"u": np.log(3), "v": -np.log(3)})
    assert found.iloc[3].tolist() == [3, "a", pytest.approx(9 / 10)]


@pytest.mark.parametrize(
    ("method", "name", "settings"),
    [
        ("majority", "MajorityVote", {}),
        ("dawid-skene", "DawidSkene", {}),
        ("one-coin", "OneCoinDawidSkene", {}),
        pytest.param("mace", "MACE", {"n_restarts": 1}, marks=pytest.mark.full),  # its restarts all start alike
        # left to itself it ends after two rounds, below the maximum: it compares a sum with a mean
        pytest.param("glad", "GLAD", {"n_iter": 40, "tol": -1, "m_step_tol": 1e-4}, marks=pytest.mark.full),
    ],
)
@pytest.mark.filterwarnings("ignore")  # crowd-kit's own
def test_answers_are_those_of_crowd_kit(method: str, name: str, settings: dict) -> None:
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is an independent reference")
    labels, _ = played(seed=3)
    theirs = getattr(crowdkit, name)(**settings).fit_predict(labels)
    ours = aggregate(labels, method).set_index("task").label
    assert (theirs.reindex(ours.index) == ours).mean() >= 0.96


def test_without_its_prior_dawid_skene_is_the_maximum_of_the_likelihood() -> None:
    """As likely as where crowd-kit ends, or more: on the patients of 1979 it stops after four rounds."""
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is an independent reference")
    labels = pd.read_csv(outside("dawid_skene_1979", "anesthesia.csv")).set_axis(["task", "worker", "label"], axis=1)
    coded = code(labels)
    crowd, _ = crowd_of(coded, known_answers(None, coded))
    fit = dawid_skene(crowd, prior=0)
    theirs = crowdkit.DawidSkene(n_iter=1000).fit(labels)
    joint = np.tile(np.log(theirs.priors_.sort_index().to_numpy()), (45, 1))
    errors = theirs.errors_[sorted(theirs.errors_)]
    for task, worker, label in labels.to_numpy():
        joint[task - 1] += np.log(errors.loc[(worker, label)].to_numpy())
    assert fit.log_likelihood >= np.logaddexp.reduce(joint, 1).sum() - 1e-9
    assert fit.posterior.mean(0) == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)


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
