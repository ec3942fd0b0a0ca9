"""An hour of 256 SIMULATED players against the service, which is disturbed all the time.

    python -m benchmarks.soak                              # an hour, 256 players
    python -m benchmarks.soak --seconds 60 --players 24    # a short one, which a test runs too

Three processes of `gamelabel serve` share a PostgreSQL database, and three games have players.
People think and pause, so the load is low. One disturbance comes after another: a process is killed
(two of the three take turns; the memory of the third is watched), the backend of a game hangs, is
slow, refuses rewards, or forgets to answer, and the database is stopped and started again. At the
end everybody leaves, all rewards are waited for, and what must hold is checked; the exit status
is 1 if something does not. Everything is on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy import select

from benchmarks.soak_checks import Sample, growth_faults, label_faults, reward_faults, summary
from benchmarks.soak_game import Backend, Mode
from benchmarks.soak_players import Pace, Record, SoakPlayer, picture_prompts
from benchmarks.soak_processes import ServeProcess, write_games
from benchmarks.timing import make_parser
from gamelabel.service.database_tables import rewards
from gamelabel.service.keys import load_keys
from gamelabel.service.store import Store
from tests.service.databases import Server, new_url, postgres
from tests.service.harness import make_run

_DRAIN_S = 300.0  # for which rewards are waited for at the end
HUMAN = Pace(pair_s=4.0, pause_s=20.0)
_LONG_S = 1800.0  # from which memory must be flat: before, caches are still being filled


@dataclass(frozen=True)
class Plan:
    """The size of a soak.

    Parameters
    ----------
    players : int
        How many play at once.
    seconds : float
        How long they play.
    pace : Pace
        How fast.
    calm_s, trouble_s : float
        Seconds between two disturbances, and how long one lasts.
    look_s : float
        How long a pair is shown before it can be answered.
    preferences, comparisons : int
        The pool.
    """

    players: int = 256
    seconds: float = 3600.0
    pace: Pace = HUMAN
    calm_s: float = 20.0
    trouble_s: float = 40.0
    look_s: float = 1.0
    preferences: int = 2000
    comparisons: int = 160


def short_plan(players: int, seconds: float) -> Plan:
    """Return a plan for a minute or so."""
    pace = Pace(pair_s=0.3, pause_s=1.0)
    return Plan(players, seconds, pace, 2.0, 4.0, 0.2, preferences=300, comparisons=80)


@dataclass
class Soak:
    """A soak under way, and what it has seen."""

    plan: Plan
    processes: list[ServeProcess]
    games: list[Backend]
    record: Record = field(default_factory=Record)
    samples: list[Sample] = field(default_factory=list)
    disturbances: dict[str, int] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, prompts: dict[bytes, str], store: Store) -> tuple[Sample, Sample]:
        """Let players play until the end; return samples of before and after."""
        watched = self.processes[0]
        first = Sample.take(watched.pid)
        ports = [process.port for process in self.processes]
        pace, record = self.plan.pace, self.record
        players = [
            SoakPlayer(ports, game, prompts, pace, record, self.over).play()
            for _, game in zip(range(self.plan.players), itertools.cycle(self.games), strict=False)
        ]
        async with asyncio.TaskGroup() as tasks:
            for player in players:
                tasks.create_task(player)
            tasks.create_task(self._disturb())
            tasks.create_task(self._watch(watched))
            await asyncio.sleep(self.plan.seconds)
            self.over.set()
        for game in self.games:
            game.mode = "good"
        await self._drain(store)
        await asyncio.sleep(8.0)  # in which the server closes idle connections
        return first, Sample.take(watched.pid)

    async def _disturb(self) -> None:
        """Disturb the service again and again, in turns; all is well at the end."""
        first, second = self.processes[1:]
        modes: tuple[Mode, ...] = ("hanging", "slow", "refusing", "forgetful")
        restarts = itertools.cycle(("fast", "immediate", "killed"))
        games = itertools.cycle(self.games[1:])  # the first is good all the time
        while True:
            for i, mode in enumerate(modes):
                if await self._is_over(self.plan.calm_s):
                    return
                await self._kill((first, second)[i % 2])
                if await self._is_over(self.plan.calm_s):
                    return
                await self._spoil(next(games), mode)
            await self._restart_database(next(restarts))

    async def _kill(self, process: ServeProcess) -> None:
        self._count("processes killed")
        process.kill()
        await self._is_over(self.plan.trouble_s / 4)
        process.start()

    async def _spoil(self, game: Backend, mode: Mode) -> None:
        self._count(f"backend {mode}")
        game.mode = mode
        await self._is_over(self.plan.trouble_s)
        game.mode = "good"

    async def _restart_database(self, how: str) -> None:
        self._count(f"database {how}")
        server = Server(Path(postgres()))
        stop: Callable[[], None] = server.kill if how == "killed" else lambda: server.stop(how)
        await asyncio.to_thread(stop)
        await asyncio.sleep(min(5.0, self.plan.trouble_s / 4))
        await asyncio.to_thread(server.start)

    async def _watch(self, process: ServeProcess) -> None:
        while not await self._is_over(self.plan.seconds / 240):
            self.samples.append(Sample.take(process.pid))

    async def _drain(self, store: Store) -> None:
        """Wait until the games have all rewards, and the service knows it."""
        end = time.monotonic() + _DRAIN_S
        waiting = select(rewards.c.id).where(rewards.c.state == "waiting").limit(1)
        while time.monotonic() < end:
            await asyncio.sleep(1.0)
            with store.read() as connection:
                if connection.execute(waiting).first() is None:
                    return

    async def _is_over(self, seconds: float) -> bool:
        """Wait, at most until it is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return False
        return True

    def _count(self, what: str) -> None:
        self.disturbances[what] = self.disturbances.get(what, 0) + 1


