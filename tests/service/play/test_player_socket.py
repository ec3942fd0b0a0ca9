"""The queue of a player's WebSocket: bounded for a browser that reads or shows nothing."""

import asyncio
from unittest.mock import MagicMock

from starlette.websockets import WebSocketState

from gamelabel.games.play.frame_codec import KIND_ROWS, KIND_WHOLE
from gamelabel.service.play.player_socket import (
    AHEAD_FRAMES,
    MOST_WAITING,
    SLOWEST_S,
    PlayerSocket,
)


def test_what_waits_for_a_slow_reader_is_bounded_until_it_is_given_up() -> None:
    now, dropped_connection = [0.0], MagicMock()

    async def read_nothing(_: bytes) -> None:
        await asyncio.Event().wait()

    async def send() -> tuple[float, int]:
        websocket = MagicMock(client_state=WebSocketState.CONNECTED, send_bytes=read_nothing)
        websocket.scope = {"extensions": {"abort": {"now": dropped_connection}}}
        socket, most = PlayerSocket(websocket, lambda: now[0]), 0
        socket.begin_episode(0)
        for frame in range(10_000):
            socket.send_frame(frame, bytes([KIND_WHOLE] * 1000))
            await asyncio.sleep(0)
            now[0], most = frame / 30, max(most, socket.n_waiting)
            if not socket.is_open:
                break
        return now[0], most

    given_up_at, most_waiting = asyncio.run(send())
    assert most_waiting <= MOST_WAITING
    assert SLOWEST_S < given_up_at < SLOWEST_S + AHEAD_FRAMES / 30
    dropped_connection.assert_called_once()


def test_a_browser_that_falls_behind_gets_a_whole_frame_once_it_has_caught_up() -> None:
    async def play() -> None:
        websocket, asked, sent = MagicMock(), MagicMock(), []

        async def take(content: bytes) -> None:
            sent.append(content[1])

        websocket.send_bytes = take
        socket = PlayerSocket(websocket, lambda: 0.0)
        socket.ask_for_whole = asked
        for frame in range(AHEAD_FRAMES + 10):
            kind = KIND_WHOLE if frame == 0 else KIND_ROWS
            socket.send_frame(frame, bytes([kind, frame]))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sent[-1] == AHEAD_FRAMES
        socket.note_shown(10)
        asked.assert_not_called()
        socket.note_shown(AHEAD_FRAMES)
        asked.assert_called_once()
        socket.send_frame(200, bytes([KIND_ROWS, 200]))  # of frames that it does not have
        socket.send_frame(201, bytes([KIND_WHOLE, 201]))
        await asyncio.sleep(0.01)
        assert sent[-2:] == [AHEAD_FRAMES, 201]
        await socket.ended()

    asyncio.run(play())
