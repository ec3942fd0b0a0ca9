"""Labels per second of the service, against a bare endpoint that inserts one row per request.

    python -m benchmarks.bench_server                 # sqlite and postgresql
    python -m benchmarks.bench_server sqlite

The service takes two requests for five labels: one deals a batch, the other stores its answers.
The bare endpoint inserts a row into the same database with each request. Both take turns, and the
medians of the ratios are reported, since absolute rates depend on other load. The ratio of
processor time depends least on it.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import psutil

from benchmarks.bench_server_load import Game, Load, Work, insert, label
from benchmarks.timing import parse_parts
from gamelabel.service.keys import public_text
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from tests.service.databases import new_url
from tests.service.harness import GAME_KEY, ORIGIN, Service
from tests.service.processes import Process

PLAYERS, SECONDS, ROUNDS = (1, 16, 256), 3.0, 3

# The players answer at random, so the gate must not remove them.
SERVICE = """
import sys
from pathlib import Path
from gamelabel.games.pairs import Rules, Threshold
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.start import player_app
from gamelabel.service.keys import load_keys
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.service.processes import serve_app
settings = Settings(load_keys(Path(sys.argv[3])), calls_per_minute=10**6)
pair_settings = PairSettings(Rules(gate=Threshold(0.0)), look_s=0.0)
serve_app(player_app(Store(sys.argv[2]), settings, pair_settings))
"""

BARE = """
import sys
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, String, Table, insert
from gamelabel.service.store import Store
from tests.service.processes import serve_app
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
serve_app(app)
"""


class Pair(NamedTuple):
    """Two loads, one after the other, with the processor seconds of their servers."""

    bare: Load
    bare_cpu: float
    service: Load
    service_cpu: float


def compare(kind: str, folder: Path) -> None:
    url, game = new_url(kind, folder), Game()
    prepare(url, game)
    service, bare = Process(SERVICE, url, str(folder / "keys.json")), Process(BARE, url)

    def run(
        server: Process, players: int, work: Work, seconds: float = SECONDS
    ) -> tuple[Load, float]:
        before = cpu_seconds(server)
        load = game.load(server.port, players, seconds, work)
        return load, cpu_seconds(server) - before

    for server, work in ((bare, insert), (service, label)):
        run(server, 16, work, 1.0)  # warm up
    for players in PLAYERS:
        report(
            kind,
            players,
            [
                Pair(*run(bare, players, insert), *run(service, players, label))
                for _ in range(ROUNDS)
            ],
        )
    service.kill()
    bare.kill()


def cpu_seconds(server: Process) -> float:
    times = psutil.Process(server.running.pid).cpu_times()
    return times.user + times.system


def prepare(url: str, game: Game) -> None:
    """Create a pool, and the game that receives rewards."""
    service = Service(url, preferences=1000, comparisons=300)
    chess = PairGame(
        game_id="chess",
        title="chess",
        origin=ORIGIN,
        launch_keys=[public_text(GAME_KEY)],
        reward_url=game.url,
        new_players_per_hour=10**9,
    )
    register_pair_game(service.store, chess)
    service.store.close()


def report(kind: str, players: int, pairs: list[Pair]) -> None:
    def row_rate(pair: Pair) -> float:
        return len(pair.bare.seconds["row"]) / pair.bare.duration

    def labels(pair: Pair) -> int:
        return 5 * len(pair.service.seconds["answer"])

    def calls(pair: Pair) -> int:
        return sum(map(len, pair.service.seconds.values()))

    def per_row(rate: Callable[[Pair], float]) -> str:
        return f"{median(rate(pair) / row_rate(pair) for pair in pairs):.2f}"

    label_rate = median(labels(p) / p.service.duration for p in pairs)
    cpu_ratio = median(
        labels(p) / p.service_cpu / (len(p.bare.seconds["row"]) / p.bare_cpu) for p in pairs
    )
    print(
        f"{kind}, {players} players: {label_rate:,.0f} labels/s, limit "
        f"{median(map(row_rate, pairs)):,.0f} rows/s; labels per row "
        f"{per_row(lambda p: labels(p) / p.service.duration)}, "
        f"{per_row(lambda p: labels(p) / p.service.paid_after)} until all rewards are paid, "
        f"{cpu_ratio:.2f} by processor time of the server; calls per row "
        f"{per_row(lambda p: calls(p) / p.service.duration)}"
    )
    for name in ("row", "batch", "answer"):
        loads = [load for pair in pairs for load in (pair.bare, pair.service)]
        times = [1e3 * seconds for load in loads for seconds in load.seconds.get(name, [])]
        p50, p99 = np.percentile(times, (50, 99))
        print(f"  {name:6}: p50 {p50:,.1f} ms, p99 {p99:,.1f} ms", flush=True)


if __name__ == "__main__":
    for kind in parse_parts(__doc__, ("sqlite", "postgresql")):
        with tempfile.TemporaryDirectory() as folder:
            compare(kind, Path(folder))
