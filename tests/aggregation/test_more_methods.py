"""Wawa, KOS and MMSR, numbers and sets, options, and what a result contains."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.aggregation import (
    METHODS,
    aggregate,
    aggregate_numbers,
    aggregate_sets,
    copied_answers,
    fit_labels,
    suspected_spam,
    worker_skills,
    workers_report,
)
from tests.aggregation.test_aggregate import accuracy_of, simulated_labels
from tests.reliability.external_data import external_file

REFERENCE = "crowd-kit is an independent reference"


def test_options_reach_the_method_and_unknown_ones_are_refused() -> None:
    labels, _ = simulated_labels(tasks=50)
    with pytest.warns(UserWarning, match="dawid-skene has not converged after 2 iterations"):
        short = aggregate(labels, "dawid-skene", iterations=2)
    assert len(short.attrs["objective"]) == 2
    with pytest.raises(ValueError, match=r"unknown option 'priors'.*options prior, tolerance"):
        aggregate(labels, "dawid-skene", priors=0)
    with pytest.raises(ValueError, match="'majority' has no options"):
        aggregate(labels, "majority", prior=1)


@pytest.mark.parametrize("method", ["dawid-skene", "one-coin", "mace"])
def test_restarts_never_lower_the_objective(method: str) -> None:
    labels, _ = simulated_labels(tasks=60, workers=8, labels=3, categories="abc", seed=7)
    once = aggregate(labels, method, calibrated=False)
    best = aggregate(labels, method, calibrated=False, restarts=5)
    assert best.attrs["objective"][-1] >= once.attrs["objective"][-1]
    again = aggregate(labels, method, calibrated=False, restarts=5)
    pd.testing.assert_frame_equal(best, again)


def test_dawid_and_skene_as_published() -> None:
    """The maximum of the likelihood of the 1979 data is -190.731 without its constant terms."""
    labels = pd.read_csv(external_file("dawid_skene_1979", "anesthesia.csv")).set_axis(
        ["task", "worker", "label"], axis=1
    )
    fit = fit_labels(labels, "dawid-skene", prior=0, calibrated=False, tolerance=1e-12)
    assert fit.log_likelihood == pytest.approx(-190.731, abs=5e-4)
    assert fit.class_shares.to_numpy() == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    matrices = fit.confusion_matrices(prior=0)
    assert matrices.shape == (20, 4)
    right = worker_skills(fit.table).filter(like="right").to_numpy()
    own = matrices.to_numpy().reshape(5, 4, 4).diagonal(axis1=1, axis2=2)
    assert own == pytest.approx(right, abs=1e-4)


def test_posteriors_and_ties() -> None:
    labels = pd.DataFrame(
        [("t2", "u", "a"), ("t2", "v", "b"), ("t1", "u", "a"), ("t1", "v", "a")],
        columns=["task", "worker", "label"],
    )
    fit = fit_labels(labels, "majority")
    assert fit.posteriors.to_dict("index") == {"t2": {"a": 0.5, "b": 0.5}, "t1": {"a": 1, "b": 0}}
    assert fit.tied_tasks.tolist() == ["t2"]
    assert fit.class_shares.to_dict() == {"a": 0.75, "b": 0.25}


def test_wawa_is_the_weighted_majority_of_agreement() -> None:
    """Independent: weights and shares by hand, for a crowd without ties."""
    labels, _ = simulated_labels(tasks=80, labels=5, seed=4)
    majority = labels.groupby("task").label.agg(lambda chosen: chosen.value_counts().index[0])
    agrees = labels.label == labels.task.map(majority)
    skill = agrees.groupby(labels.worker).mean()
    votes = labels.assign(weight=labels.worker.map(skill)).pivot_table(
        index="task", columns="label", values="weight", aggfunc="sum", fill_value=0
    )
    share = votes.div(votes.sum(axis=1), axis=0)
    fit = fit_labels(labels, "wawa")
    pd.testing.assert_frame_equal(fit.posteriors.sort_index(), share, check_names=False)
    about = worker_skills(fit.table).set_index("worker").agreement
    assert about.to_dict() == pytest.approx(skill.to_dict())


@pytest.mark.filterwarnings("ignore")
def test_kos_and_mmsr_agree_with_crowd_kit() -> None:
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason=REFERENCE)
    labels, truth = simulated_labels(tasks=300, workers=15, labels=7, seed=2)
    for method, model in (
        ("kos", crowdkit.KOS(n_iter=20)),
        ("mmsr", crowdkit.MMSR(random_state=0)),
    ):
        result = aggregate(labels, method)
        reference = model.fit_predict(labels)
        answers = result.set_index("task").label
        assert (reference.reindex(answers.index) == answers).mean() >= 0.96, method
        assert accuracy_of(result, truth) > accuracy_of(aggregate(labels, "majority"), truth)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", METHODS)
def test_workers_who_all_contradict_each_other_count_the_same(method) -> None:
    labels = pd.DataFrame({"task": 1, "worker": list("uvw"), "label": list("cab")})
    posteriors = fit_labels(labels, method).posteriors.to_numpy()
    np.testing.assert_allclose(posteriors, 1 / 3, atol=1e-9)


def test_mmsr_distinguishes_skills_despite_colluding_workers() -> None:
    """Not worse than crowd-kit's, whose weights are log(p / (1 - p))."""
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason=REFERENCE)
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    skill = np.linspace(0.6, 0.95, 8)
    columns = [np.where(rng.random(2000) < p, truth, 1 - truth) for p in skill]
    colluding = rng.integers(0, 2, 2000)
    columns += [colluding, colluding]
    labels = pd.DataFrame(
        [(t, w, label) for w, column in enumerate(columns) for t, label in enumerate(column)],
        columns=["task", "worker", "label"],
    )
    right = worker_skills(aggregate(labels, "mmsr")).right
    weights = crowdkit.MMSR(random_state=0).fit(labels).skills_.sort_index()
    reference = 1 / (1 + np.exp(-weights.to_numpy()))
    assert np.abs(right[:8] - skill).max() <= np.abs(reference[:8] - skill).max()
    assert (np.diff(right[:8]) > 0).all() and right[8:].max() < 0.6


