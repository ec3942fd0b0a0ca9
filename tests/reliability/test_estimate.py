import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.reliability.estimate import (
    Estimate,
    clopper_pearson,
    estimate_mean,
    proportion,
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


shares = st.lists(st.floats(0, 1), min_size=3, max_size=12)


@given(shares)
def test_the_interval_of_a_mean_is_a_wilson_interval_with_the_variance_of_the_mean(values) -> None:
    """By hand: trials p (1 - p) / v, with the variance of the mean v, and Student's t."""
    from scipy.stats import t

    x, n = np.array(values), len(values)
    p, v = x.mean(), x.var(ddof=1) / n
    result = estimate_mean(x)
    assert result.value == pytest.approx(p) and result.low <= result.value <= result.high
    if v > 1e-15:
        z, trials = t.ppf(0.975, n - 1), p * (1 - p) / v
        margin = z * np.sqrt(v + z**2 / (4 * trials**2))
        center, scale = p + z**2 / (2 * trials), 1 + z**2 / trials
        expected = [(center - margin) / scale, (center + margin) / scale]
        assert result[1:3] == pytest.approx(expected, abs=1e-9)


@given(shares, st.integers(1, 5), st.floats(0.5, 3))
def test_copies_within_clusters_and_scaled_weights_change_nothing(values, copies, scale) -> None:
    """Rows of a cluster that say the same are no more evidence than one of them."""
    once = estimate_mean(values)
    clusters = np.repeat(np.arange(len(values)), copies)
    again = estimate_mean(np.repeat(values, copies), clusters, np.full(len(clusters), scale))
    assert again[:3] == pytest.approx(once[:3], abs=1e-6) and again.warning == once.warning


@given(shares)
def test_limits_move_and_mirror_the_interval(values) -> None:
    once = estimate_mean(values)
    moved = estimate_mean(10 + 4 * np.array(values), limits=(10, 14))
    assert moved[:3] == pytest.approx([10 + 4 * x for x in once[:3]], abs=1e-6)
    mirrored = estimate_mean(1 - np.array(values))
    expected = [1 - once.value, 1 - once.high, 1 - once.low]
    assert mirrored[:3] == pytest.approx(expected, abs=1e-6)


def test_clusters_that_all_agree_are_as_many_trials() -> None:
    """Five of five clusters at 1: Wilson's interval of 5 successes in 5 trials, with t for z."""
    estimate = estimate_mean(np.ones(100), np.repeat(np.arange(5), 20))
    t = 2.7764451
    assert (estimate.low, estimate.high) == (pytest.approx(5 / (5 + t**2)), 1.0)
    assert estimate.warning == "" and estimate.n == 100


def test_few_clusters_and_few_heavy_ones_are_warned_about() -> None:
    few = estimate_mean([0.2, 0.4, 0.6, 0.8])
    assert few.warning == "the interval rests on 4 clusters of equal weight, fewer than 5"
    heavy = estimate_mean([0.2, 0.4, 0.6, 0.8, 0.5, 0.5], weights=[9, 9, 1, 1, 1, 1])
    assert heavy.warning == "the interval rests on 2.9 clusters of equal weight, fewer than 5"
    assert estimate_mean([0.3])[:3] == (0.3, 0, 1), "one cluster says nothing about others"
    assert estimate_mean([0.2, 0.4, 0.6, 0.8, 0.1]).warning == ""


def test_rows_of_no_weight_are_left_out() -> None:
    partly = estimate_mean([1.0, np.nan, 0.5], weights=[1, 0, 1])
    assert partly == estimate_mean([1.0, 0.5]) and partly.n == 2
    empty = estimate_mean([])
    assert np.isnan(empty.value) and empty[1:] == (0, 1, 0) and empty.warning
    with pytest.raises(ValueError, match="2 values need 2 weights, none of them negative"):
        estimate_mean([1, 1], weights=[1, -1])
    with pytest.raises(ValueError, match=r"the value 2.0 is not within the limits \(0.0, 1.0\)"):
        estimate_mean([1, 2])
    with pytest.raises(ValueError, match="the value nan is not within the limits"):
        estimate_mean([1, np.nan])


@pytest.mark.parametrize("confidence", [95, 1, 0, -0.95, float("nan")])
def test_confidence_is_a_probability(confidence) -> None:
    for interval in (
        lambda: wilson(1, 2, confidence),
        lambda: clopper_pearson(1, 2, confidence),
        lambda: proportion(1, 2, confidence),
        lambda: estimate_mean([0.1, 0.2], confidence=confidence),
    ):
        with pytest.raises(ValueError, match="confidence is a probability such as"):
            interval()


def test_a_warning_stays_with_its_estimate() -> None:
    plain = proportion(1, 2)
    warned = plain.with_warning("few")
    assert plain == warned and plain.warning == "" and "warning='few'" in repr(warned)
    for other in (warned._replace(n=9), copy.copy(warned), pickle.loads(pickle.dumps(warned))):
        assert type(other) is Estimate and other.warning == "few"
    value, low, high, n = warned
    assert Estimate(value, low, high, n).warning == ""


def test_wilson_interval_of_one_trial() -> None:
    """For one success of one the lower limit is 1 / (1 + z²)."""
    low, high = wilson(1, 1)
    assert (low, high) == (pytest.approx(1 / (1 + 1.959964**2), abs=1e-6), 1.0)
