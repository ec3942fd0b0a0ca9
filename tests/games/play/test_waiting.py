"""A waiting room begins only with players who are there, and forgets nobody's wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.games.play.tasks import Waiting
from gamelabel.games.play.waiting import WaitingRoom

TIMES = Waiting(seconds=900.0, ready_seconds=30.0, countdown_seconds=3.0)


def room(*players: str, now: float = 0.0) -> WaitingRoom:
    waiting_room = WaitingRoom(["left", "right"], TIMES)
    for player in players:
        waiting_room.join(player, now)
    return waiting_room


def test_one_player_waits_for_the_other() -> None:
    waiting_room = room("ann")
    assert waiting_room.advance(899.0) == []
    view = waiting_room.view(899.0)
    assert (view.state, view.people, view.seats, view.seconds) == ("waiting", 1, 2, 1.0)


def test_after_the_wait_the_game_begins_with_a_policy_in_the_empty_seat() -> None:
    waiting_room = room("ann")
    waiting_room.advance(900.0)
    assert waiting_room.state == "asking"
    waiting_room.say_ready("ann", 910.0)
    waiting_room.advance(913.0)
    assert waiting_room.state == "started"
    assert waiting_room.seated == {"left": "ann"}


def test_who_is_not_ready_in_time_is_sent_away_and_the_other_waits_on() -> None:
    waiting_room = room("ann", "bob", now=100.0)
    waiting_room.say_ready("ann", 105.0)
    assert waiting_room.advance(130.0) == ["bob"]
    view = waiting_room.view(130.0)
    assert (view.state, view.people) == ("waiting", 1)
    assert view.seconds == 870.0  # the time that ann has waited counts
    waiting_room.join("cy", 140.0)
    assert waiting_room.state == "asking"
    assert not waiting_room.ready  # ann is asked again: it may be minutes later


def test_somebody_who_leaves_in_the_countdown_stops_it() -> None:
    waiting_room = room("ann", "bob")
    for player in ("ann", "bob"):
        waiting_room.say_ready(player, 1.0)
    waiting_room.leave("bob", 2.0)
    waiting_room.advance(4.5)
    assert waiting_room.state == "waiting"
    assert waiting_room.players == ["ann"]


def test_nobody_comes_in_once_the_others_are_about_to_begin() -> None:
    waiting_room = room("ann")
    waiting_room.advance(900.0)
    waiting_room.say_ready("ann", 901.0)
    with pytest.raises(ValueError, match="takes no more"):
        waiting_room.join("bob", 902.0)
    with pytest.raises(ValueError, match="nobody has asked"):
        waiting_room.say_ready("ann", 902.0)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "ready", "wait"]),
        st.sampled_from(["ann", "bob", "cy"]),
        st.floats(0.1, 1000),
    ),
    max_size=40,
)


@given(EVENTS)
def test_a_game_begins_only_with_players_who_said_that_they_are_ready(
    events: list[tuple[str, str, float]],
) -> None:
    waiting_room, now = room(), 0.0
    present, ready = set(), set()
    for kind, player, seconds in events:
        now += seconds
        if kind == "join" and (player in waiting_room.players or waiting_room.can_be_joined):
            waiting_room.join(player, now)
            present.add(player)
        elif kind == "leave" and waiting_room.state != "started":
            waiting_room.leave(player, now)
            present.discard(player)
            ready.clear()
        elif kind == "ready" and waiting_room.state == "asking" and player in present:
            waiting_room.say_ready(player, now)
            ready.add(player)
        sent_away = waiting_room.advance(now)
        present -= set(sent_away)
        if sent_away:
            assert not ready & set(sent_away)
            ready.clear()
        assert set(waiting_room.players) == present
        assert len(present) <= 2
        if waiting_room.state == "started":
            assert present <= ready
            assert set(waiting_room.seated.values()) == present
            return
