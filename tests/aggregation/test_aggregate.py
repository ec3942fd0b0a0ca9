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
from tests.reliability.external_data import external_file, real_crowd

MODELS = ["dawid-skene", "one-coin", "glad", "mace"]


def simulated_labels(
    tasks: int = 200, workers: int = 20, labels: int = 5, categories: str = "ab", seed: int = 0
) -> tuple:
    """Labels by workers with accuracies from 0.5 to 0.95, and the truth."""
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


def accuracy_of(result: pd.DataFrame, gold: pd.DataFrame) -> float:
    joined = result.merge(gold, on="task", suffixes=("", "_true"))
    return float((joined.label == joined.label_true).mean())


@pytest.mark.parametrize("method", MODELS)
def test_the_objective_never_decreases_and_converges(method: str) -> None:
    result = aggregate(simulated_labels(categories="abc")[0], method)
    objective = result.attrs["objective"]
    assert result.attrs["converged"] and len(objective) > 2
    assert (np.diff(objective) > -1e-9 * abs(objective[0])).all()


@pytest.mark.parametrize("prior", [0, 1])
def test_em_ends_within_its_tolerance_of_the_maximum(prior: float) -> None:
    """Also where EM is slow: ten times the last gain may remain."""
    labels, _ = simulated_labels(tasks=1000, labels=3, categories="abc", seed=1)
    coded = encode_labels(labels)
    crowd, _ = crowd_labels(coded, gold_answers(None, coded))
    rough, fine = (dawid_skene(crowd, prior, tolerance) for tolerance in (1e-6, 1e-13))
    assert 0 <= fine.objective[-1] - rough.objective[-1] <= 2e-6 * len(labels)  # up to rounding
    assert len(rough.objective) < len(fine.objective)


