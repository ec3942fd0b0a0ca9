"""Aggregate scores: by hand, against SciPy, and their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import mannwhitneyu, trim_mean

from gamelabel.offline.scores import (
    STATISTICS,
    estimate_score,
    interquartile_mean,
    normalized_score,
    performance_profile,
    probability_of_improvement,
    resample_runs,
)

# runs by tasks
TABLE = np.array([[0.0, 1.0, 2.0], [0.5, 1.5, 0.1], [0.3, 0.2, 0.4], [0.7, 0.9, 8.0]])
tables = arrays(float, st.tuples(st.integers(1, 7), st.integers(1, 6)), elements=st.floats(-9, 9))


def test_the_statistics_of_a_table_by_hand() -> None:
    """Means of tasks .375, .9, 2.625; sorted 0 .1 .2 | .3 .4 .5 .7 .9 1 | 1.5 2 8."""
    values = {name: float(statistic(TABLE)) for name, statistic in STATISTICS.items()}
    assert values == pytest.approx(
        {
            "median": 0.9,
            "IQM": 3.8 / 6,
            "mean": 15.6 / 12,
            "optimality gap": 1 - (0 + 0.1 + 0.2 + 0.3 + 0.4 + 0.5 + 0.7 + 0.9 + 4 * 1) / 12,
        }
    )


@given(tables)
@settings(max_examples=60, deadline=None)
def test_the_iqm_is_scipys_trimmed_mean(scores: np.ndarray) -> None:
    assert float(interquartile_mean(scores)) == pytest.approx(
        trim_mean(scores, 0.25, axis=None), abs=1e-12
    )


@given(tables)
@settings(max_examples=30, deadline=None)
def test_statistics_work_on_many_replicates_at_once(scores: np.ndarray) -> None:
    replicas = resample_runs(scores, 5, seed=1)
    for statistic in STATISTICS.values():
        assert statistic(replicas) == pytest.approx([float(statistic(one)) for one in replicas])


def test_replicates_draw_runs_within_a_task() -> None:
    replicas = resample_runs(np.arange(4) * 10 + np.arange(5)[:, None], 200)
    assert (replicas // 10 == np.arange(4)).all()
    assert len(np.unique(replicas[:, :, 0])) == 5
    assert np.array_equal(replicas, resample_runs(np.arange(4) * 10 + np.arange(5)[:, None], 200))


def test_intervals_cover_the_mean_of_many_draws() -> None:
    """Of 5 tasks with 8 runs, about as often as 95 % says; few runs make it somewhat less."""
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(150):
        scores = rng.normal(np.arange(5), 1.0, (8, 5))
        _, low, high, _ = estimate_score(scores, STATISTICS["mean"], 300, seed=seed)
        hits += low <= 2.0 <= high
    assert 0.86 <= hits / 150 <= 0.99


def test_an_interval_has_the_confidence_asked_for() -> None:
    narrow = estimate_score(TABLE, confidence=0.5)
    wide = estimate_score(TABLE, confidence=0.95)
    assert wide.low < narrow.low <= narrow.value <= narrow.high < wide.high
    assert wide.warning == "the interval rests on 4 runs of equal weight, fewer than 5"
    assert estimate_score(np.vstack([TABLE, TABLE])).warning == ""


@pytest.mark.parametrize(
    "scores", [[0.1, 0.2], np.zeros((0, 3)), [[0.1, np.nan]], [[0.1, np.inf], [0, 0]]]
)
def test_scores_that_are_not_a_table_of_numbers(scores) -> None:
    with pytest.raises(ValueError, match="one a run"):
        estimate_score(scores)


def test_a_performance_profile_falls_from_all_to_none() -> None:
    profile = performance_profile(TABLE, [-1, 0.5, 1.0, 8.0], replicates=200)
    assert profile.value.tolist() == pytest.approx([1, 6 / 12, 3 / 12, 0])
    assert (profile.low <= profile.value).all() and (profile.value <= profile.high).all()
    assert profile.low[0] == profile.high[0] == 1


def test_the_probability_of_improvement_is_mann_whitneys_statistic() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 5, (6, 3)).astype(float), rng.integers(0, 4, (7, 3)) * 1.0
    statistics = [mannwhitneyu(first[:, task], second[:, task]).statistic / 42 for task in range(3)]
    estimate = probability_of_improvement(first, second, 200)
    assert estimate.value == pytest.approx(np.mean(statistics))
    assert estimate.low < estimate.value < estimate.high
    back = probability_of_improvement(second, first, 200)
    assert back.value == pytest.approx(1 - estimate.value)
    with pytest.raises(ValueError, match="scores of 3 tasks, and of 2"):
        probability_of_improvement(first, second[:, :2])


def test_normalized_scores_have_random_at_zero_and_the_best_player_at_one() -> None:
    scores = normalized_score([[165, 1010], [1220, 5130]], [165, 1220], [1010, 5130])
    assert scores[0, 0] == 0 and scores[1, 1] == 1
    with pytest.raises(ValueError, match="above the random one"):
        normalized_score(3.0, random=5.0, best=5.0)
