"""Win matrices and win rates: by hand, their symmetry, their intervals, simulated players."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.tuning.versus import (
    outcomes_by_players,
    outcomes_by_score,
    win_gain,
    win_matrix,
    win_rates,
)

SCORES = {
    "base": [0.0, 0.5, 1.0, 0.2],
    "better": [1.0, 0.5, 1.0, 0.9],
    "worse": [0.0, 0.0, 0.0, 0.0],
}


def cell(matrix: pd.DataFrame, first: str, second: str) -> pd.Series:
    return matrix.set_index(["first", "second"]).loc[first, second]


def test_wins_by_hand():
    matrix = win_matrix(outcomes_by_score(SCORES), list(SCORES))
    assert cell(matrix, "better", "base").value == (1 + 0.5 + 0.5 + 1) / 4
    assert cell(matrix, "worse", "base").value == 0.5 / 4
    table = win_rates(matrix, "base").set_index("model")
    assert table.index.tolist() == ["better", "base", "worse"]
    assert table["wins"].tolist() == [3 + 4, 1 + 3.5, 0.5]
    assert table["comparisons"].tolist() == [8, 8, 8]
    assert table["value"].tolist() == [0.75, 0.5, 0.125] and (table["n"] == 4).all()
    with pytest.raises(ValueError, match="'other' is not one of the models"):
        win_rates(matrix, "other")


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=20))
def test_if_one_model_wins_the_other_loses(scores):
    matrix = win_matrix(outcomes_by_score(dict(zip("abc", np.array(scores).T, strict=True))), "abc")
    value, low, high = (
        matrix.pivot(index="first", columns="second", values=v).to_numpy()
        for v in ("value", "low", "high")
    )
    assert np.allclose(value + value.T, 1) and np.allclose(low + high.T, 1)
    assert (np.diag(value) == 0.5).all() and (low <= value).all() and (value <= high).all()


def test_intervals_narrow_and_hold_the_truth():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(60):
        chance = rng.random(400) < 0.6
        matrix = win_matrix(outcomes_by_score({"a": chance, "b": ~chance}), "ab")
        row = cell(matrix, "a", "b")
        covered += row.low <= 0.6 <= row.high
        assert 0.08 < row.high - row.low < 0.11, "4 standard errors of .0245"
    assert covered >= 52


def test_win_rates_against_the_base_are_compared_on_the_same_prompts():
    rng = np.random.default_rng(0)
    base = rng.normal(size=400)
    first = base + rng.choice([-1, 1], 400)
    second = np.where(rng.random(400) < 0.1, base - 1, first)  # worse on a tenth of the prompts
    names = ["base", "first", "second"]
    outcomes = outcomes_by_score(dict(zip(names, (base, first, second), strict=True)))
    rates = win_rates(win_matrix(outcomes, names), "base").set_index("model")
    gain = win_gain(outcomes, names, "first", "second", "base")
    assert gain.value == pytest.approx(rates.value["first"] - rates.value["second"])
    assert gain.low > 0 and rates.low["first"] < rates.high["second"]  # apart only if paired
    outcomes[:399, 1, 0] = np.nan
    assert win_gain(outcomes, names, "first", "second", "base").n == 1


def test_players_see_what_is_true_with_their_skill():
    rng = np.random.default_rng(1)
    truth = rng.random(300)
    scores = {"good": truth + 1.0, "middle": truth + 0.5, "bad": truth}
    outcomes = outcomes_by_players(scores, players=100, seed=2)
    judged = ~np.isnan(outcomes)
    assert np.array_equal(judged, judged.transpose(0, 2, 1)) and judged.mean() > 0.9
    assert np.allclose((outcomes + outcomes.transpose(0, 2, 1))[judged], 1.0)
    matrix = win_matrix(outcomes, list(scores))
    for better, worse in (("good", "bad"), ("good", "middle"), ("middle", "bad")):
        assert 0.7 < cell(matrix, better, worse).value < 0.95, "most players see it, none always"
    assert np.array_equal(
        outcomes_by_players(scores, players=100, seed=2), outcomes, equal_nan=True
    )
    equal = win_matrix(outcomes_by_players({"a": truth, "b": truth}, players=100, seed=2), "ab")
    assert cell(equal, "a", "b").low < 0.5 < cell(equal, "a", "b").high, "a matter of taste"


def test_few_players_leave_pairs_without_labels():
    scores = {"a": np.ones(2000), "b": np.zeros(2000)}
    outcomes = outcomes_by_players(scores, players=5, seed=0)
    n_judged = int((~np.isnan(outcomes[:, 0, 1])).sum())
    assert 0 < n_judged < 2000 and cell(win_matrix(outcomes, "ab"), "a", "b").n == n_judged


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="same prompts"):
        outcomes_by_score({"a": [1.0], "b": [1.0, 2.0]})
    with pytest.raises(ValueError, match="1 scores are not finite"):
        outcomes_by_score({"a": [1.0], "b": [float("nan")]})
    with pytest.raises(ValueError, match="two models or more, not 1"):
        outcomes_by_players({"a": [1.0]})
