"""Labels a second of the service, beside a bare endpoint that inserts one row into the same database.

`python -m benchmarks.bench_server [sqlite] [postgresql]`. One unit of the service is a label: five come with one
call, after the call that deals their batch. One unit of the limit is a row, each with a call of its own. Both take
turns, and the median of the turns' ratios is told, for other work comes and goes; the processor time that a server
takes for a unit hangs less on that.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import psutil

from benchmarks.bench_server_load import Does, Game, Load, insert, label
from gamelabel.service.keys import public_text
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from tests.service.databases import new_url
from tests.service.harness import GAME_KEY, ORIGIN, Service
from tests.service.processes import Process

PLAYERS, SECONDS, ROUNDS = (1, 16, 256), 3.0, 3

# players are never removed: they would be, for they do not look
SERVICE = """
import sys
from pathlib import Path
from gamelabel.games.pairs import Rules, Threshold
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.start import player_app
from gamelabel.service.keys import load_keys
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.service.processes import run
settings = Settings(load_keys(Path(sys.argv[3])), calls_per_minute=10**6)
pair_settings = PairSettings(Rules(gate=Threshold(0.0)), look_s=0.0)
run(player_app(Store(sys.argv[2]), settings, pair_settings))
"""

BARE = """
import sys
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, String, Table, insert
from gamelabel.service.store import Store
from tests.service.processes import run
store, metadata, app = Store(sys.argv[2]), MetaData(), FastAPI()
key = Column("id", Integer, primary_key=True)
rows = Table("bare", metadata, key, Column("item", String), Column("choice", String))
metadata.create_all(store.engine)
class Row(BaseModel):
    item: str
    choice: str
@app.post("/rows")
def add(row: Row) -> Row:
    with store.write() as connection:
        connection.execute(insert(rows).values(item=row.item, choice=row.choice))
    return row
run(app)
"""


class Pair(NamedTuple):
    """A load of each kind, one after the other, and the processor seconds that its server took."""

    bare: Load
    bare_cpu: float
    ours: Load
    ours_cpu: float


def compare(kind: str, folder: Path) -> None:
    url, game = new_url(kind, folder), Game()
    prepare(url, game)
    service, bare = Process(SERVICE, url, str(folder / "keys.json")), Process(BARE, url)

    def one(
        server: Process, players: int, does: Does, seconds: float = SECONDS
    ) -> tuple[Load, float]:
        before = cpu(server)
        load = game.load(server.port, players, seconds, does)
        return load, cpu(server) - before

    for server, does in ((bare, insert), (service, label)):
        one(server, 16, does, 1.0)  # to be warm
    for players in PLAYERS:
        report(
            kind,
            players,
            [
                Pair(*one(bare, players, insert), *one(service, players, label))
                for _ in range(ROUNDS)
            ],
        )
    service.kill()
    bare.kill()


def cpu(server: Process) -> float:
    times = psutil.Process(server.running.pid).cpu_times()
    return times.user + times.system


def prepare(url: str, game: Game) -> None:
    """A pool, and the game that is paid."""
    made = Service(url, preferences=1000, comparisons=300)
    chess = PairGame(
        game_id="chess",
        title="chess",
        origin=ORIGIN,
        launch_keys=[public_text(GAME_KEY)],
        reward_url=game.url,
    )
    register_pair_game(made.store, chess)
    made.store.close()


def report(kind: str, players: int, pairs: list[Pair]) -> None:
    def over_rows(rate: Callable[[Pair], float]) -> str:
        return f"{median(rate(p) / (len(p.bare.spent['row']) / p.bare.took) for p in pairs):.2f}"

    def labels(pair: Pair) -> int:
        return 5 * len(pair.ours.spent["answer"])

    rows = median(len(p.bare.spent["row"]) / p.bare.took for p in pairs)
    per_cpu = median(
        labels(p) / p.ours_cpu / (len(p.bare.spent["row"]) / p.bare_cpu) for p in pairs
    )
    print(
        f"{kind}, {players} players: {median(labels(p) / p.ours.took for p in pairs):,.0f} labels/s, limit {rows:,.0f} "
        f"rows/s; labels a row {over_rows(lambda p: labels(p) / p.ours.took)}, "
        f"{over_rows(lambda p: labels(p) / p.ours.paid)} until all rewards are paid, {per_cpu:.2f} by processor time "
        f"of the server; calls a row {over_rows(lambda p: sum(map(len, p.ours.spent.values())) / p.ours.took)}"
    )
    for name in ("row", "batch", "answer"):
        every = [
            1e3 * s
            for pair in pairs
            for one in (pair.bare, pair.ours)
            for s in one.spent.get(name, [])
        ]
        p50, p99 = np.percentile(every, (50, 99))
        print(f"  {name:6}: p50 {p50:,.1f} ms, p99 {p99:,.1f} ms", flush=True)


if __name__ == "__main__":
    for kind in sys.argv[1:] or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            compare(kind, Path(folder))
