"""Arms of teaching: the same people, resumed without playing again, tested on the same examples."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from gamelabel.following import AgentConfig
from gamelabel.following.replay_learner import ReplayLearner
from gamelabel.following.taught_agents import TeachingStudy, score_arms, teach_agents
from gamelabel.following.teaching_arms import (
    ARMS,
    COMPARISONS,
    PAPER_ARMS,
    SWEEP,
    arm_differences,
    differences_by,
)
from gamelabel.following.teaching_difficulty import THIRDS, score_by_difficulty, teacher_scores
from gamelabel.games.descent import Example
from gamelabel.games.descent.simulated_teachers import TeacherAssumptions
from gamelabel.games.dungeon.simulated_commands import simulated_examples

AGENT = AgentConfig(width=8, epochs=1)


def study(folder: Path) -> TeachingStudy:
    sizes = {"n_teachers": 2, "rounds": 1, "examples": 2, "pilot": 6, "replay": 3}
    return TeachingStudy(folder, seeds=(3,), agent=AGENT, **sizes)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[TeachingStudy, pd.DataFrame]:
    what = study(tmp_path_factory.mktemp("descents"))
    return what, teach_agents(what)


def test_arms_have_the_same_people_and_are_not_played_again(
    played: tuple[TeachingStudy, pd.DataFrame],
) -> None:
    what, kinds = played
    assert set(kinds["arm"]) == set(ARMS)
    by_arm = dict(list(kinds.groupby("arm")))
    assert by_arm["MTD limit"]["kind"].tolist() == by_arm["MTD limit w/o model"]["kind"].tolist()
    mix = by_arm["Collaborative-only, kinds of MTD limit"]["kind"]
    assert sorted(mix) == sorted(by_arm["MTD limit"]["kind"])
    before = {path: path.stat().st_mtime_ns for path in what.folder.rglob("*.parquet")}
    assert teach_agents(what).equals(kinds)
    assert before == {path: path.stat().st_mtime_ns for path in what.folder.rglob("*.parquet")}


def test_what_was_played_under_other_assumptions_is_not_taken_for_this(tmp_path: Path) -> None:
    what = study(tmp_path)
    others = (
        replace(what, assumptions=TeacherAssumptions(bonus_worth=0.0)),
        replace(what, rounds=2),
        replace(what, agent=AgentConfig(width=8, epochs=2)),
    )
    places = {one.place("MTD", 3) for one in (what, *others)}
    assert len(places) == 4
    assert replace(what, seeds=(3, 4)).place("MTD", 3) == what.place("MTD", 3)


def test_all_arms_are_tested_on_the_same_examples(
    played: tuple[TeachingStudy, pd.DataFrame],
) -> None:
    what, _ = played
    scores = score_arms(what, {"AC-Seq2Seq": AGENT})
    tests = scores.groupby("arm")["example_id"].apply(frozenset)
    assert tests.nunique() == 1 and set(scores["test_set"]) <= {*PAPER_ARMS, "Pilot study"}
    assert arm_differences(scores)["comparison"].tolist() == list(COMPARISONS)
    swept = arm_differences(scores, SWEEP)
    assert swept["comparison"].tolist() == list(SWEEP)
    assert set(swept["n"]) == {len(what.seeds)}


def test_a_difference_by_test_set_is_of_that_sets_examples() -> None:
    rows = [
        (arm, where, f"{where} {number}", "t", 3, right)
        for arm, where, number, right in [
            ("MTD", "pilot", 0, 1.0),
            ("MTD", "pilot", 1, 1.0),
            ("MTD", "own", 0, 0.0),
            ("Collaborative-only", "pilot", 0, 0.0),
            ("Collaborative-only", "pilot", 1, 1.0),
            ("Collaborative-only", "own", 0, 1.0),
        ]
    ]
    columns = ["arm", "test_set", "example_id", "teacher_id", "seed", "right"]
    scores = pd.DataFrame(rows, columns=columns)
    table = differences_by(scores, "MTD - collaborative-only", ["test_set"], ["right"])
    assert table.columns[:2].tolist() == ["test_set", "measure"]
    assert dict(zip(table["test_set"], table["value"], strict=True)) == {"pilot": 0.5, "own": -1.0}


def test_each_round_has_its_teachers_in_thirds(
    played: tuple[TeachingStudy, pd.DataFrame],
) -> None:
    what, kinds = played
    scores = teacher_scores(what, kinds, ["MTD", "MTD limit"])
    assert len(scores) == 2 * what.n_teachers
    assert scores[["score", "effort", "model_wrong"]].notna().all(axis=None)
    by_hand = pd.DataFrame({"arm": "MTD", "seed": 0, "round": [1, 1, 1, 2, 2, 2]})
    by_hand["effort"] = [3.0, 1.0, 2.0, 1.0, 2.0, 3.0]
    by_hand["score"] = [0.6, 0.3, 0.0, 0.1, 0.1, 0.1]  # minus the mean: .3, 0, -.3; 0, 0, 0
    table = score_by_difficulty(by_hand, ["effort"]).set_index("third")
    assert tuple(table.index) == THIRDS
    assert table["value"].tolist() == pytest.approx([0.0, -0.15, 0.15])


def test_a_learner_that_starts_from_another_learns_the_new_and_a_sample() -> None:
    table = simulated_examples(2, 8, seed=0)
    columns = ["example_id", "teacher_id", "command", "actions", "world"]
    examples = [Example(*row) for row in table[columns].itertuples(index=False)]
    first, second = ReplayLearner(AGENT, replay=2), ReplayLearner(AGENT, replay=2)
    first.fit(examples[:12], seed=0)
    second.fit(examples, seed=0, start=first)
    assert second.known == {example.example_id for example in examples}
    assert second.predict(examples[:2]) == second.predict(examples[:2])