def test_kos_finds_the_one_against_the_others() -> None:
    labels, truth = simulated_labels(tasks=200, labels=7, categories="abc")
    assert accuracy_of(aggregate(labels, "kos"), truth) > 0.9


def test_numbers_are_the_additive_model_where_workers_are_alike() -> None:
    """With equal spreads the weighted mean is least squares on tasks and workers."""
    rng = np.random.default_rng(1)
    task, worker = (
        np.repeat(np.arange(400), 3),
        rng.permuted(np.tile(np.arange(5), (400, 1)), axis=1)[:, :3].ravel(),
    )
    value, bias = rng.normal(size=400), np.array([0.5, -0.5, 0.2, -0.2, 0.0])
    label = value[task] + bias[worker] + 0.3 * rng.normal(size=1200)
    numbers = aggregate_numbers(pd.DataFrame({"task": task, "worker": worker, "label": label}))
    design = np.hstack([np.eye(400)[task], np.eye(5)[worker]])
    solution = np.linalg.lstsq(design, label, rcond=None)[0]
    fitted = solution[400:] - (solution[400:][worker]).mean()
    np.testing.assert_allclose(numbers.workers.bias, fitted, atol=0.02)
    np.testing.assert_allclose(numbers.workers.spread, 0.3, atol=0.06)
    right = np.abs(numbers.table.value - value) < 1.96 * numbers.table.error
    assert 0.9 < right.mean() < 0.99


def test_exact_workers_count_more_and_gold_removes_the_bias_of_all() -> None:
    rng = np.random.default_rng(2)
    value = rng.normal(size=300)
    rows = [
        (t, w, value[t] + 2 + spread * rng.normal())
        for t in range(300)
        for w, spread in (("exact", 0.1), ("u", 1.0), ("v", 1.0))
    ]
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    gold = pd.DataFrame({"task": range(50), "label": value[:50]})
    numbers = aggregate_numbers(labels, gold)
    spread = numbers.workers.set_index("worker").spread
    assert spread["exact"] < 0.3 < 0.8 < spread["u"]
    assert np.abs(numbers.table.value[50:] - value[50:]).mean() < 0.15
    with pytest.raises(ValueError, match="label 'good' is not a finite number"):
        aggregate_numbers(labels.assign(label="good"))


