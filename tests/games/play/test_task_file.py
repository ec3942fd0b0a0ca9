"""Task files: what they describe, and the sentence for each mistake."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play.task_file import read_project
from gamelabel.games.play.tasks import Bonus, Button, GameLimits, Pacing, Requirement, Seat
from gamelabel.yaml_fields import TaskFileError
from tests.games.play.atari_tasks import needs_atari

GOOD = """\
title: A study
channels: {mturk: {group: study}}
tasks:
  balance: &balance
    title: Balance
    environment: gamelabel.games.play.worlds.cart_pole:CartPole
    arguments: {steps: 200}
    instructions: |
      Keep the pole up.
    pacing: {mode: hold to act, rate: 20}
    seats:
      player: {policy: cart_pole, label: the cart}
    keys: {ArrowLeft: 0, ArrowRight: 1}
    buttons:
      - {text: Left, action: 0}
    statistics:
      - score
      - {name: active, collector: active_time, label: Time}
    requirements:
      - {statistic: active, at_least: 300, label: Play for 5 minutes}
    bonus: {kind: sliding, base: 0.5, maximum: 3.5, correct: score, share: active}
    target: 20
    limits: {idle_seconds: 90}
    opens: 2026-05-01T09:00:00Z
  again:
    <<: *balance
    title: Once more
groups:
  study: {tasks: [balance, again], assignment: assign}
