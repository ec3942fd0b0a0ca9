import numpy as np
import pandas as pd
import pytest

from gamelabel.reliability import accuracy, mean_accuracy
from tests.reliability.external_data import real_crowd

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


def test_accuracy_uses_tasks_with_gold_only() -> None:
    table = accuracy(LABELS, GOLD).set_index("worker")
    assert table.labels.to_dict() == {"u": 2, "v": 3, "w": 1}
    assert table.answered.to_dict() == {"u": 2, "v": 2, "w": 0}
    assert table.accuracy.to_dict() == pytest.approx({"u": 1.0, "v": 0.5, "w": np.nan}, nan_ok=True)
    assert (table.low["w"], table.high["w"]) == (0.0, 1.0)


def test_contradictory_gold_is_refused_and_repeated_gold_is_not() -> None:
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
    table = accuracy(*real_crowd(name))
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
    assert mean_accuracy([0.5, 1.0, np.nan], [1, 0, 9]).n == 2
    for undefined in (mean_accuracy([]), mean_accuracy([np.nan]), mean_accuracy([0.5], [0])):
        assert np.isnan(undefined.value) and undefined[1:3] == (0, 1) and undefined.warning
    with pytest.raises(ValueError, match="2 accuracies need as many weights"):
        mean_accuracy([0.5, 1.0], [1])


def test_coverage_of_mean_accuracy() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(500):
        estimate = mean_accuracy(rng.beta(8, 2, 60))
        inside += estimate.low <= 0.8 <= estimate.high
    assert 0.92 <= inside / 500 <= 0.98