async def run_soak(plan: Plan, folder: Path, url: str) -> tuple[Soak, list[str]]:
    """Run a soak on an empty database; return it, and all that is wrong."""
    games = [Backend(name) for name in ("chess", "go", "hills")]
    run, keys = make_run(plan.preferences, plan.comparisons), folder / "keys.json"
    prompts = picture_prompts(run)
    for game in games:
        await game.start(load_keys(keys).public)
    write_games(folder / "games.yaml", games)
    async with _processes(plan, folder, url, run) as processes:
        soak, store = Soak(plan, processes, games), Store(url)
        first, last = await soak.run(prompts, store)
        faults = [*soak.record.faults, *label_faults(store, soak.record)]
        faults += reward_faults(store, soak.record, games)
        if plan.seconds >= _LONG_S:
            faults += growth_faults(soak.samples, first, last)
        store.close()
    return soak, faults


@asynccontextmanager
async def _processes(
    plan: Plan, folder: Path, url: str, run: Path
) -> AsyncIterator[list[ServeProcess]]:
    """Start three processes; the first fills the pool."""
    processes = [ServeProcess(folder, url, plan.look_s) for _ in range(3)]
    try:
        processes[0].start("--study", str(run))
        await processes[0].is_ready()
        for process in processes[1:]:
            process.start()
        for process in processes[1:]:
            await process.is_ready()
        yield processes
    finally:
        for process in processes:
            process.kill()


def report(soak: Soak, faults: list[str]) -> None:
    """Print what happened."""
    record, plan = soak.record, soak.plan
    labels, received = 5 * len(record.answered), sum(game.received for game in soak.games)
    print(
        f"SIMULATED: {plan.players} players at once for {plan.seconds:,.0f} s, {record.players:,} "
        f"in all; {labels:,} labels acknowledged; {record.resent:,} requests sent again"
    )
    print("disturbances: " + ", ".join(f"{n} {what}" for what, n in soak.disturbances.items()))
    print(
        f"rewards: {len(record.answered):,} due, {received:,} received, those sent again included"
    )
    for game in soak.games:
        waits = [
            payment.at - one.at
            for one in record.answered.values()
            if (payment := game.paid.get(one.reply["reward"]["id"]))
        ]
        if waits:
            p50, p99 = np.percentile(waits, (50, 99))
            print(
                f"  {game.game_id}: paid {p50:.2f} s after the answers at the median, "
                f"p99 {p99:.1f} s, at most {max(waits):.1f} s"
            )
    for name, seconds in record.seconds.items():
        p50, p99 = 1e3 * np.percentile(seconds, (50, 99))
        print(f"  {name}: {len(seconds):,} calls, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    print(f"the process that was not killed, by quarters: {summary(soak.samples)}")
    print("what must hold: " + ("all of it does" if not faults else "; ".join(faults[:20])))


def main() -> None:
    """Run a soak, and print what happened."""
    parser = make_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--players", type=int, default=Plan.players)
    options = parser.parse_args()
    is_short = options.seconds < _LONG_S
    plan = (short_plan if is_short else Plan)(options.players, options.seconds)
    random.seed(0)
    with tempfile.TemporaryDirectory(prefix="gamelabel-soak-") as folder:
        url = new_url("postgresql", Path(folder))
        soak, faults = asyncio.run(run_soak(plan, Path(folder), url))
    report(soak, faults)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
