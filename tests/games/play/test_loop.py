"""The loop: whose action counts at which step, and seats that change hands."""

from typing import Any

import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.tasks import Pacing, PacingMode, Seat, Task

ROOM = "gamelabel.games.play.worlds"


def rally(players: list[str], policies: tuple[str, str] = ("rally", "rally")) -> Loop:
    seats = tuple(
        Seat(name, policy=policy) for name, policy in zip(("left", "right"), policies, strict=True)
    )
    task = Task("rally", f"{ROOM}.rally:Rally", seats=seats)
    loop = Loop(task, open_environment(task), players, seed=3)
    loop.begin_episode()
    return loop


def orchard(mode: PacingMode = "real time") -> Loop:
    task = Task("orchard", f"{ROOM}.orchard:Orchard", pacing=Pacing(mode))
    loop = Loop(task, open_environment(task), ["player"], seed=3)
    loop.begin_episode()
    return loop


def actions(loop: Loop, steps: int, seat: str = "player") -> list[Any]:
    return [loop.advance().actions[seat] for _ in range(steps)]


def test_the_newest_action_is_in_force_until_the_next() -> None:
    loop = orchard()
    assert actions(loop, 2) == [0, 0]
    loop.act("player", 1, 2)
    loop.act("player", "right", 2)
    assert actions(loop, 3) == [2, 2, 2]
    loop.act("player", 0, 3)
    assert actions(loop, 1) == [0]


def test_a_short_press_counts_for_one_step() -> None:
    loop = orchard()
    loop.act("player", 1, 0)
    loop.act("player", 0, 0)
    assert actions(loop, 3) == [1, 0, 0]


def test_the_frame_that_was_seen_is_the_actions() -> None:
    loop = orchard()
    assert loop.advance().frames_seen == {"player": -1}
    for _ in range(9):
        loop.advance()
    loop.act("player", 1, frame_seen=6)
    first, second = loop.advance(), loop.advance()
    assert first.frame - 1 - first.frames_seen["player"] == 4  # frames of latency
    assert second.frames_seen == {"player": 6}


def test_turns_wait_for_everyone_and_take_an_action_once() -> None:
    loop = orchard("turn based")
    assert not loop.wants_step()
    loop.act("player", 1, 0)
    assert loop.wants_step()
    assert actions(loop, 1) == [1]
    assert not loop.wants_step()
    loop.act("player", 0, 1)  # the idle action is a turn too
    assert loop.wants_step()


def test_hold_to_act_waits_while_nothing_is_held() -> None:
    loop = orchard("hold to act")
    assert not loop.wants_step()
    loop.act("player", 2, 0)
    assert loop.wants_step()
    assert actions(loop, 2) == [2, 2]
    loop.act("player", 0, 2)
    assert not loop.wants_step()
    loop.act("player", 1, 2)
    loop.act("player", 0, 2)  # released before the next step
    assert loop.wants_step()
    assert actions(loop, 1) == [1]
    assert not loop.wants_step()


def test_a_seat_changes_hands_and_back() -> None:
    loop = rally(["left", "right"])
    assert loop.advance().controllers == {"left": "human", "right": "human"}
    assert loop.take_over("right")
    transition = loop.advance()
    assert transition.controllers == {"left": "human", "right": "fallback"}
    assert transition.frames_seen["right"] == -1
    with pytest.raises(ValueError, match="a policy plays the seat right"):
        loop.act("right", 1, 0)
    loop.act("left", 1, 1)
    loop.give_back("right")
    loop.act("right", 2, 2)
    transition = loop.advance()
    assert transition.controllers == {"left": "human", "right": "human"}
    assert transition.actions == {"left": 1, "right": 2}


def test_seats_without_players_are_played_from_the_start() -> None:
    loop = rally(["left"])
    assert loop.advance().controllers == {"left": "human", "right": "fallback"}


def test_without_a_policy_an_absent_players_seat_is_idle() -> None:
    loop = rally(["left", "right"], ("rally", ""))
    loop.act("right", 1, 0)
    assert not loop.take_over("right")
    transition = loop.advance()
    assert transition.controllers["right"] == "human"
    assert transition.actions["right"] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody", 1, 0), "there is no seat 'nobody'; there are left, right"),
        (
            ("left", 3, 0),
            "a whole number from 0 to 2 or one of stay, up, down, not 3",
        ),
        (("left", True, 0), "not True"),
        (("left", "jump", 0), "not 'jump'"),
        (("left", None, 0), "not None"),
        (("left", 1, 1), "the frame seen is one up to 0, not 1"),
        (("left", 1, -2), "the frame seen is one up to 0, not -2"),
        (("left", 1, 0.5), "the frame seen is one up to 0, not 0.5"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(arguments: Any, sentence: str) -> None:
    loop = rally(["left", "right"])
    with pytest.raises(ValueError, match=sentence):
        loop.act(*arguments)


def test_actions_after_the_end_are_refused() -> None:
    loop = rally(["left", "right"])
    while not loop.is_over:
        loop.advance()
    with pytest.raises(ValueError, match="the episode is over"):
        loop.act("left", 1, 0)
    with pytest.raises(ValueError, match="call begin_episode first"):
        loop.advance()
    assert loop.begin_episode().frame == 0
    loop.act("left", 1, 0)


def test_statistics_of_the_session_go_on_over_episodes() -> None:
    from gamelabel.games.play.tasks import TaskStatistic

    seats = (Seat(policy="random"),)
    statistics = (TaskStatistic("score", "score"), TaskStatistic("episodes", "episodes"))
    task = Task("cart", f"{ROOM}.cart_pole:CartPole", seats=seats, statistics=statistics)
    loop = Loop(task, open_environment(task), ["player"])
    total = 0.0
    for _ in range(3):
        loop.begin_episode()
        while not loop.is_over:
            loop.advance()
        total += loop.scores["player"]
    assert loop.values(loop.session_collectors)["player"] == {"score": total, "episodes": 3}
    assert loop.values(loop.episode_collectors)["player"]["score"] == loop.scores["player"]
