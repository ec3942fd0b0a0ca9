import numpy as np
import pandas as pd
import pytest

from gamelabel.aggregation import aggregate, score_table, scored_answers
from gamelabel.aggregation.answer_scores import calibration_bins
from gamelabel.aggregation.auto_method import choose_method
from gamelabel.aggregation.crowd_labels import CrowdLabels, crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.probability_calibration import (
    dependence,
    label_correlation,
    scale_by_gold,
    shrink_posterior,
    temper,
)
from gamelabel.reliability import alpha
from gamelabel.tables.encoded_labels import encode_labels, gold_answers
from tests.aggregation.test_aggregate import simulated_labels
from tests.reliability.external_data import real_crowd

CROWDS = ("rte", "dog", "sentiment_1k", "product", "face", "weather_cf", "weather_amt", "sp_amt")


def encoded(labels: pd.DataFrame, gold: pd.DataFrame | None = None) -> CrowdLabels:
    codes = encode_labels(labels)
    return crowd_labels(codes, gold_answers(gold, codes))[0]


def labels_with_hard_tasks() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Workers who are right in 90 %; a third of the tasks looks like the other category."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 600)
    looks = np.where(rng.random(600) < 1 / 3, 1 - truth, truth)
    task, worker = np.repeat(np.arange(600), 8), np.tile(np.arange(8), 600)
    label = np.where(rng.random(len(task)) < 0.9, looks[task], 1 - looks[task])
    labels = pd.DataFrame({"task": task, "worker": worker, "label": label})
    return labels, pd.DataFrame({"task": np.arange(600), "label": truth})


def test_the_correlation_of_labels_is_krippendorffs_alpha() -> None:
    labels, _ = simulated_labels(tasks=50, categories="abc")
    labels = labels.drop(index=range(7))
    assert label_correlation(encoded(labels)) == pytest.approx(alpha(labels))


def test_independent_workers_keep_their_probabilities() -> None:
    """Of 2,000 tasks, hundreds of thousands of labels would be needed to show more dependence."""
    labels, gold = simulated_labels(tasks=2000, labels=6)
    crowd = encoded(labels)
    posterior = dawid_skene(crowd).posterior
    assert dependence(crowd, posterior) < label_correlation(crowd)
    table = scored_answers(labels, gold, ["dawid-skene"])
    assert score_table({"simulated": table}).calibration_error.iloc[0] < 0.04


def test_dependent_labels_count_less_and_no_label_changes() -> None:
    labels, gold = labels_with_hard_tasks()
    scores = {
        calibrated: score_table({"": scored_answers(labels, gold, ["one-coin"], 0, calibrated)})
        for calibrated in (True, False)
    }
    assert scores[True].accuracy.iloc[0] == scores[False].accuracy.iloc[0]
    assert scores[True].brier.iloc[0] < scores[False].brier.iloc[0]


def test_the_design_effect_is_that_of_kish() -> None:
    """With correlation r, n labels are worth n / (1 + (n - 1) r): log odds are divided by that."""
    labels, _ = labels_with_hard_tasks()
    labels = labels[labels.worker < 4]
    crowd = encoded(labels)
    posterior = dawid_skene(crowd).posterior
    r = dependence(crowd, posterior)
    assert 0 < r <= label_correlation(crowd)
    odds, shrunk = (
        np.log(p[:, 0] / p[:, 1]) for p in (posterior, shrink_posterior(crowd, posterior))
    )
    np.testing.assert_allclose(shrunk, odds / (1 + 3 * r), atol=1e-9)


def test_a_single_label_keeps_its_probability() -> None:
    labels, _ = simulated_labels(tasks=60, labels=1)
    crowd = encoded(labels)
    posterior = np.full((60, 2), [0.7, 0.3])
    np.testing.assert_allclose(shrink_posterior(crowd, posterior), posterior)


def test_gold_lowers_probabilities_that_are_too_high_and_raises_none() -> None:
    labels, gold = labels_with_hard_tasks()
    crowd = encoded(labels, gold.head(200))
    sure = crowd.with_gold(np.full((600, 2), [0.99, 0.01]))

    def wrong_in_a_third(part: CrowdLabels) -> np.ndarray:
        return dawid_skene(part).posterior

    lower = scale_by_gold(crowd, sure, wrong_in_a_third)
    assert lower[300, 0] < 0.95 and (lower[:200].max(1) == 1).all()

    def unsure_and_right(part: CrowdLabels) -> np.ndarray:
        return np.where(np.eye(2)[gold.label] > 0, 0.6, 0.4)

    kept = scale_by_gold(crowd, sure, unsure_and_right)
    np.testing.assert_allclose(kept, sure, atol=1e-3)


def test_tempering() -> None:
    posterior = np.array([[0.9, 0.1], [1.0, 0.0]])
    np.testing.assert_allclose(temper(posterior, 1), posterior, atol=1e-300)
    np.testing.assert_allclose(temper(np.array([[0.9, 0.1]]), 0.0), [[0.5, 0.5]])


def test_bins_compare_probability_with_right_answers() -> None:
    answers = pd.DataFrame({"probability": [1.0, 0.95, 0.61], "right": [True, False, True]})
    bins = calibration_bins(answers)
    assert bins.n.tolist() == [1, 2] and bins.right.tolist() == [1.0, 0.5]
    assert bins.probability.tolist() == pytest.approx([0.61, 0.975])


def test_an_answer_that_nobody_gave_has_the_worst_scores() -> None:
    labels = pd.DataFrame({"task": [1, 1], "worker": [*"uv"], "label": [*"aa"]})
    table = scored_answers(labels, pd.DataFrame({"task": [1], "label": ["z"]}), ["majority"])
    assert table.brier.tolist() == [2] and table.log_loss.tolist() == pytest.approx([-np.log(1e-6)])


@pytest.mark.slow
def test_the_default_is_calibrated_and_close_to_the_best_on_real_crowds() -> None:
    """A Brier score at most the majority's, accuracy within a point of the best model's."""
    methods = ["auto", "majority", "weighted", "one-coin", "dawid-skene", "mace"]
    for name in CROWDS:
        labels, gold = real_crowd(name)
        gold = gold[gold.task.isin(labels.task)]
        scores = score_table({name: scored_answers(labels, gold, methods)}).droplevel("crowd")
        assert scores.brier["auto"] <= scores.brier["majority"], name
        assert scores.accuracy["auto"] >= scores.accuracy.max() - 0.01, name
        assert scores.calibration_error["auto"] <= scores.calibration_error["majority"] + 0.03, name


def test_auto_says_what_it_uses() -> None:
    labels, _ = simulated_labels(tasks=60)
    result = aggregate(labels)
    weights = result.attrs["weights"]
    assert sum(weights.values()) == pytest.approx(1) and min(weights.values()) >= 0
    assert "300 hidden labels" in result.attrs["reason"]
    once = labels.drop_duplicates("worker")
    assert choose_method(encoded(once)).weights == {"majority": 1.0}


def test_auto_prefers_confusion_matrices_where_workers_are_biased() -> None:
    """Half of the workers say a far too often, half b: one accuracy does not describe them."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    task, worker = np.repeat(np.arange(400), 10), np.tile(np.arange(10), 400)
    biased = rng.random(len(task)) < 0.6
    label = np.where(biased, worker % 2, truth[task])
    labels = pd.DataFrame({"task": task, "worker": worker, "label": label})
    result = aggregate(labels)
    assert result.attrs["weights"]["one-coin"] < 0.1
    assert (result.label.to_numpy() == truth).mean() > 0.9
