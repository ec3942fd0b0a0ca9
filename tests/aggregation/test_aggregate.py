import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom

from gamelabel.aggregation import METHODS, aggregate, worker_skills
from gamelabel.aggregation.crowd_labels import crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.weighted import PRIOR_STRENGTHS, expected_accuracy
from gamelabel.tables.encoded_labels import encode_labels, gold_answers
from tests.reliability.outside import crowd_set, outside

MODELS = [name for name in METHODS if name not in ("majority", "weighted")]


def played(
    tasks: int = 200, workers: int = 20, labels: int = 5, categories: str = "ab", seed: int = 0
) -> tuple:
    """Labels by workers right with probabilities from .5 to .95, and the truth."""
    rng = np.random.default_rng(seed)
    skill = np.linspace(0.5, 0.95, workers)
    truth = rng.integers(0, len(categories), tasks)
    task = np.repeat(np.arange(tasks), labels)
    worker = np.concatenate([rng.choice(workers, labels, replace=False) for _ in range(tasks)])
    wrong = (truth[task] + rng.integers(1, len(categories), len(task))) % len(categories)
    label = np.where(rng.random(len(task)) < skill[worker], truth[task], wrong)
    names = np.array(list(categories))
    frame = pd.DataFrame({"task": task, "worker": worker, "label": names[label]}).astype(
        {"task": str, "worker": str}
    )
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


@pytest.mark.parametrize("prior", [0, 1])
def test_a_climb_ends_within_its_tolerance_of_the_maximum(prior: float) -> None:
    """However slow it is: where its gains shrink slowly, ten times the last one may be left."""
    labels, _ = played(tasks=1000, labels=3, categories="abc", seed=1)
    coded = encode_labels(labels)
    crowd, _ = crowd_labels(coded, gold_answers(None, coded))
    rough, fine = (dawid_skene(crowd, prior, tolerance) for tolerance in (1e-6, 1e-13))
    assert (
        0 <= fine.objective[-1] - rough.objective[-1] <= 2e-6 * len(labels)
    )  # as far as can be told
    assert len(rough.objective) < len(fine.objective)


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
    """u right in 3 of 3 on gold, v in 0 of 3, all in 3 of 6: Betas of mean 1/2, by how likely they are."""
    rows = [(t, w, label) for t in range(3) for w, label in (("u", "a"), ("v", "b"))] + [
        (3, "u", "a"),
        (3, "v", "b"),
    ]
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    found = aggregate(labels, "weighted", pd.DataFrame({"task": range(3), "label": "a"}))
    likely = np.array([betabinom.pmf([3, 0], 3, s / 2, s / 2).prod() for s in PRIOR_STRENGTHS])
    u = float(((3 + PRIOR_STRENGTHS / 2) / (3 + PRIOR_STRENGTHS)) @ likely / likely.sum())
    about = worker_skills(found).set_index("worker")
    assert about.right.to_dict() == pytest.approx({"u": u, "v": 1 - u})
    assert about.weight.to_dict() == pytest.approx(
        {"u": np.log(u / (1 - u)), "v": -np.log(u / (1 - u))}
    )
    assert found.iloc[3].tolist() == [3, "a", pytest.approx(u**2 / (u**2 + (1 - u) ** 2))]


@pytest.mark.parametrize("gold", [1, 2, 5, 20])
@pytest.mark.parametrize(
    "skill", [(8, 2), (800, 200)], ids=["workers who differ", "workers who are alike"]
)
def test_votes_weighed_by_little_gold_are_no_worse_than_equal_ones(skill: tuple, gold: int) -> None:
    """So many known answers a worker. With three labels of the crowd's accuracy added to each, it was up to .026."""
    better = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        truth, p = rng.random(10_000) < 0.5, rng.beta(*skill, 500)
        task, worker = np.repeat(np.arange(10_000), 5), rng.integers(0, 500, 50_000)
        label = truth[task] == (rng.random(50_000) < p[worker])
        labels = pd.DataFrame({"task": task, "worker": worker, "label": label})
        known = pd.DataFrame({"task": np.arange(100 * gold), "label": truth[: 100 * gold]})
        rights = [
            aggregate(labels, method, known).label == truth for method in ("weighted", "majority")
        ]
        better.append(rights[0].mean() - rights[1].mean())
    assert np.mean(better) > -0.002
    assert gold < 20 or skill == (800, 200) or np.mean(better) > 0.004


