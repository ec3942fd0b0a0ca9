"""Intervals cover the variation that they say: of trainings and teachers, or of crowds."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.following.score_intervals import estimate_scores, over_crowds, over_teachers


def answers(teachers: float, trainings: float, seed: int) -> pd.DataFrame:
    """Return right and wrong answers of 20 teachers and 4 trainings, right at 0.4 on average.

    `teachers` and `trainings` are the standard deviations of their shares of right answers.
    """
    rng = np.random.default_rng(seed)
    of_teacher, of_training = rng.normal(0, teachers, 20), rng.normal(0, trainings, 4)
    share = 0.4 + of_teacher[:, None, None] + of_training
    right = rng.random((20, 10, 4)) < share
    teacher, example, training = np.indices(right.shape).reshape(3, -1)
    columns = {"teacher_id": teacher, "example_id": 10 * teacher + example, "seed": training}
    return pd.DataFrame({**columns, "value": right.ravel().astype(float)})


def test_an_interval_over_trainings_covers_the_mean_of_trainings() -> None:
    """With trainings that differ, an interval over teachers alone is too narrow."""
    covered = {"both": 0, "teachers": 0}
    for seed in range(25):
        table = answers(0.05, 0.12, seed)
        averaged = table.groupby(["example_id", "teacher_id"])["value"].mean().reset_index()
        for name, rows in (("both", table), ("teachers", averaged)):
            estimate = over_teachers(rows)
            covered[name] += estimate.low <= 0.4 <= estimate.high
    assert covered["both"] >= 22
    assert covered["teachers"] <= 18


def test_trainings_that_are_alike_add_little() -> None:
    table = answers(0.1, 0.0, seed=0)
    one = over_teachers(table[table["seed"] == 0])
    alike = [table[table["seed"] == 0].assign(seed=seed) for seed in range(4)]
    estimate = over_teachers(pd.concat(alike))
    assert estimate == pytest.approx(one, abs=0.002)
    assert estimate.warning == one.warning == ""


def test_few_trainings_that_differ_much_are_warned_about() -> None:
    table = answers(0.0, 0.0, seed=0)
    assert over_teachers(table.assign(value=(table["seed"] < 2).astype(float))).warning
    assert not over_teachers(table.assign(value=0.0)).warning


def test_crowds_weigh_the_same_whatever_their_tests() -> None:
    table = pd.DataFrame({"seed": [0] * 98 + [1, 2], "value": [0.0] * 98 + [1.0, 1.0]})
    estimate = estimate_scores(table, "crowds")
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 3)
    assert "3 clusters" in estimate.warning
    assert over_crowds(pd.DataFrame({"seed": range(5), "value": 0.5})).warning == ""