def test_sets_of_labels() -> None:
    rows = [
        ("t1", "u", ["cat", "dog"]), ("t1", "v", ("cat",)), ("t1", "w", {"cat", "dog"}),
        ("t2", "u", []), ("t2", "v", ["dog"]), ("t2", "w", []),
    ]  # fmt: skip
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    result = aggregate_sets(labels, "majority")
    assert result.task.tolist() == ["t1", "t2"] and result.label.tolist() == [("cat", "dog"), ()]
    assert result.probabilities[0] == pytest.approx({"cat": 1.0, "dog": 2 / 3})
    known = aggregate_sets(labels, "majority", pd.DataFrame({"task": ["t2"], "label": [["dog"]]}))
    assert known.label.tolist() == [("cat", "dog"), ("dog",)]
    with pytest.raises(ValueError, match="label 'cat' in row 0 is not a list"):
        aggregate_sets(labels.assign(label="cat"))


def crowd_with_copies_and_spam() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 200)
    columns = {}
    for name in "uvwxyz":
        wrong = (truth + rng.integers(1, 3, 200)) % 3
        columns[name] = np.where(rng.random(200) < 0.75, truth, wrong)
    columns["copy"] = columns["x"].copy()
    columns["always"] = np.zeros(200, int)
    rows = [(t, w, "abc"[k], 2.0) for w, column in columns.items() for t, k in enumerate(column)]
    return pd.DataFrame(rows, columns=["task", "worker", "label", "seconds"])


def test_the_report_names_copies_and_spam() -> None:
    labels = crowd_with_copies_and_spam()
    fit = fit_labels(labels, "dawid-skene")
    copied = copied_answers(fit)
    assert copied[["worker", "other"]].to_numpy().tolist() == [["copy", "x"]]
    assert copied.equal.tolist() == [1.0] and copied.expected[0] < 0.8
    report = workers_report(labels, fit).set_index("worker")
    assert report.copies["copy"] == "x" and report.copies["x"] == "copy"
    assert report.seconds.tolist() == [2.0] * 8 and report.left_share.isna().all()
    assert report.loc[[*"uvwyz"]].suspicion.isna().all()
    suspects = suspected_spam(report.reset_index()).set_index("worker").suspicion
    assert suspects["always"] == "gives the label a in 100% of cases"
    assert suspects["copy"] == "agrees improbably often with x"
    assert set(suspects.index) == {"always", "copy", "x"}


def test_copies_are_found_where_the_model_believes_them() -> None:
    """Two who always agree look right, so their own labels must not say what to expect of them."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 300)
    columns = {w: np.where(rng.random(300) < 0.75, truth, 1 - truth) for w in "uvwxyz"}
    columns["copy"] = columns["u"]
    labels = pd.concat(
        pd.DataFrame({"task": range(300), "worker": w, "label": column})
        for w, column in columns.items()
    )
    fit = fit_labels(labels, "one-coin")
    assert worker_skills(fit.table).set_index("worker").right["copy"] > 0.95
    assert copied_answers(fit)[["worker", "other"]].to_numpy().tolist() == [["copy", "u"]]
    honest = fit_labels(labels[labels.worker != "copy"], "one-coin")
    assert copied_answers(honest).empty


def test_skills_have_intervals() -> None:
    labels, _ = simulated_labels(tasks=1000, workers=20, labels=5)
    report = workers_report(labels, fit_labels(labels, "one-coin"))
    skill = np.linspace(0.5, 0.95, 20)[report.worker.astype(int)]
    assert ((report.low < skill) & (skill < report.high)).mean() >= 0.8
    assert report.labels.sum() == 5000 and report.copies.isna().all()
    with pytest.raises(ValueError, match="nothing about these workers"):
        workers_report(labels, fit_labels(labels, "majority"))


def test_the_report_knows_sides() -> None:
    labels = pd.DataFrame(
        {"task": range(4), "worker": "u", "label": [*"abab"], "shown_left": [*"abba"]}
    )
    report = workers_report(labels, fit_labels(labels, "one-coin"))
    assert report.left_share.tolist() == [0.5] and np.isnan(report.agreement[0])


def test_a_report_without_labels_is_refused() -> None:
    nothing = pd.DataFrame({"task": [], "worker": [], "label": []}, dtype=object)
    with pytest.raises(ValueError, match="there are no labels to report on"):
        workers_report(nothing, fit_labels(nothing))
    assert copied_answers(fit_labels(nothing, "one-coin")).empty


def test_a_report_of_labels_without_workers_is_refused() -> None:
    labels = pd.DataFrame({"task": [1, 2], "worker": ["u", "v"], "label": ["a", "b"]})
    with pytest.raises(ValueError, match="labels have no column worker"):
        workers_report(labels.drop(columns="worker"), fit_labels(labels, "one-coin"))
