"""Labels a second of the service, beside a bare endpoint that inserts one row into the same database.

`python -m tests.benchmarks.bench_server [sqlite] [postgresql]`
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from gamelabel.server.games import Game as Settled
from gamelabel.server.games import register
from gamelabel.server.keys import text
from tests.benchmarks.bench_server_load import Game, Load, insert, label
from tests.server.databases import new_url
from tests.server.processes import Process
from tests.server.worlds import GAME_KEY, ORIGIN, Service

PLAYERS, SECONDS, ROUNDS = (1, 16, 256), 3.0, 3

# players are never removed: they would be, for they do not look
SERVICE = """
import sys
from pathlib import Path
from gamelabel.game import Rules, Threshold
from gamelabel.server.api import create_app
from gamelabel.server.keys import load_keys
from gamelabel.server.settings import Settings
from gamelabel.server.store import Store
from tests.server.processes import run
settings = Settings(load_keys(Path(sys.argv[3])), Rules(gate=Threshold(0.0)), look_s=0.0, calls_per_minute=10**6)
run(create_app(Store(sys.argv[2]), settings))
"""

BARE = """
import sys
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, String, Table, insert
from gamelabel.server.store import Store
from tests.server.processes import run
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


def compare(kind: str, folder: Path) -> None:
    url, game = new_url(kind, folder), Game()
    prepare(url, game)
    service, bare = Process(SERVICE, url, str(folder / "keys.json")), Process(BARE, url)
    for players in PLAYERS:
        pairs = [
            (game.load(bare.port, players, SECONDS, insert), game.load(service.port, players, SECONDS, label))
            for _ in range(ROUNDS)
        ]
        report(kind, players, pairs)
    service.kill()
    bare.kill()


def prepare(url: str, game: Game) -> None:
    """A pool, and the game that is paid."""
    made = Service(url, preferences=1000, comparisons=300)
    public = text(GAME_KEY.public_key().public_bytes_raw())
    register(made.store, Settled("chess", "chess", ORIGIN, [public], game.url))
    made.store.close()


def report(kind: str, players: int, pairs: list[tuple[Load, Load]]) -> None:
    limit = [len(bare.spent["row"]) / bare.took for bare, _ in pairs]
    labels = [5 * len(ours.spent["answer"]) / ours.took for _, ours in pairs]
    paid = [5 * len(ours.spent["answer"]) / ours.paid for _, ours in pairs]
    calls = [sum(map(len, ours.spent.values())) / ours.took for _, ours in pairs]
    shares = {
        name: median(a / b for a, b in zip(rates, limit, strict=True))
        for name, rates in {"labels": labels, "paid": paid, "calls": calls}.items()
    }
    print(
        f"{kind}, {players} players: {median(labels):,.0f} labels/s ({median(paid):,.0f} until all is paid) in "
        f"{median(calls):,.0f} calls/s; limit {median(limit):,.0f} rows/s; labels a row {shares['labels']:.2f} "
        f"({shares['paid']:.2f} until paid), calls a row {shares['calls']:.2f}"
    )
    for name in ("row", "batch", "answer"):
        every = [1e3 * s for pair in pairs for one in pair for s in one.spent.get(name, [])]
        print(f"  {name:6}: p50 {np.percentile(every, 50):,.1f} ms, p99 {np.percentile(every, 99):,.1f} ms", flush=True)


if __name__ == "__main__":
    for kind in sys.argv[1:] or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            compare(kind, Path(folder))
