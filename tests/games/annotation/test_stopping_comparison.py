"""A stopping rule against a fixed number of votes."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.annotation.stopping_comparison import (
    MEAN_OF_CROWDS,
    compare_stopping,
    confidence_bins,
    confidence_rules,
    over_repeats,
    replay_rules,
    summarize_stopping,
)


def crowd(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nine workers, right in 80 %, who vote on 120 points."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, 120)
    right = rng.random((120, 9)) < 0.8
    rows = [(t, w, int(truth[t] == right[t, w])) for t in range(120) for w in range(9)]
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    return labels, pd.DataFrame({"task": range(120), "label": truth})


def test_a_rule_saves_votes_where_workers_err_independently() -> None:
    rules = confidence_rules("0.9, 0.95")
    crowds = {"one": crowd(0), "two": crowd(1)}
    replayed = replay_rules(crowds, rules, 40, [0, 1])
    assert (replayed.groupby(["crowd", "rule", "seed"]).size() == 80).all()
    compared = compare_stopping(replayed, crowds)
    assert len(compared) == 8
    saved = summarize_stopping(compared, "saved")
    assert list(saved) == list(rules)
    assert (saved["confidence 90 %"].loc[MEAN_OF_CROWDS, "value"]) > 0.1
    votes = compared.groupby("rule")["votes"].mean()
    assert votes["confidence 90 %"] < votes["confidence 95 %"] < 9
    for name, bins in confidence_bins(replayed).items():
        for rule, table in bins.items():
            rows = compared[(compared["crowd"] == name) & (compared["rule"] == rule)]
            assert table["n"].sum() == 160
            assert table["confidence"].between(*np.arange(11)[[0, -1]] / 10).all()
            right = (table["value"] * table["n"]).sum() / 160
            assert right == pytest.approx(rows["accuracy"].mean())


def test_without_crowds_nothing_is_compared() -> None:
    replayed = replay_rules({}, confidence_rules("0.9"), 10, [0])
    assert summarize_stopping(compare_stopping(replayed, {}), "gap") == {}
    assert confidence_bins(replayed) == {}


def test_confidences_that_are_not_numbers() -> None:
    with pytest.raises(ValueError, match="separated by commas"):
        confidence_rules("high")
    with pytest.raises(ValueError, match="at most 1, not 90"):
        confidence_rules("90")


def test_one_value_has_no_interval() -> None:
    assert np.isnan(over_repeats([0.5]).low)
