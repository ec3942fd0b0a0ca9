"""Seconds of one core for games and labels: `python -m tests.benchmarks.bench_labels [game] [released]`.

Processor time, not the clock: it holds on a busy machine too.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import pandas as pd

from gamelabel.game import simulate
from gamelabel.labels import read_released
from tests.game.worlds import world
from tests.labels.release import cell, jpeg, write


def timed(work: Callable[[], object], rounds: int = 3) -> tuple[float, object]:
    """The least processor time of some rounds, in seconds, and what the work returned."""
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        result = work()
        spent.append(time.process_time() - start)
    return min(spent), result


def game() -> None:
    for players, preferences in ((188, 6_800), (11_000, 400_000)):
        pairs, truth = world(preferences, preferences // 10)
        seconds, played = timed(lambda p=pairs, t=truth, n=players: simulate(p, t, n), 3 if players == 188 else 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{players:,} players, {len(played.labels):,} annotations: {seconds:.2f} s, at most {peak:,.0f} MiB")


def released(rows: int = 400) -> None:
    """A file whose cells are as long as the release's mean, about 165 kB each."""
    pictures = [cell(jpeg(i, side=380)) for i in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        table = [[str(i), f"prompt {i}", "1", pictures[i % 8], "2", pictures[(i + 1) % 8]] for i in range(rows)]
        path = write(Path(folder) / "data.csv", table)
        size = path.stat().st_size / 2**20
        del table
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds, reading = timed(lambda: read_released(path, folder), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert isinstance(reading.labels, pd.DataFrame) and len(reading.pairs) == rows
    print(
        f"{size:,.0f} MiB of the released format: {seconds:.1f} s, {size / seconds:.0f} MiB/s; 2.26 GB would take "
        f"{2155 * seconds / size:.0f} s; memory {before:.0f} MiB before, at most {peak:.0f} MiB while reading"
    )


if __name__ == "__main__":
    parts = {"game": game, "released": released}
    for part in sys.argv[1:] or parts:
        parts[part]()
