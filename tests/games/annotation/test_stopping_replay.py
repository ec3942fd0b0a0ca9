"""Recorded votes asked again by a stopping rule."""

import pandas as pd
import pytest

from gamelabel.games.annotation.stopping_replay import (
    fixed_votes,
    replay_stopping,
    stopping_scores,
    votes_needed,
)
from gamelabel.games.annotation.stopping_rule import StoppingRule
from tests.games.annotation.test_open_points import simulated_votes
from tests.reliability.external_data import real_crowd


def test_a_replay_takes_recorded_votes_alone_and_depends_on_its_seed_alone() -> None:
    votes = simulated_votes(0)
    rule = StoppingRule(0.9, maximum=5)
    tables = [replay_stopping(votes, rule, seed=seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])
    assert tables[0]["votes"].between(2, 5).all()
    assert (tables[0]["recorded"] == 9).all()


def test_a_confidence_that_nothing_reaches_takes_all_votes() -> None:
    votes = simulated_votes(0, points=20)
    table = replay_stopping(votes, StoppingRule(1.0, maximum=None), "majority")
    assert (table["votes"] == 9).all()
    assert table["stopped"].isna().all()


def test_a_real_crowd_needs_fewer_votes_for_the_same_accuracy() -> None:
    labels, gold = real_crowd("rte")
    known = gold.sample(100, random_state=0)
    rest = gold.drop(known.index)
    replayed = replay_stopping(labels, StoppingRule(0.9), "dawid-skene", known, seed=0)
    scores = stopping_scores(replayed, rest)
    curve = fixed_votes(labels, rest, [1, 2, 3, 5, 7, 10])
    assert scores["votes"] < 0.9 * votes_needed(curve, scores["accuracy"])
    assert abs(scores["gap"]) < 0.05


def test_votes_needed_of_a_curve_that_falls() -> None:
    curve = pd.DataFrame({"votes": [1, 2, 3, 4], "accuracy": [0.6, 0.5, 0.8, 0.7]})
    assert votes_needed(curve, 0.7) == pytest.approx(2.5, abs=0.51)
    assert votes_needed(curve, 0.5) == 1
    assert votes_needed(curve, 0.9) == 4
