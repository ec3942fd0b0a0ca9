"""Load for the benchmarks of the service: players who label without a pause, and their game."""

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

BATCHES_PER_PLAYER = 18  # as in the paper: 16,425 labels of 188 players
IsOver = Callable[[], bool]
Work = Callable[["TimedConnection", IsOver], Awaitable[None]]
_names = (f"p{time.time_ns()}-{number}" for number in itertools.count())


class Load(NamedTuple):
    """Seconds until the last answer and until the last reward, and seconds of calls by name."""

    duration: float
    paid_after: float
    seconds: dict[str, list[float]]


class TimedConnection(HttpConnection):
    """A connection that records the seconds of its calls by name."""

    def __init__(self, port: int, seconds: dict[str, list[float]]) -> None:
        super().__init__(port)
        self.seconds = seconds

    async def timed(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of the response; raise AssertionError if the status is an error."""
        start = time.perf_counter()
        status, content = await self.call(method, path, body)
        self.seconds[name].append(time.perf_counter() - start)
        assert status < 300, (status, content)
        return content


async def enter(connection: TimedConnection) -> None:
    """Let the next player enter, from launch to consent."""
    connection.session, name = "", next(_names)
    launch = {"launch": sign_launch(GAME_KEY, "chess", name, name, time.time())}
    connection.session = (await connection.timed("launch", "POST", "/v1/sessions", launch))[
        "session"
    ]
    await connection.timed("consent", "PUT", "/v1/consent", {})


async def label(connection: TimedConnection, is_over: IsOver) -> None:
    """Label batches; the first player starts at a random batch, so that entries are spread out."""
    left = random.randint(1, BATCHES_PER_PLAYER)
    while not is_over():
        if not left:
            await enter(connection)
            left = BATCHES_PER_PLAYER
        batch = await connection.timed("batch", "POST", "/v1/batches")
        answers = [
            {"item": item["item"], "choice": random.choice(("left", "right"))}
            for item in batch["items"]
        ]
        await connection.timed(
            "answer", "POST", f"/v1/batches/{batch['batch']}/answers", {"answers": answers}
        )
        left -= 1


async def insert(connection: TimedConnection, is_over: IsOver) -> None:
    """Insert rows into the bare endpoint."""
    while not is_over():
        await connection.timed("row", "POST", "/rows", {"item": next(_names), "choice": "left"})


class Game:
    """The game's backend, which counts and accepts all rewards."""

    def __init__(self) -> None:
        self.paid, self.socket = 0, socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/rewards"

    def load(self, port: int, players: int, seconds: float, work: Work) -> Load:
        """Run players concurrently for some seconds, and wait until all rewards are paid."""
        return asyncio.run(self._load(port, players, seconds, work))

    async def _load(self, port: int, players: int, seconds: float, work: Work) -> Load:
        times: dict[str, list[float]] = defaultdict(list)
        server = await asyncio.start_server(self.receive, sock=self.socket.dup())
        connections = [TimedConnection(port, times) for _ in range(players)]
        await asyncio.gather(*(connection.open() for connection in connections))
        if work is label:
            await asyncio.gather(*map(enter, connections))
        self.paid, start = 0, time.perf_counter()
        times.clear()
        await asyncio.gather(
            *(
                work(connection, lambda: time.perf_counter() > start + seconds)
                for connection in connections
            )
        )
        duration = time.perf_counter() - start
        while self.paid < len(times["answer"]):
            await asyncio.sleep(0.01)
        paid_after = time.perf_counter() - start
        for connection in connections:
            connection.writer.close()
        server.close()
        return Load(duration, paid_after, times)

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await read_message(reader)
                self.paid += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()
