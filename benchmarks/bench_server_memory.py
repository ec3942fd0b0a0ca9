"""Resident memory of the service over 100,000 batches, which should not grow.

python -m benchmarks.bench_server_memory          # sqlite
python -m benchmarks.bench_server_memory postgresql
"""

import tempfile
from pathlib import Path

import psutil

from benchmarks.bench_server import SERVICE, prepare
from benchmarks.bench_server_load import Game, label
from benchmarks.timing import parse_parts
from tests.service.databases import new_url
from tests.service.processes import Process

BATCHES, STEP, PLAYERS = 100_000, 5_000, 16


def print_memory(kind: str, folder: Path) -> None:
    """Print the resident memory of the service after every 5,000 batches."""
    url, game = new_url(kind, folder), Game()
    prepare(url, game)
    service = Process(SERVICE, url, str(folder / "keys.json"))
    memory, n_batches, next_report = psutil.Process(service.running.pid), 0, 0
    while n_batches < BATCHES:
        load = game.load(service.port, PLAYERS, 5.0, label)
        n_batches += len(load.seconds["answer"])
        if n_batches >= next_report:
            resident = memory.memory_info().rss / 2**20
            print(f"{kind}, {n_batches:,} batches: {resident:.1f} MiB", flush=True)
            next_report += STEP
    service.kill()


if __name__ == "__main__":
    for kind in parse_parts(__doc__, ("sqlite", "postgresql"), default=["sqlite"]):
        with tempfile.TemporaryDirectory() as folder:
            print_memory(kind, Path(folder))
