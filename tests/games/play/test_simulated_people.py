"""Simulated people choose by the rule that pays them; nobody's quality is set by treatment."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from gamelabel.games.play.incentive_treatments import PAID, TREATMENTS, treatment_task
from gamelabel.games.play.miscount import miscounted_sessions, wrongly_judged
from gamelabel.games.play.recorded_folder import recorded_metadata
from gamelabel.games.play.recorder import SeatedPlayer
from gamelabel.games.play.simulated_corpus import corpus_tasks
from gamelabel.games.play.simulated_hands import Skill
from gamelabel.games.play.simulated_people import (
    Assumptions,
    assumption_table,
    choose_plan,
    draw_people,
    tabled_sessions,
)
from gamelabel.games.play.simulated_sessions import SimulatedSession, play_session
from gamelabel.games.play.treatment_comparison import (
    findings_of,
    good_data,
    pairwise_p,
    participants,
    sweep,
    sweep_holds,
    sweep_settings,
)
from tests.games.play.atari_tasks import needs_atari

MONEY_ONLY = Assumptions(mistake=0.0, fun=0.0, duty_mturk=0.0, duty_email=0.0, duty_social=0.0)


def efforts(treatment: str, assumptions: Assumptions = MONEY_ONLY) -> set[str]:
    people = draw_people(20, "mturk", assumptions, seed=0)
    task = treatment_task(treatment)  # type: ignore[arg-type]
    return {choose_plan(person, task, assumptions).effort for person in people}


def test_who_cares_for_money_only_does_the_least_that_is_paid() -> None:
    """A lump sum is earned by doing nothing, active time by playing, a requirement by following."""
    assert efforts("none") == {"idle"}
    assert efforts("active") == {"play"}
    assert efforts("requirement") <= {"follow", "leave"}
    assert "follow" in efforts("requirement")
    assert efforts("social", replace(MONEY_ONLY, challenge_value=0.0)) == {"leave"}


def test_the_treatments_of_a_channel_have_the_same_people() -> None:
    sessions = tabled_sessions(PAID, 10, Assumptions(), seed=3)
    people = sessions.groupby("treatment").player_id.apply(tuple)
    assert people.nunique() == 1


def test_the_same_seed_gives_the_same_sessions() -> None:
    one, two = (tabled_sessions(TREATMENTS, 5, Assumptions(), seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    other = tabled_sessions(TREATMENTS, 5, Assumptions(), seed=2)
    assert not one.in_order.equals(other.in_order)


def test_pay_is_at_most_the_lump_sum_and_good_data_at_most_all() -> None:
    sessions = tabled_sessions(TREATMENTS, 30, Assumptions(), seed=0)
    assert sessions.paid.between(0, 2.0).all()
    assert (sessions.good_seconds <= sessions.seconds + 1e-9).all()
    assert (sessions.paid[~sessions.complete] == 0).all()


def test_people_who_failed_a_requirement_are_left_out_as_in_the_paper() -> None:
    rows = [("requirement", 300.0, False), ("requirement", 300.0, True), ("sliding", 0.0, False)]
    sessions = pd.DataFrame(rows, columns=["treatment", "seconds", "complete"])
    assert participants(sessions).index.tolist() == [1]


def test_the_tests_of_pairs_agree_with_their_data() -> None:
    share = {"none": [0.0, 0.1] * 10, "active": [0.0, 0.1] * 10, "all": [0.9, 1.0] * 10}
    sessions = pd.concat(
        pd.DataFrame({"treatment": name, "seconds": 100.0, "good_seconds": 100.0 * pd.Series(x)})
        for name, x in share.items()
    ).reset_index(drop=True)
    p = pairwise_p(sessions, "share")
    assert p.loc["none", "active"] == pytest.approx(1)
    assert p.loc["none", "all"] < 1e-9
    assert good_data(sessions).share.to_dict() == pytest.approx(
        {"none": 0.05, "active": 0.05, "all": 0.95}
    )


def test_the_sweep_changes_one_assumption_at_a_time() -> None:
    settings, default = sweep_settings(), Assumptions()
    assert settings["default"] == default
    for name, changed in settings.items():
        differing = [k for k, v in vars(default).items() if getattr(changed, k) != v]
        assert len(differing) == (name != "default"), name


@pytest.mark.slow
def test_a_finding_that_needs_an_assumption_fails_without_it() -> None:
    """Where following is as hard as it is costly, no pay brings good data."""
    useless = replace(Assumptions(), share_following=0.45)
    sessions = participants(tabled_sessions(TREATMENTS, 40, useless, seed=0))
    assert findings_of(sessions)["quality_any_incentive"] <= 0.05
    holds = sweep_holds(sweep(6, seed=0))
    assert holds.share.between(0, 1).all()
    assert not holds.implied.all()


def test_all_assumptions_are_in_one_table() -> None:
    table = assumption_table()
    assert set(table.index) == set(vars(Assumptions()))
    assert table.meaning.str.len().min() > 10


def test_the_programs_count_lets_some_pass_and_fails_honest_ones() -> None:
    judged = miscounted_sessions(["inside out", "outside in"], [0.6, 0.9, 1.0], 90, 6, seed=0)
    assert (judged.counted >= judged.aliens).all()  # shifts are counted as shots
    assert judged[judged.order == "outside in"].counted.min() > 90
    perfect = judged[judged.adherence == 1.0]
    assert (perfect.true == 1.0).all()
    assert (perfect.published[perfect.order == "outside in"] < 0.9).all()
    wrongly = wrongly_judged(judged)
    assert wrongly.loc["outside in", "failed"] > 0
    assert (wrongly.truly <= wrongly.sessions).all()


@needs_atari
def test_in_games_that_end_early_the_program_overrates_outside_in(tmp_path: Path) -> None:
    """In the emulator: a player who follows half of the time, and dies before a wave is cleared."""
    task = corpus_tasks()["outside_in"]
    skill = Skill(latency=3, decision_frames=4, aim_error=1.0, dodging=0.9)
    player = SeatedPlayer("someone")
    session = SimulatedSession(
        "game", task, player, "gun", 3600, 1, skill, "outside in", adherence=0.5
    )
    play_session(session, tmp_path)
    rows = recorded_metadata(tmp_path)
    rows = rows[rows.share_in_order.notna()]
    assert (rows.published_share_in_order >= rows.share_in_order).all()
    assert rows.published_share_in_order.mean() > rows.share_in_order.mean()


def test_in_whole_waves_the_program_underrates_who_shoots_outside_in() -> None:
    table = miscounted_sessions(["outside in"], [1.0], aliens=72, people=4, seed=0)
    assert (table.true == 1).all()
    assert (table.published < 0.9).all()
