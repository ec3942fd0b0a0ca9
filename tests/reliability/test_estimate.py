import numpy as np
import pytest

from gamelabel.reliability.estimate import (
    Estimate,
    bootstrap_mean,
    clopper_pearson,
    percentile_interval,
    proportion,
    resample_counts,
    wilson,
)


def test_wilson_interval_at_published_values_and_limits() -> None:
    low, high = wilson([81, 0, 20, 0], [263, 20, 20, 0])
    assert (low[0], high[0]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (low[1], high[1]) == (0.0, pytest.approx(0.1611, abs=5e-5))
    assert (low[2], high[2]) == (pytest.approx(1 - 0.1611, abs=5e-5), 1.0)
    assert (low[3], high[3]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        wilson([3], [2])


def test_clopper_pearson_interval_at_published_values_and_limits() -> None:
    low, high = clopper_pearson([81, 0, 20, 0], [263, 20, 20, 0])
    assert (low[0], high[0]) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert (low[1], high[1]) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert (low[2], high[2]) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert (low[3], high[3]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        clopper_pearson([-1], [2])


def test_intervals_of_proportions_equal_those_of_statsmodels() -> None:
    proportion = pytest.importorskip(
        "statsmodels.stats.proportion", reason="statsmodels is an independent reference"
    )
    right = np.arange(31)
    for interval, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
        expected = proportion.proportion_confint(right, 30, method=method)
        assert np.array(interval(right, np.full(31, 30))) == pytest.approx(
            np.array(expected), abs=1e-9
        )


def test_coverage_of_the_wilson_interval() -> None:
    right = np.random.default_rng(0).binomial(40, 0.8, 20_000)
    low, high = wilson(right, np.full(20_000, 40))
    assert 0.92 < ((low <= 0.8) & (high >= 0.8)).mean() < 0.98


def test_a_proportion_of_nothing_is_undefined_and_its_interval_says_nothing() -> None:
    assert np.isnan(proportion(0, 0).value) and proportion(0, 0)[1:] == (0, 1, 0)
    low, high = wilson(81, 263)
    assert proportion(81, 263) == Estimate(81 / 263, low, high, 263)


def test_other_confidences_give_other_intervals() -> None:
    """Normal quantile 1.644854 for 90 %: by hand for 1 of 2."""
    z2 = 1.644854**2
    margin = np.sqrt(z2 * (0.25 / 2 + z2 / 16)) / (1 + z2 / 2)
    assert proportion(1, 2, 0.9)[1:3] == pytest.approx((0.5 - margin, 0.5 + margin), abs=1e-6)


def test_the_bootstrap_of_a_mean_is_that_of_a_loop() -> None:
    """With the same counts of rows, or of clusters; values of weight 0 may be undefined."""
    values = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
    weights = np.array([1.0, 2.0, 1.0, 3.0, 1.0])
    for clusters in (np.arange(5), np.array([0, 0, 1, 1, 2])):
        counts = resample_counts(clusters.max() + 1, 400, seed=7)[:, clusters]
        means = [np.average(values, weights=weights * count) for count in counts]
        result = bootstrap_mean(values, clusters, weights, replicates=400, seed=7, confidence=0.8)
        expected = (np.average(values, weights=weights), *np.quantile(means, [0.1, 0.9]), 5)
        assert result == pytest.approx(expected)
    partly = bootstrap_mean([1.0, np.nan, 3.0], weights=[1, 0, 1])
    assert (partly.value, partly.n) == (2.0, 2)
    assert np.isnan(bootstrap_mean([1.0], weights=[0])[:3]).all() and bootstrap_mean([]).n == 0
    with pytest.raises(ValueError, match="2 values need 2 weights, none of them negative"):
        bootstrap_mean([1, 2], weights=[1, -1])


def test_the_bootstrap_of_a_mean_covers() -> None:
    rng = np.random.default_rng(2)
    estimates = [bootstrap_mean(rng.exponential(1, 60), seed=trial) for trial in range(400)]
    assert 0.89 < np.mean([estimate.low <= 1 <= estimate.high for estimate in estimates]) < 0.97


def test_resampling_draws_as_many_units_with_replacement() -> None:
    counts = resample_counts(50, 2000, seed=0)
    assert counts.shape == (2000, 50) and (counts.sum(1) == 50).all()
    assert counts.var() == pytest.approx(50 * 0.02 * 0.98, rel=0.05)
    assert (counts == resample_counts(50, 2000, seed=0)).all()
    assert (counts != resample_counts(50, 2000, seed=1)).any()


def test_undefined_replicates_are_left_out() -> None:
    replicates = np.array([1.0, np.nan, 3.0])
    assert percentile_interval(2.0, replicates, 9, confidence=0.5) == (2.0, 1.5, 2.5, 9)
    assert np.isnan(percentile_interval(np.nan, replicates, 9)[:3]).all()
    assert np.isnan(percentile_interval(2.0, np.array([np.nan]), 9)[1:3]).all()


def test_wilson_interval_of_one_trial() -> None:
    """For one success of one the lower limit is 1 / (1 + z²)."""
    low, high = wilson(1, 1)
    assert (low, high) == (pytest.approx(1 / (1 + 1.959964**2), abs=1e-6), 1.0)


def test_resampling_starts_from_seed_0() -> None:
    assert (resample_counts(9, 3) == resample_counts(9, 3, seed=0)).all()
    assert (resample_counts(9, 3) != resample_counts(9, 3, seed=1)).any()
