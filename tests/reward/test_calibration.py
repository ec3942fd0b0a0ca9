import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.reward import Calibration, calibrate

RAW = np.random.default_rng(0).normal(3.0, 2.0, 500)


def test_the_reference_set_has_mean_zero_and_spread_one():
    calibration = calibrate(RAW, "a set")
    scores = calibration.scaled(RAW)
    assert scores.mean() == pytest.approx(0, abs=1e-12) and scores.std() == pytest.approx(1)
    assert (calibration.reference, calibration.pictures) == ("a set", 500)


def test_the_published_numbers():
    assert Calibration(0.167174, 1.033339, "x").scaled(1.200513) == pytest.approx(1.0)


def test_a_percentile_is_the_share_that_is_worse():
    calibration = calibrate(np.arange(101.0), "a set")
    shares = calibration.percentile(calibration.scaled(np.array([-5.0, 0.0, 25.0, 100.0, 300.0])))
    assert shares.tolist() == pytest.approx([0.0, 0.0, 0.25, 1.0, 1.0])


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_the_chance_to_be_preferred_is_bradley_and_terrys(first, second):
    calibration = Calibration(1.0, 2.0, "a set")
    chance = float(calibration.preference_probability(first, second))
    assert chance + float(calibration.preference_probability(second, first)) == pytest.approx(1)
    assert chance == pytest.approx(1 / (1 + math.exp(-2.0 * (first - second))))


def test_what_a_score_means_in_a_sentence():
    calibration = calibrate(np.arange(101.0), "the base's images")
    assert calibration.describe(float(calibration.scaled(75.0))) == (
        "A score of 0.86: 0.9 standard deviations above the mean of the base's images, better "
        "than 75 % of them; preferred to an average image with probability 100 %."
    )
    assert "below the mean" in calibration.describe(-0.2)
    assert "% of them" not in Calibration(0.0, 1.0, "x").describe(1.0)
    assert "calibrate the model" in Calibration().describe(1.0)


def test_it_survives_json():
    calibration = calibrate(RAW, "a set")
    kept = json.loads(json.dumps(asdict(calibration)))
    assert Calibration(**{**kept, "percentiles": tuple(kept["percentiles"])}) == calibration


@pytest.mark.parametrize("raw", [[], [1.0], [2.0, 2.0], [1.0, float("nan")]])
def test_scores_that_give_no_calibration_are_refused(raw):
    with pytest.raises(ValueError, match="do not give a calibration"):
        calibrate(raw, "a set")


def test_without_percentiles_there_are_none():
    with pytest.raises(ValueError, match="no percentiles"):
        Calibration(0.0, 1.0, "x").percentile(1.0)


@pytest.mark.parametrize(("mean", "spread"), [(0.0, 0.0), (0.0, -1.0), (float("nan"), 1.0)])
def test_a_calibration_that_cannot_be(mean, spread):
    with pytest.raises(ValueError, match="spread above 0"):
        Calibration(mean, spread)