"""


def test_a_task_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "tasks.yaml"
    path.write_text(GOOD)
    project = read_project(path)
    task = project.tasks["balance"]
    assert task.arguments == {"steps": 200}
    assert task.instructions == "Keep the pole up."
    assert task.pacing == Pacing("hold to act", 20)
    assert task.seats == (Seat("player", "human", "cart_pole", "the cart"),)
    assert task.keys == {"ArrowLeft": 0, "ArrowRight": 1}
    assert task.buttons == (Button("Left", 0),)
    assert [statistic.name for statistic in task.statistics] == ["score", "active"]
    assert task.requirements == (Requirement("active", 300.0, "Play for 5 minutes"),)
    assert task.bonus == Bonus("sliding", 0.5, 3.5, correct="score", share="active")
    assert task.limits == GameLimits(90.0, 3600.0)
    assert task.line == 4
    assert not task.is_open(datetime(2026, 4, 30, tzinfo=UTC))
    assert task.is_open(datetime(2026, 5, 2, tzinfo=UTC))
    assert project.tasks["again"].title == "Once more"
    assert project.tasks["again"].bonus == task.bonus
    assert project.groups["study"].tasks == ("balance", "again")
    assert project.channels == {"mturk": {"group": "study"}}


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("title: Balance", "titel: Balance", 5, "the task balance has no field titel; its fields"),
        ("rate: 20", "rate: fast", 10, "rate of the pacing of the task balance has to be a number"),
        ("rate: 20", "rate: true", 10, "rate of the pacing of the task balance has to be a number"),
        ("rate: 20", "rate: 9000", 10, "has a rate of 9000; at most 240 steps a second"),
        ("hold to act", "slowly", 10, "has to be one of real time, turn based, hold to act"),
        ("    environment:", "    surroundings:", 4, "task balance needs the field environment"),
        ("worlds.cart_pole:", "worlds.no_such:", 6, "needs the module gamelabel.games.play.worlds"),
        ("gamelabel.games.play.worlds.cart_pole:CartPole", "NoGame-v0", 6, "environment NoGame-v0"),
        ("policy: cart_pole", "policy: cart_poll", 12, "there is no policy 'cart_poll'"),
        ("policy: cart_pole", "policy: ppo:no.zip", 12, "has no file"),
        ("{policy: cart_pole,", "{played_by: policy,", 12, "and needs the field policy"),
        ("policy: cart_pole", "played_by: policy, policy: random", 4, "has no seat for a human"),
        ("ArrowRight: 1}", "ArrowRight: {a: 1}}", 13, "an action of the task balance is a number"),
        (
            "ArrowRight: 1}",
            "ArrowRight: 2}",
            13,
            "the key ArrowRight of the task balance: an action",
        ),
        ("action: 0}", "action: left}", 15, "the button Left of the task balance: an action of"),
        (
            "{steps: 200}",
            "{step: 200}",
            6,
            "the task balance: gamelabel.games.play.worlds.cart_pole",
        ),
        ("ArrowRight: 1}", "ArrowLeft: 1}", 13, "keys of the task balance has the field ArrowLeft"),
        ("      - score\n", "      - scores\n", 17, "scores"),
        ("      - score\n", "      - active_time\n      - active_time\n", 4, "active_time twice"),
        ("name: active,", "name: reward,", 18, "cannot have the name reward"),
        ("statistic: active", "statistic: activ", 20, "the task's statistics are score, active"),
        (" at_least: 300,", "", 20, "a requirement of the task balance needs the field at_least"),
        (" maximum: 3.5,", "", 21, "is sliding and needs the field maximum"),
        ("base: 0.5", "base: -1", 21, "base of the bonus of the task balance has to be a number"),
        ("target: 20", "target: 2.5", 22, "target of the task balance has to be a whole number"),
        ("at_least: 300,", "at_least: 0,", 21, "a bonus, which needs a requirement above 0"),
        ("idle_seconds: 90", "seconds: 0", 23, "seconds of limits of the task balance has to be"),
        ("09:00:00Z", "09:00:00", 24, "has to be a time with its zone"),
        ("[balance, again]", "[balance, agian]", 29, "has the task 'agian', which is not in"),
        ("  study:", "  balance:", 1, "balance is the name of a task and of a group"),
        ("title: A study", "title: [", 3, "this is not YAML"),
        ("title: A study", "tittle: A study", 1, "the file has no field tittle"),
    ],
)
def test_each_mistake_has_its_line(
    old: str, new: str, line: int, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "tasks.yaml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(TaskFileError) as error:
        read_project(path)
    assert str(error.value).startswith(f"{path}, line {line}: "), error.value
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "tasks.yaml"
    with pytest.raises(TaskFileError, match="cannot be read: No such file"):
        read_project(path)
    path.write_text("")
    with pytest.raises(TaskFileError, match="line 1: the file is empty"):
        read_project(path)
    path.write_text("- a list")
    with pytest.raises(TaskFileError, match="line 1: the file has to be a mapping"):
        read_project(path)
    path.write_text("title: nothing")
    with pytest.raises(TaskFileError, match="line 1: the file needs tasks"):
        read_project(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TaskFileError, match=r"is not a text in UTF-8"):
        read_project(path)


def test_a_module_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "beside_the_file.py").write_text("raise SystemExit('not imported to read it')")
    path = tmp_path / "tasks.yaml"
    path.write_text("tasks: {own: {environment: 'beside_the_file:Game'}}")
    task = read_project(path).tasks["own"]
    assert task.folder == tmp_path
    assert task.seats == (Seat("player"),)


@needs_atari
def test_an_atari_game_is_found(tmp_path: Path) -> None:
    path = tmp_path / "tasks.yaml"
    path.write_text("tasks: {a: {environment: 'ale_py:ALE/Breakout-v5'}}")
    assert read_project(path).tasks["a"].environment == "ale_py:ALE/Breakout-v5"
    path.write_text("tasks: {a: {environment: 'ale_py:ALE/Breakout-v5', keys: {Space: LEFTFIRE}}}")
    with pytest.raises(TaskFileError, match=r"the key Space of the task a: .* RIGHT, LEFT, not"):
        read_project(path)
    path.write_text("tasks: {a: {environment: 'ale_py:ALE/Breakup-v5'}}")
    with pytest.raises(TaskFileError, match="line 1: the task a needs the environment ale_py:ALE"):
        read_project(path)
