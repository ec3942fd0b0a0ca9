"""Seconds of one core for games and statistics: `python -m tests.benchmarks.bench_labels [game] [alpha] [released]`.

Beside our own stands the package `krippendorff` on the same labels in the same process; loops over it are run on a few
replicates and scaled up. Processor time, not the clock: ratios hold on a busy machine too.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import krippendorff
import numpy as np
import pandas as pd

from gamelabel.game import simulate
from gamelabel.labels import crowd, read_released
from gamelabel.reliability import alpha, alpha_interval
from tests.game.worlds import world
from tests.labels.release import cell, jpeg, write

REPLICATES, LOOP = 1000, 5


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


def statistics() -> None:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(5, [0.5, 0.5], size=200_000)
    dense = np.where(np.arange(5)[:, None] < counts[:, 0], 0.0, 1.0)  # five raters, which suits the package
    mine, value = timed(lambda: alpha(counts))
    print(f"alpha of 1M labels from counts: {mine * 1000:.1f} ms")
    for form in ({"value_counts": counts}, {"reliability_data": dense}):
        theirs, reference = timed(lambda f=form: krippendorff.alpha(**f, level_of_measurement="nominal"))
        apart = abs(value - reference)
        print(
            f"  krippendorff, {next(iter(form))}: {theirs * 1000:.1f} ms, {theirs / mine:.1f} times; apart {apart:.0e}"
        )

    pairs, truth = world(6_800, 600)
    labels = crowd(simulate(pairs, truth, seed=1).labels)
    labels = labels[labels.task.isin(truth.pair_id)]
    votes = labels.groupby(["task", "label"]).size().unstack(fill_value=0).to_numpy()
    matrix = labels.assign(label=(labels.label == "a").astype(float)).pivot(
        index="worker", columns="task", values="label"
    )
    several = matrix.loc[:, matrix.notna().sum() > 1].to_numpy()
    people, units = several.shape
    by_task = timed(lambda: alpha_interval(votes, replicates=REPLICATES))[0]
    by_player = timed(lambda: alpha_interval(labels, cluster="worker", replicates=REPLICATES))[0]

    def loop(axis: int, size: int) -> None:
        for _ in range(LOOP):
            drawn = np.take(several, rng.integers(0, size, size), axis=axis)
            krippendorff.alpha(reliability_data=drawn, level_of_measurement="nominal")

    for name, ours, axis, size in (("points", by_task, 1, units), ("players", by_player, 0, people)):
        theirs = timed(lambda a=axis, n=size: loop(a, n), 1)[0] * REPLICATES / LOOP
        print(
            f"{REPLICATES:,} replicates over {name}: {ours * 1000:.1f} ms; "
            f"loop {theirs:.1f} s, {theirs / ours:,.0f} times"
        )


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
    parts = {"game": game, "alpha": statistics, "released": released}
    for part in sys.argv[1:] or parts:
        parts[part]()