@pytest.mark.parametrize("method", METHODS)
@settings(deadline=None, max_examples=10)  # the first call may be slow
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_order_of_rows_and_names_do_not_matter(method: str, seed: int, random) -> None:
    """Exactly for the order of rows; up to rounding for names, which sort differently.

    But which labels "auto" hides, and which gold calibrates, is drawn in the order of the names.
    """
    labels, truth = simulated_labels(tasks=30, workers=8, labels=4, categories="abc", seed=seed)
    gold = truth.head(3)
    result = aggregate(labels, method, gold)
    shuffled = labels.sample(frac=1, random_state=random.randrange(2**31))
    again = aggregate(shuffled, method, gold).set_index("task").loc[result.task].reset_index()
    pd.testing.assert_frame_equal(again, result)
    if method == "auto":
        return
    result = aggregate(labels, method, gold, calibrated=False)
    new = {name: f"{random.randrange(10**9)} {name}" for name in {*labels.task, *labels.worker}}
    renamed = labels.assign(task=labels.task.map(new), worker=labels.worker.map(new))
    renamed_gold = gold.assign(task=gold.task.map(new))
    other = aggregate(renamed, method, renamed_gold, calibrated=False)
    assert other.task.tolist() == result.task.map(new).tolist()
    assert other.probability.to_numpy() == pytest.approx(result.probability.to_numpy(), abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_unanimous_labels_are_kept(method: str) -> None:
    labels, truth = simulated_labels(categories="abc")
    agreed = labels.assign(label=labels.task.map(truth.set_index("task").label))
    result = aggregate(agreed, method)
    assert accuracy_of(result, truth) == 1 and result.probability.min() > 0.9


def test_weights_follow_from_gold() -> None:
    """On gold u is right in 3 of 3, v in 0 of 3: Beta priors of mean 1/2, by their likelihood."""
    rows = [(t, w, label) for t in range(3) for w, label in (("u", "a"), ("v", "b"))] + [
        (3, "u", "a"),
        (3, "v", "b"),
    ]
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    result = aggregate(labels, "weighted", pd.DataFrame({"task": range(3), "label": "a"}))
    likely = np.array([betabinom.pmf([3, 0], 3, s / 2, s / 2).prod() for s in PRIOR_STRENGTHS])
    u = float(((3 + PRIOR_STRENGTHS / 2) / (3 + PRIOR_STRENGTHS)) @ likely / likely.sum())
    about = worker_skills(result).set_index("worker")
    assert about.right.to_dict() == pytest.approx({"u": u, "v": 1 - u})
    assert about.weight.to_dict() == pytest.approx(
        {"u": np.log(u / (1 - u)), "v": -np.log(u / (1 - u))}
    )
    assert result.iloc[3].tolist() == [3, "a", pytest.approx(u**2 / (u**2 + (1 - u) ** 2))]


@pytest.mark.parametrize("gold", [1, 2, 5, 20])
@pytest.mark.parametrize(
    "skill", [(8, 2), (800, 200)], ids=["workers who differ", "workers who are alike"]
)
def test_weights_from_little_gold_do_no_harm(skill: tuple, gold: int) -> None:
    """The parameter is the number of known answers per worker."""
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
def test_expected_accuracy_is_as_good_as_with_the_true_prior(a: int, b: int) -> None:
    rng = np.random.default_rng(a)
    truth, n_answers = rng.beta(a, b, 2000), rng.integers(0, 30, 2000)
    right = rng.binomial(n_answers, truth)
    known, result = (
        (right + a) / (n_answers + a + b),
        expected_accuracy(right.astype(float), n_answers.astype(float)),
    )
    assert ((result - truth) ** 2).mean() < 1.05 * ((known - truth) ** 2).mean()


@pytest.mark.parametrize(
    ("method", "name", "settings"),
    [
        ("majority", "MajorityVote", {}),
        ("dawid-skene", "DawidSkene", {}),
        ("one-coin", "OneCoinDawidSkene", {}),
        pytest.param(
            "mace", "MACE", {"n_restarts": 1}, marks=pytest.mark.full
        ),  # all restarts start at the same point
        # With its own tolerance it stops after two rounds: it compares a sum with a mean.
        pytest.param(
            "glad", "GLAD", {"n_iter": 40, "tol": -1, "m_step_tol": 1e-4}, marks=pytest.mark.full
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")  # warnings of crowd-kit
def test_answers_agree_with_crowd_kit(method: str, name: str, settings: dict) -> None:
    crowdkit = pytest.importorskip(
        "crowdkit.aggregation", reason="crowd-kit is an independent reference"
    )
    labels, _ = simulated_labels(seed=3)
    reference = getattr(crowdkit, name)(**settings).fit_predict(labels)
    result = aggregate(labels, method).set_index("task").label
    assert (reference.reindex(result.index) == result).mean() >= 0.96


def test_dawid_skene_without_prior_maximizes_the_likelihood() -> None:
    """At least as likely as crowd-kit's result, which stops after four iterations here."""
    crowdkit = pytest.importorskip(
        "crowdkit.aggregation", reason="crowd-kit is an independent reference"
    )
    labels = pd.read_csv(external_file("dawid_skene_1979", "anesthesia.csv")).set_axis(
        ["task", "worker", "label"], axis=1
    )
    coded = encode_labels(labels)
    crowd, _ = crowd_labels(coded, gold_answers(None, coded))
    fit = dawid_skene(crowd, prior=0)
    reference = crowdkit.DawidSkene(n_iter=1000).fit(labels)
    joint = np.tile(np.log(reference.priors_.sort_index().to_numpy()), (45, 1))
    errors = reference.errors_[sorted(reference.errors_)]
    for task, worker, label in labels.to_numpy():
        joint[task - 1] += np.log(errors.loc[(worker, label)].to_numpy())
    assert fit.log_likelihood >= np.logaddexp.reduce(joint, 1).sum() - 1e-9
    assert fit.posterior.mean(0) == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)


@pytest.mark.parametrize("method", METHODS)
def test_gold_is_kept_in_the_result(method: str) -> None:
    labels, truth = simulated_labels()
    against = truth.head(20).assign(label=lambda f: f.label.map({"a": "b", "b": "a"}))
    result = aggregate(labels, method, against).set_index("task").loc[against.task]
    assert result.label.tolist() == against.label.tolist() and (result.probability == 1).all()


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("majority", "wawa")])
def test_gold_corrects_workers_who_flip_labels(method: str) -> None:
    """Three in five workers flip their labels: the majority is wrong, and gold shows it."""
    labels, truth = simulated_labels(labels=6)
    flip = labels.worker.astype(int) % 5 < 3
    labels = labels.assign(label=labels.label.where(~flip, labels.label.map({"a": "b", "b": "a"})))
    gold = truth.sample(frac=0.2, random_state=0)
    rest = truth[~truth.task.isin(gold.task)]
    alone, anchored = (
        accuracy_of(aggregate(labels, method), rest),
        accuracy_of(aggregate(labels, method, gold), rest),
    )
    assert alone < 0.5 and anchored > 0.7


def test_patients_of_dawid_and_skene() -> None:
    """The class shares of the 1979 paper are .40, .42, .11 and .07."""
    labels = pd.read_csv(external_file("dawid_skene_1979", "anesthesia.csv")).set_axis(
        ["task", "worker", "label"], axis=1
    )
    result = aggregate(labels, "dawid-skene")
    shares = result.label.value_counts(normalize=True).sort_index()
    assert shares.to_numpy() == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    assert list(worker_skills(result)) == [
        "worker",
        "labels",
        "right_1",
        "right_2",
        "right_3",
        "right_4",
    ]


def test_published_accuracies_are_reached() -> None:
    """The best mean of the published methods over these sets is that of IBCC, .8736."""
    names = ("rte", "dog", "sentiment_1k", "product", "face", "weather_cf", "weather_amt", "sp_amt")
    result = []
    for name in names:
        labels, gold = real_crowd(name)
        result.append(accuracy_of(aggregate(labels, "dawid-skene"), gold))
    assert np.mean(result) >= 0.8736
