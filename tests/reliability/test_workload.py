import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.reliability import cost, participation

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
def test_gini_equals_the_mean_difference_formula(counts) -> None:
    shared = participation(counts)
    if sum(counts):
        assert -1e-12 <= shared.gini <= 1 - 1 / len(counts) + 1e-12
        difference = np.abs(np.subtract.outer(counts, counts)).sum()
        assert shared.gini == pytest.approx(difference / (2 * len(counts) * sum(counts)))
    else:
        assert np.isnan(shared.gini)


def test_participation_without_players_and_with_one() -> None:
    assert participation([]).players == 0 and np.isnan(participation([]).gini)
    assert participation([5]).gini == 0 and np.isnan(participation([5]).sd)


def test_labels_without_a_worker_are_left_out() -> None:
    unnamed = LABELS.assign(worker=LABELS.worker.where(LABELS.worker != "w"))
    assert (participation(unnamed).players, participation(unnamed).labels) == (2, 5)


def test_cost_of_the_paper() -> None:
    assert cost(16_356) == pytest.approx(8, rel=0.01)
    assert cost(LABELS, ecpm=10) == pytest.approx(0.02) and cost(0) == 0
    with pytest.raises(ValueError, match="a batch has at least one label"):
        cost(5, batch=0)


def test_more_busiest_players_than_there_are_gave_all_labels() -> None:
    assert participation(np.array([3, 1])).top_share(16) == 1.0


def test_advertisements_of_no_value_cost_nothing() -> None:
    assert cost(10, ecpm=0) == 0