@pytest.mark.parametrize(("a", "b"), [(2, 1), (8, 2), (80, 20)])
def test_the_accuracy_expected_of_workers_is_as_near_as_if_their_spread_were_known(
    a: int, b: int
) -> None:
    rng = np.random.default_rng(a)
    truth, seen = rng.beta(a, b, 2000), rng.integers(0, 30, 2000)
    right = rng.binomial(seen, truth)
    known, found = (
        (right + a) / (seen + a + b),
        expected_accuracy(right.astype(float), seen.astype(float)),
    )
    assert ((found - truth) ** 2).mean() < 1.05 * ((known - truth) ** 2).mean()


@pytest.mark.parametrize(
    ("method", "name", "settings"),
    [
        ("majority", "MajorityVote", {}),
        ("dawid-skene", "DawidSkene", {}),
        ("one-coin", "OneCoinDawidSkene", {}),
        pytest.param(
            "mace", "MACE", {"n_restarts": 1}, marks=pytest.mark.full
        ),  # its restarts all start alike
        # left to itself it ends after two rounds, below the maximum: it compares a sum with a mean
        pytest.param(
            "glad", "GLAD", {"n_iter": 40, "tol": -1, "m_step_tol": 1e-4}, marks=pytest.mark.full
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")  # crowd-kit's own
def test_answers_are_those_of_crowd_kit(method: str, name: str, settings: dict) -> None:
    crowdkit = pytest.importorskip(
        "crowdkit.aggregation", reason="crowd-kit is an independent reference"
    )
    labels, _ = played(seed=3)
    theirs = getattr(crowdkit, name)(**settings).fit_predict(labels)
    ours = aggregate(labels, method).set_index("task").label
    assert (theirs.reindex(ours.index) == ours).mean() >= 0.96


def test_without_its_prior_dawid_skene_is_the_maximum_of_the_likelihood() -> None:
    """As likely as where crowd-kit ends, or more: on the patients of 1979 it stops after four rounds."""
    crowdkit = pytest.importorskip(
        "crowdkit.aggregation", reason="crowd-kit is an independent reference"
    )
    labels = pd.read_csv(outside("dawid_skene_1979", "anesthesia.csv")).set_axis(
        ["task", "worker", "label"], axis=1
    )
    coded = encode_labels(labels)
    crowd, _ = crowd_labels(coded, gold_answers(None, coded))
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
    alone, anchored = (
        right(aggregate(labels, method), rest),
        right(aggregate(labels, method, gold), rest),
    )
    assert alone < 0.5 and anchored > 0.7


def test_dawid_and_skenes_patients() -> None:
    """Class shares of the 1979 paper, .40, .42, .11, .07; the observers differ in how they confuse."""
    labels = pd.read_csv(outside("dawid_skene_1979", "anesthesia.csv")).set_axis(
        ["task", "worker", "label"], axis=1
    )
    found = aggregate(labels, "dawid-skene")
    shares = found.label.value_counts(normalize=True).sort_index()
    assert shares.to_numpy() == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    assert list(worker_skills(found)) == [
        "worker",
        "labels",
        "right_1",
        "right_2",
        "right_3",
        "right_4",
    ]


def test_published_accuracies_are_reached() -> None:
    """IBCC has the best mean of the published methods over these sets, .8736."""
    names = ("rte", "dog", "sentiment_1k", "product", "face", "weather_cf", "weather_amt", "sp_amt")
    found = []
    for name in names:
        labels, gold = crowd_set(name)
        found.append(right(aggregate(labels, "dawid-skene"), gold))
    assert np.mean(found) >= 0.8736
