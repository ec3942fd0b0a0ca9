"""What the page shows: controls, texts, places among all players, and the choice of a task."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.games.play.tasks import Bonus, Button, Requirement, Task
from gamelabel.service.play.placement import place_value
from gamelabel.service.play.socket_messages import MessageBudget, Refused, read_message
from gamelabel.service.play.task_choice import choose_task
from gamelabel.service.play.task_controls import controls_of, screen_buttons
from gamelabel.service.play.task_texts import offer_text, status_body
from tests.service.play.play_harness import small_task

VALUES = st.lists(st.floats(-1e6, 1e6), max_size=200)


@given(st.floats(-1e6, 1e6), VALUES)
def test_a_place_counts_everybody_once(own: float, others: list[float]) -> None:
    place = place_value(own, others)
    assert place.n == len(others) + 1
    assert 1 <= place.rank <= place.n
    assert 0 <= place.percentile <= 100
    if place.counts:
        assert sum(place.counts) == place.n
        assert place.counts[place.own_bin] >= 1
        counted = np.histogram([own], place.edges)[0]
        assert counted[place.own_bin] == 1


def test_two_players_see_no_histogram_of_each_other() -> None:
    assert place_value(3, [5]).counts == []


def test_buttons_stand_for_keys_so_that_two_held_together_combine() -> None:
    task = Task(
        "a",
        "x",
        keys={"ArrowLeft": "LEFT", "Space": "FIRE", "ArrowLeft+Space": "LEFTFIRE"},
        buttons=(Button("Left", "LEFT"), Button("Fire", "FIRE"), Button("Jump", "UP")),
    )
    controls = controls_of(task)
    buttons = {button.text: button.codes for button in screen_buttons(task)}
    assert buttons == {"Left": ("ArrowLeft",), "Fire": ("Space",), "Jump": ("Button2",)}
    assert controls[3].codes == ("ArrowLeft", "Space")
    assert controls[4].action == "UP"
    assert controls[1].text == "Left"


def test_goals_and_pay_are_shown_as_they_are_computed() -> None:
    task = small_task(
        requirements=(Requirement("time", 60, "Play time"),),
        bonus=Bonus("sliding", base=0.5, maximum=1.5, correct="points", share="time"),
    )
    body = status_body(task, {"points": math.nan, "time": 30.0})
    (goal,) = body["goals"]
    assert (goal["value_text"], goal["goal_text"], goal["share"]) == ("0:30", "1:00", 0.5)
    assert body["pay_text"] == "Estimated pay: $0.50, once all goals are reached"
    assert [value["label"] for value in body["values"]] == ["Score"]  # time is a goal
    assert offer_text(task) == "Pays $0.50 to $2.00"


TASKS = [Task("a", "x", minimum=2, target=4), Task("b", "x", target=4), Task("c", "x")]


@pytest.mark.parametrize(
    ("states", "done", "waiting", "expected"),
    [
        ({"c": "open"}, {}, {"b"}, "c"),  # what the player began
        ({}, {}, {"b"}, "b"),  # somebody waits there
        ({}, {"a": 1, "b": 0}, set(), "a"),  # below its minimum
        ({}, {"a": 2, "b": 1, "c": 9}, set(), "b"),  # least filled below its target
        ({}, {"a": 4, "b": 4, "c": 9}, set(), "c"),  # the others have reached their targets
        ({"a": "done", "b": "done"}, {}, set(), "c"),  # not done by this player
    ],
)
def test_a_player_is_assigned_to_the_task_that_needs_one(
    states: dict[str, str], done: dict[str, int], waiting: set[str], expected: str
) -> None:
    draws = itertools.cycle([0.9, 0.1, 0.5])
    assert choose_task(TASKS, states, done, lambda: next(draws), waiting).name == expected


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_no_message_breaks_the_reader(content: str | bytes) -> None:
    try:
        read_message(content)
    except Refused as refused:
        assert str(refused)


def test_a_budget_allows_fast_players_and_stops_floods() -> None:
    now = [0.0]
    budget = MessageBudget(lambda: now[0])
    for _ in range(600):  # ten seconds of a key a frame
        now[0] += 1 / 60
        assert budget.allows()
    assert sum(budget.allows() for _ in range(1000)) <= 240
