"""The WebSocket of a game: what a browser gets, and what it may send."""

import json
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gamelabel.service.play.socket_messages import Refused, read_message
from gamelabel.service.sockets import LARGEST_MESSAGE
from tests.service.play.play_harness import GameSocket, PlayServer


@pytest.mark.parametrize("text", ["\ud800", "a\0", "a b", "a" * 101])
def test_a_hello_that_the_database_could_not_read_is_refused(text: str) -> None:
    for hello in ({"session": text, "play": "a"}, {"session": "a", "play": text}):
        with pytest.raises(Refused, match="must have session and play"):
            read_message(json.dumps({"hello": hello}))


def refusal(socket: GameSocket, **message: object) -> str:
    """Send a message and return why it was refused."""
    time.sleep(0.25)  # a browser is told at most every 0.2 s
    socket.say(**message)
    why: str = socket.until_told("refused")["why"]
    return why


def test_a_player_sees_frames_and_moves_the_dot(shared: PlayServer) -> None:
    socket = shared.player().play()
    columns = socket.picture[4].any(axis=1)
    assert columns.argmax() == 12
    socket.act(2)
    socket.until(lambda: socket.picture[4].any(axis=1).argmax() == 23)
    socket.act(0)
    status = socket.until_told("status")
    assert [value["label"] for value in status["values"]] == ["Score", "Time"]
    assert int(status["values"][0]["value_text"]) > 0


def test_what_is_no_action_of_the_player_is_refused_and_says_why(shared: PlayServer) -> None:
    socket = shared.player().play()
    here = {"frame": 0, "episode": 0}
    assert refusal(socket, act=3, **here) == "there is no control 3"
    assert "in the future" in refusal(socket, act=1, frame=10**6, episode=0)
    assert refusal(socket, act=1, frame=0, episode=1) == "that episode has not begun"
    assert refusal(socket, act=1, seat="right", **here) == "the seat right is not yours"
    assert refusal(socket, act=-1, **here) == "act must be a whole number of at least 0"
    assert refusal(socket, act=True, **here) == "act must be a whole number of at least 0"
    assert refusal(socket, ready=True) == "nobody waits for you"
    assert refusal(socket, dance=1).startswith("a message must be one of")
    assert refusal(socket, act=1, extra=2, **here).startswith("a message must be one of")
    assert refusal(socket, hello={"session": "", "play": ""}) == "hello has been said"
    before = socket.frame
    socket.until(lambda: socket.frame > before)  # the game goes on


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '"act"', "[" * 3000, b"\x00\x01"])
def test_nonsense_is_refused(shared: PlayServer, content: str | bytes) -> None:
    socket = shared.player().play()
    socket.wire.send(content)
    assert "message" in socket.until_told("refused")["why"]
    before = socket.frame
    socket.until(lambda: socket.frame > before)


def test_a_message_that_is_too_large_ends_the_connection(shared: PlayServer) -> None:
    socket = shared.player().play()
    socket.wire.send(json.dumps({"ready": "x" * LARGEST_MESSAGE}))
    assert socket.until_closed() == 1009


def test_actions_of_an_episode_that_is_over_are_refused(shared: PlayServer) -> None:
    socket = shared.player().play("short")
    socket.until_told("note")  # the episode is over, the next one has not begun
    socket.until(lambda: socket.episode == 1 and socket.frame >= 0)
    assert refusal(socket, act=1, frame=0, episode=0) == "that episode is over"


def test_a_thousand_actions_a_second_end_the_connection(shared: PlayServer) -> None:
    player = shared.player()
    play = player.open()
    flood, other = player.connect(play), shared.player().play()
    end = time.monotonic() + 30.0
    while flood.code is None and time.monotonic() < end:
        with suppress(ConnectionClosed):
            for control in range(10):
                flood.act(control % 3, frame=0, episode=0)
        while flood.receive(0.005):
            pass
    assert flood.code == 4008
    assert any("too many messages" in message.get("why", "") for message in flood.told)
    before = other.frame
    other.until(lambda: other.frame > before + 10, seconds=5.0)


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_only_a_page_of_the_service_opens_the_connection(
    shared: PlayServer, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        GameSocket(shared, origin=origin)


def test_a_connection_needs_the_session_of_the_player(shared: PlayServer) -> None:
    ann, bob = shared.player(), shared.player()
    play = ann.open()
    assert bob.connect(play).until_closed() == 4004
    bob.session = "x" * 43
    assert bob.connect(play).until_closed() == 4003
    silent = GameSocket(shared)
    silent.say(finish=True)
    assert silent.until_closed() == 4008


def test_the_newer_window_takes_over(shared: PlayServer) -> None:
    player = shared.player()
    older = player.play()
    newer = player.connect(player.open())
    assert older.until_closed() == 4001
    newer.until(lambda: newer.frame > older.frame)
    assert newer.episode == older.episode
    newer.act(2)
    newer.until(lambda: newer.picture[4].any(axis=1).argmax() == 23)


def test_a_lost_connection_costs_nothing(shared: PlayServer) -> None:
    player = shared.player()
    socket = player.play()
    play = player.open()
    socket.act(1)
    socket.until(lambda: socket.picture[4].any(axis=1).argmax() == 0)
    at = socket.frame
    socket.wire.socket.close()  # without a word
    time.sleep(1.5)
    again = player.connect(play)
    again.until(lambda: again.frame >= 0)
    # the game waited: 1.5 seconds would be 45 frames
    assert at <= again.frame < at + 40
    assert again.episode == 0
    assert again.picture[4].any(axis=1).argmax() == 0


def test_a_second_task_ends_the_first_game(shared: PlayServer) -> None:
    player = shared.player()
    first = player.play("dots")
    second = player.play("short")
    assert first.until_closed() == 4001
    second.until(lambda: second.frame > 3)


def test_a_process_takes_only_so_many_games(make_server: Callable[..., PlayServer]) -> None:
    own = make_server(most_games=1)
    own.player().play()
    bob = own.player()
    assert bob.connect(bob.open()).until_closed() == 4013


def test_finishing_ends_the_session(shared: PlayServer) -> None:
    player = shared.player()
    socket = player.play()
    play = player.open()
    socket.finish()
    result = player.call("GET", f"/v1/play/sessions/{play}")
    assert result["state"] == "done"  # it has no requirements
    assert player.connect(play).until_closed() == 4004
    assert player.open() != play
