"""The WebSocket of the games: who may open it, and what is done with each message."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import Row
from starlette.websockets import WebSocket, WebSocketDisconnect

from gamelabel.games.play.environments import EnvironmentFault
from gamelabel.games.play.tasks import Task
from gamelabel.service.play.live_game import LivePlayer
from gamelabel.service.play.live_games import Crowded, LiveGames, TooOften
from gamelabel.service.play.play_records import PlayRecords
from gamelabel.service.play.player_socket import PlayerSocket
from gamelabel.service.play.socket_messages import (
    CROWDED,
    GONE,
    NO_SESSION,
    TOO_MUCH,
    TOO_OFTEN,
    Hello,
    MessageBudget,
    Refused,
    read_message,
)
from gamelabel.service.problems import Problem

_log = logging.getLogger("gamelabel.service.play")
_HELLO_S = 10.0  # within which the first message must arrive
_TOLD_EVERY_S = 0.2  # at most this often a browser is told that a message was refused


class SocketRoute:
    """Serves the WebSocket of each player.

    Parameters
    ----------
    games : LiveGames
        The games of this process.
    records : PlayRecords
        The database.
    tasks : mapping of str to Task
        The tasks by name.
    coins : mapping of str to int
        How many of each game's coins one unit of a currency is.
    """

    def __init__(
        self,
        games: LiveGames,
        records: PlayRecords,
        tasks: Mapping[str, Task],
        coins: Mapping[str, int],
    ) -> None:
        self.games, self.records, self.tasks, self.coins = games, records, tasks, coins

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends."""
        address = websocket.client.host if websocket.client else ""
        if not _is_same_origin(websocket) or not websocket.app.state.address_rate.allows(address):
            await websocket.close()  # before it is accepted: the browser gets 403
            return
        await websocket.accept()
        try:
            hello = await self._hello(websocket)
            opened = await asyncio.to_thread(self._open, hello)
        except (WebSocketDisconnect, RuntimeError):
            return
        except (Refused, TimeoutError):
            await websocket.close(TOO_MUCH, "the first message must be hello")
            return
        if isinstance(opened, int):
            await websocket.close(opened)
            return
        await self._play(websocket, opened)

    async def _hello(self, websocket: WebSocket) -> Hello:
        async with asyncio.timeout(_HELLO_S):
            message = read_message(await _receive(websocket))
        if not isinstance(message, Hello):
            raise Refused("the first message must be hello")
        return message

    def _open(self, hello: Hello) -> Row[tuple[object, ...]] | int:
        """Return the open play session that a browser asks for, or the code to close with."""
        try:
            account = self.records.account(hello.session)
            row = self.records.own_session(hello.session, hello.play)
        except Problem as problem:
            return NO_SESSION if problem.status == 401 else GONE
        is_playable = account.player.state == "active" and account.consented
        if not is_playable or row.state != "open" or row.task not in self.tasks:
            return GONE
        return row

    async def _play(self, websocket: WebSocket, row: Row[tuple[object, ...]]) -> None:
        socket = PlayerSocket(websocket, time.monotonic)
        player = None
        try:
            task, coins = self.tasks[row.task], self.coins.get(row.game_id, 0)
            connecting = self.games.connect(row, task, coins, socket)
            player = await connecting
            await self._read(websocket, player, socket)
        except Crowded:
            socket.close(CROWDED)
        except TooOften:
            socket.close(TOO_OFTEN)
        except EnvironmentFault as error:
            _log.warning("the task %s cannot be played: %s", row.task, error)
            socket.send({"kind": "crashed"})
            socket.close(GONE)
        except WebSocketDisconnect:
            pass
        except Exception:
            _log.exception("a connection to the task %s failed", row.task)
            socket.send({"kind": "crashed"})
            socket.close(GONE)
        finally:
            if player:
                self.games.disconnect(player, socket)
            await socket.ended()

    async def _read(self, websocket: WebSocket, player: LivePlayer, socket: PlayerSocket) -> None:
        budget, told_at = MessageBudget(time.monotonic), 0.0
        while socket.is_open:
            content = await _receive(websocket)
            try:
                if not budget.allows():
                    raise Refused("too many messages: 120 a second are allowed")
                message = read_message(content)
                if isinstance(message, Hello):
                    raise Refused("hello has been said")
                self.games.handle(player, message)
            except Refused as refused:
                budget.refused += 1
                if budget.is_exhausted:
                    socket.close(TOO_MUCH)
                elif time.monotonic() - told_at > _TOLD_EVERY_S:
                    told_at = time.monotonic()
                    socket.send({"kind": "refused", "why": str(refused)})


async def _receive(websocket: WebSocket) -> str | bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    content: str | bytes | None = message.get("text")
    return message.get("bytes") or b"" if content is None else content


def _is_same_origin(websocket: WebSocket) -> bool:
    """Whether the page that opens the connection is this service's: no other site may."""
    origin = websocket.headers.get("origin", "")
    return urlsplit(origin).netloc == websocket.headers.get("host", "") != ""
