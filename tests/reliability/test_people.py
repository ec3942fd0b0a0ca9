import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.aggregation import aggregate
from gamelabel.reliability import (
    accuracy,
    cost,
    mean_accuracy,
    participation,
    wilson,
)
from gamelabel.reliability.estimate import clopper_pearson
from tests.reliability.outside import crowd_set

LABELS = pd.DataFrame(
    [
        ("t0", "u", "a"),
        ("t0", "v", "b"),
        ("t1", "u", "b"),
        ("t1", "v", "b"),
        ("t2", "v", "a"),
        ("t2", "w", "b"),
    ],
    columns=["task", "worker", "label"],
)
GOLD = pd.DataFrame({"task": ["t0", "t1"], "label": ["a", "b"]})


def test_wilsons_interval_at_published_values_and_at_the_ends() -> None:
    low, high = wilson([81, 0, 20, 0], [263, 20, 20, 0])
    assert (low[0], high[0]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (low[1], high[1]) == (0.0, pytest.approx(0.1611, abs=5e-5))
    assert (low[2], high[2]) == (pytest.approx(1 - 0.1611, abs=5e-5), 1.0)
    assert (low[3], high[3]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        wilson([3], [2])


def test_clopper_and_pearsons_interval_at_published_values_and_at_the_ends() -> None:
    low, high = clopper_pearson([81, 0, 20, 0], [263, 20, 20, 0])
    assert (low[0], high[0]) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert (low[1], high[1]) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert (low[2], high[2]) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert (low[3], high[3]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        clopper_pearson([-1], [2])


def test_the_intervals_of_a_share_are_those_of_statsmodels() -> None:
    proportion = pytest.importorskip(
        "statsmodels.stats.proportion", reason="statsmodels is an independent reference"
    )
    right = np.arange(31)
    for ours, theirs in ((wilson, "wilson"), (clopper_pearson, "beta")):
        expected = proportion.proportion_confint(right, 30, method=theirs)
        assert np.array(ours(right, np.full(31, 30))) == pytest.approx(np.array(expected), abs=1e-9)


def test_wilsons_interval_covers_about_as_often_as_it_says() -> None:
    right = np.random.default_rng(0).binomial(40, 0.8, 20_000)
    low, high = wilson(right, np.full(20_000, 40))
    assert 0.92 < ((low <= 0.8) & (high >= 0.8)).mean() < 0.98


def test_accuracy_counts_what_has_a_known_answer() -> None:
    table = accuracy(LABELS, GOLD).set_index("worker")
    assert table.labels.to_dict() == {"u": 2, "v": 3, "w": 1}
    assert table.answered.to_dict() == {"u": 2, "v": 2, "w": 0}
    assert table.accuracy.to_dict() == pytest.approx({"u": 1.0, "v": 0.5, "w": np.nan}, nan_ok=True)
    assert (table.low["w"], table.high["w"]) == (0.0, 1.0)


def test_gold_that_contradicts_itself_is_refused_and_said_twice_it_is_not() -> None:
    with pytest.raises(
        ValueError, match="gold contradicts itself: it has two answers for 1 tasks, such as 't0'"
    ):
        accuracy(LABELS, pd.DataFrame({"task": ["t0", "t0"], "label": ["a", "b"]}))
    assert accuracy(LABELS, pd.concat([GOLD, GOLD])).equals(accuracy(LABELS, GOLD))
    with pytest.raises(ValueError, match="gold has no column label"):
        accuracy(LABELS, GOLD[["task"]])


@pytest.mark.parametrize(
    ("name", "of_labels", "of_workers"), [("rte", 0.729, 0.837), ("sp_amt", 0.8935, 0.890)]
)
def test_accuracy_of_real_crowds(name: str, of_labels: float, of_workers: float) -> None:
    table = accuracy(*crowd_set(name))
    assert table.right.sum() / table.answered.sum() == pytest.approx(of_labels, abs=5e-4)
    assert table[table.answered >= 10].accuracy.mean() == pytest.approx(of_workers, abs=5e-4)
    weighted = mean_accuracy(table.accuracy, table.answered)
    assert (
        weighted.value == pytest.approx(of_labels, abs=5e-4)
        and weighted.low < weighted.value < weighted.high
    )


def test_mean_accuracy_by_player_and_by_label() -> None:
    assert mean_accuracy([0.5, 1.0, np.nan]).value == 0.75
    assert mean_accuracy([0.5, 1.0, np.nan], [1, 3, 9]).value == 0.875
    assert mean_accuracy([0.5, 1.0, np.nan]).n == 2
    assert np.isnan(mean_accuracy([])[:3]).all() and np.isnan(mean_accuracy([0.5], [0]).value)
    with pytest.raises(ValueError, match="2 accuracies need as many weights"):
        mean_accuracy([0.5, 1.0], [1])


def test_mean_accuracys_interval_covers() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for trial in range(500):
        estimate = mean_accuracy(rng.beta(8, 2, 60), replicates=400, seed=trial)
        inside += estimate.low <= 0.8 <= estimate.high
    assert 0.92 <= inside / 500 <= 0.98


def test_majority_breaks_ties_by_seed_and_gold_stands() -> None:
    table = aggregate(LABELS).set_index("task")
    assert table.probability.to_dict() == {"t0": 0.5, "t1": 1.0, "t2": 0.5}
    assert table.label["t1"] == "b"
    anchored = aggregate(LABELS, gold=GOLD).set_index("task")
    assert (
        anchored.loc[["t0", "t1"], "label"].tolist() == ["a", "b"]
        and anchored.probability["t0"] == 1.0
    )
    ties = pd.DataFrame(
        {"task": np.repeat(np.arange(4000), 2), "worker": 0, "label": ["a", "b"] * 4000}
    )
    firsts = (aggregate(ties, seed=3).label == "a").mean()
    assert firsts == pytest.approx(0.5, abs=0.04)
    assert not aggregate(ties, seed=3).equals(aggregate(ties, seed=4))
    assert len(aggregate(LABELS.head(0))) == 0
    with pytest.raises(ValueError, match="unknown method 'plurality'"):
        aggregate(LABELS, "plurality")  # type: ignore[arg-type]


@settings(deadline=None)  # the first call may be slow
@given(st.permutations(range(len(LABELS))))
def test_the_order_of_rows_changes_no_majority(order) -> None:
    shuffled = aggregate(LABELS.iloc[order]).sort_values("task", ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, aggregate(LABELS))


@pytest.mark.parametrize(
    ("name", "expected"), [("rte", 0.908), ("dog", 0.815), ("sentiment_1k", 0.935), ("face", 0.635)]
)
def test_majority_on_real_crowds(name: str, expected: float) -> None:
    labels, gold = crowd_set(name)
    joined = aggregate(labels).merge(gold, on="task", suffixes=("", "_true"))
    assert (joined.label == joined.label_true).mean() == pytest.approx(
        expected, abs=0.012
    )  # ties are settled otherwise


def test_participation_by_hand() -> None:
    shared = participation([1, 0, 3, 4])
    assert shared.lorenz.tolist() == [0, 0, 0.125, 0.5, 1]
    assert shared.gini == pytest.approx(1 - (2 * 1.625 - 1) / 4)
    assert (shared.players, shared.labels, shared.mean, shared.busiest) == (4, 8, 2.0, 4)
    assert shared.sd == pytest.approx(np.std([1, 0, 3, 4], ddof=1))
    assert [shared.top_share(k) for k in (0, 1, 2, 4, 9)] == [0, 0.5, 0.875, 1, 1]
    assert participation(LABELS).busiest == 3


@settings(deadline=None)  # the first call may be slow
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40))
def test_gini_lies_between_equal_and_one_for_all(counts) -> None:
    shared = participation(counts)
    if sum(counts):
        assert -1e-12 <= shared.gini <= 1 - 1 / len(counts) + 1e-12
        difference = np.abs(np.subtract.outer(counts, counts)).sum()
        assert shared.gini == pytest.approx(difference / (2 * len(counts) * sum(counts)))
    else:
        assert np.isnan(shared.gini)


def test_nobody_and_one_player() -> None:
    assert participation([]).players == 0 and np.isnan(participation([]).gini)
    assert participation([5]).gini == 0 and np.isnan(participation([5]).sd)


def test_a_label_without_a_worker_is_nobodys_share() -> None:
    unnamed = LABELS.assign(worker=LABELS.worker.where(LABELS.worker != "w"))
    assert (participation(unnamed).players, participation(unnamed).labels) == (2, 5)


def test_the_cost_of_the_paper() -> None:
    assert cost(16_356) == pytest.approx(8, rel=0.01)
    assert cost(LABELS, ecpm=10) == pytest.approx(0.02) and cost(0) == 0
    with pytest.raises(ValueError, match="a batch has at least one label"):
        cost(5, batch=0)
