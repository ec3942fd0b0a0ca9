"""Players who label without a pause, and the game that pays them."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from gamelabel.service.launch_tokens import sign_launch
from tests.service.harness import GAME_KEY
from tests.service.http_client import HttpConnection, read_message

LIFE = 18  # batches of a player, after whom the next one comes: the paper's mean is 16,425 labels of 188 players
Over = Callable[[], bool]
Does = Callable[["Timed", Over], Awaitable[None]]
_names = (f"p{time.time_ns()}-{number}" for number in itertools.count())


class Load(NamedTuple):
    """What a load was: seconds until the last answer, and until the last reward was paid; seconds of calls by name."""

    took: float
    paid: float
    spent: dict[str, list[float]]


class Timed(HttpConnection):
    """A connection; `spent` notes the seconds of each call under its name."""

    def __init__(self, port: int, spent: dict[str, list[float]]) -> None:
        super().__init__(port)
        self.spent = spent

    async def timed(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """What the answer says. Raises AssertionError for a status that no player should see."""
        start = time.perf_counter()
        status, found = await self.call(method, path, body)
        self.spent[name].append(time.perf_counter() - start)
        assert status < 300, (status, found)
        return found


async def enter(connection: Timed) -> None:
    """The next player comes, from launch to consent."""
    connection.session, name = "", next(_names)
    launch = {"launch": sign_launch(GAME_KEY, "chess", name, name, time.time())}
    connection.session = (await connection.timed("launch", "POST", "/v1/sessions", launch))[
        "session"
    ]
    await connection.timed("consent", "PUT", "/v1/consent", {})


async def label(connection: Timed, over: Over) -> None:
    """Batch after batch, the first player in the midst of theirs, until it is over."""
    left = random.randint(1, LIFE)
    while not over():
        if not left:
            await enter(connection)
            left = LIFE
        batch = await connection.timed("batch", "POST", "/v1/batches")
        answers = [
            {"item": item["item"], "choice": random.choice(("left", "right"))}
            for item in batch["items"]
        ]
        await connection.timed(
            "answer", "POST", f"/v1/batches/{batch['batch']}/answers", {"answers": answers}
        )
        left -= 1


async def insert(connection: Timed, over: Over) -> None:
    """One row after another into the bare endpoint."""
    while not over():
        await connection.timed("row", "POST", "/rows", {"item": next(_names), "choice": "left"})


class Game:
    """The game's backend: it counts the rewards that reach it, and always has them."""

    def __init__(self) -> None:
        self.paid, self.socket = 0, socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/rewards"

    def load(self, port: int, players: int, seconds: float, does: Does) -> Load:
        """So many players at once for so long, from when all are in, and then until all they earned is paid."""
        return asyncio.run(self._load(port, players, seconds, does))

    async def _load(self, port: int, players: int, seconds: float, does: Does) -> Load:
        spent: dict[str, list[float]] = defaultdict(list)
        server = await asyncio.start_server(self._receive, sock=self.socket.dup())
        connections = [Timed(port, spent) for _ in range(players)]
        await asyncio.gather(*(connection.open() for connection in connections))
        if does is label:
            await asyncio.gather(*map(enter, connections))
        self.paid, start = 0, time.perf_counter()
        spent.clear()
        await asyncio.gather(
            *(
                does(connection, lambda: time.perf_counter() > start + seconds)
                for connection in connections
            )
        )
        took = time.perf_counter() - start
        while self.paid < len(spent["answer"]):
            await asyncio.sleep(0.01)
        paid = time.perf_counter() - start
        for connection in connections:
            connection.writer.close()
        server.close()
        return Load(took, paid, spent)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await read_message(reader)
                self.paid += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()
