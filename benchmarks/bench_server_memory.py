"""Memory of the service over 100,000 batches, all over HTTP: `python -m benchmarks.bench_server_memory [kind]`.

kind: sqlite or postgresql, of the database.
"""

import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.bench_server import SERVICE, prepare
from benchmarks.bench_server_load import Game, label
from tests.service.databases import new_url
from tests.service.processes import Process

BATCHES, STEP, PLAYERS = 100_000, 5_000, 16


def remember(kind: str, folder: Path) -> None:
    """Print the resident memory of the service's process after every so many batches."""
    url, game = new_url(kind, folder), Game()
    prepare(url, game)
    service = Process(SERVICE, url, str(folder / "keys.json"))
    memory, done, due = psutil.Process(service.running.pid), 0, 0
    while done < BATCHES:
        load = game.load(service.port, PLAYERS, 5.0, label)
        done += len(load.spent["answer"])
        if done >= due:
            print(
                f"{kind}, {done:,} batches: {memory.memory_info().rss / 2**20:.1f} MiB", flush=True
            )
            due += STEP
    service.kill()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        remember(sys.argv[1] if sys.argv[1:] else "sqlite", Path(folder))
