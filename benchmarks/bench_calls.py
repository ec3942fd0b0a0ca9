"""Calls a second of the service, by call, against a bare endpoint that inserts one row per request.

    python -m benchmarks.bench_calls                 # sqlite and postgresql, 16 and 256 players
    python -m benchmarks.bench_calls sqlite

Players work in phases, so that each phase has one kind of call: all open a batch, load pictures of
it, and answer it. The bare endpoint uses the same framework, and inserts a row into the same
database with each request. All take turns, and the medians of the ratios are reported, since
absolute rates depend on other load. Processor time is that of the server's process, for answers
until the game has the rewards, and for PostgreSQL that of its processes as well.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import psutil

from benchmarks.bench_server import BARE, SERVICE, prepare
from benchmarks.bench_server_load import Game, TimedConnection, enter
from benchmarks.timing import parse_parts
from tests.service.databases import new_url, postgres
from tests.service.http_client import run_shared
from tests.service.processes import Process

PLAYERS, ROUNDS = (16, 256), 3
SESSIONS = 512  # players of a round, who share the connections
PICTURES = 2  # of a batch's ten that each player loads


Work = Callable[[TimedConnection, Any], Awaitable[Any]]


class Phase(NamedTuple):
    """One kind of call, made by all connections at once."""

    calls: int
    seconds: float
    cpu_seconds: float
    times: list[float]


class Bench:
    """A server, a bare one, and the connections to both.

    Parameters
    ----------
    kind : str
        The database, "sqlite" or "postgresql".
    folder : Path
        Where files are made.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.game, url = kind, Game(), new_url(kind, folder)
        prepare(url, self.game)
        self.service = Process(SERVICE, url, str(folder / "keys.json"))
        self.bare = Process(BARE, url)

    def cpu_seconds(self, server: Process) -> float:
        """Return the processor time of a server, and of PostgreSQL."""
        processes = [psutil.Process(server.running.pid)]
        if self.kind == "postgresql":
            pid = (Path(postgres()) / "data/postmaster.pid").read_text().split()[0]
            processes += psutil.Process(int(pid)).children()
        return sum(map(_cpu_seconds, processes))

    async def run(self, players: int) -> list[dict[str, Phase]]:
        """Return the phases of all rounds by name."""
        receiver = await asyncio.start_server(self.game.receive, sock=self.game.socket.dup())
        rounds = [await self._round(players) for _ in range(ROUNDS + 1)]
        receiver.close()
        return rounds[1:]  # the first one warms up

    async def _round(self, players: int) -> dict[str, Phase]:
        """Let new players play one batch, and insert as many rows."""
        times: dict[str, list[float]] = defaultdict(list)

        async def run(server: Process, works: Sequence[Any], work: Work) -> tuple[float, list[Any]]:
            """Do the work over new connections; return the seconds that it took, and results."""
            connections = [TimedConnection(server.port, times) for _ in range(players)]
            await asyncio.gather(*(connection.open() for connection in connections))
            start = time.perf_counter()
            results = await run_shared(connections, works, work)
            seconds = time.perf_counter() - start
            for connection in connections:
                connection.writer.close()
            return seconds, results

        async def phase(server: Process, works: Sequence[Any], work: Work) -> list[Any]:
            times.clear()
            self.game.paid = 0
            cpu = self.cpu_seconds(server)
            seconds, results = await run(server, works, work)
            (name,) = times
            while name == "answer" and self.game.paid < len(works):
                await asyncio.sleep(0.01)
            cpu = self.cpu_seconds(server) - cpu
            phases[name] = Phase(len(works), seconds, cpu, times[name])
            return results

        phases: dict[str, Phase] = {}
        await phase(self.bare, range(SESSIONS), _insert)
        _, sessions = await run(self.service, range(SESSIONS), _let_in)
        opened = await phase(self.service, sessions, _open)
        await phase(self.service, [one for batch in opened for one in _pictures(batch)], _picture)
        await phase(self.service, opened, _answer)
        return phases

    def close(self) -> None:
        """End the servers."""
        self.service.kill()
        self.bare.kill()


async def _insert(connection: TimedConnection, number: int) -> None:
    await connection.timed("row", "POST", "/rows", {"item": str(number), "choice": "left"})


async def _let_in(connection: TimedConnection, _: int) -> str:
    await enter(connection)
    return connection.session


async def _open(connection: TimedConnection, session: str) -> tuple[str, Any]:
    connection.session = session
    return session, await connection.timed("open", "POST", "/v1/batches")


def _pictures(opened: tuple[str, Any]) -> list[tuple[str, str]]:
    """Return a session, and the name of a picture, for some pictures of a batch."""
    session, batch = opened
    names = [item[side] for item in batch["items"] for side in ("left", "right")]
    return [(session, name) for name in names[:PICTURES]]


async def _picture(connection: TimedConnection, picture: tuple[str, str]) -> None:
    connection.session, name = picture
    start = time.perf_counter()
    status, _ = await connection.request("GET", f"/v1/pictures/{name}")
    connection.seconds["picture"].append(time.perf_counter() - start)
    assert status == 200, status


async def _answer(connection: TimedConnection, opened: tuple[str, Any]) -> None:
    connection.session, batch = opened
    sides = ("left", "right")
    answers = [{"item": item["item"], "choice": random.choice(sides)} for item in batch["items"]]
    path = f"/v1/batches/{batch['batch']}/answers"
    await connection.timed("answer", "POST", path, {"answers": answers})


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


def report(kind: str, players: int, rounds: list[dict[str, Phase]]) -> None:
    """Print a line for each call."""

    def rate(phase: Phase) -> float:
        return phase.calls / phase.seconds

    def cpu(phase: Phase) -> float:
        return phase.cpu_seconds / phase.calls

    for name in ("row", "open", "picture", "answer"):
        times = [1e3 * seconds for phases in rounds for seconds in phases[name].times]
        p50, p99 = np.percentile(times, (50, 99))
        per_row = median(rate(phases[name]) / rate(phases["row"]) for phases in rounds)
        cpu_per_row = median(cpu(phases["row"]) / cpu(phases[name]) for phases in rounds)
        print(
            f"{kind}, {players} players, {name:7}: "
            f"{median(rate(phases[name]) for phases in rounds):6,.0f} a second, {per_row:.2f} of "
            f"the bare endpoint's rate, {cpu_per_row:.2f} by processor time "
            f"({1e3 * median(cpu(phases[name]) for phases in rounds):.2f} ms); "
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    for kind in parse_parts(__doc__, ("sqlite", "postgresql")):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(kind, Path(folder))
            for players in PLAYERS:
                report(kind, players, asyncio.run(bench.run(players)))
            bench.close()
