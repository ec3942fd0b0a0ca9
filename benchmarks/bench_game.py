"""Processor seconds of simulated games: `python -m benchmarks.bench_game [size] [many] [calibrate]`.

size: games of the paper's size, and 16 and 64 times it, with memory; and all players at once against one after another.
many: an ensemble against as many games with their tables. calibrate: the whole search, a thousand games, and a seed.
"""

import os
import sys
import time
import tracemalloc

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from benchmarks.crowd_search import calibrate, find_seed, windows
from benchmarks.timing import timed
from gamelabel.games.pairs import (
    Crowd,
    Players,
    Rules,
    beside,
    ensemble,
    simulate,
)
from gamelabel.games.pairs.playthrough import Luck, Streams, deal, play, rows
from gamelabel.reliability import PAPER_STATISTICS, dataset_statistics
from tests.games.pairs.worlds import world


def size() -> None:
    for players, preferences in ((188, 6_800), (3_000, 110_000), (12_000, 440_000)):
        pairs, truth = world(preferences, preferences // 11)
        seconds, played = timed(
            lambda p=pairs, t=truth, n=players: simulate(p, t, n), 3 if players == 188 else 1
        )
        labels = len(played.labels)
        del played
        memory = ""
        if players < 10_000:  # tracing is slow
            tracemalloc.start()
            simulate(pairs, truth, players)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            memory = f"; at most {peak / 2**20:,.0f} MiB, {peak / labels:,.0f} bytes an annotation"
        print(
            f"{players:,} players, {labels:,} annotations: {seconds:.2f} s, {seconds / labels * 1e6:.1f} us each"
            + memory
        )

    rules, streams = Rules(), Streams.of(0)
    people = Crowd().draw(188, streams.crowd)
    luck, _ = deal(people, rules, 600, streams)
    most, first = rows(people, rules.batch)

    def one_by_one() -> list[int]:
        given = []
        for i, (start, end) in enumerate(zip(first, first + most, strict=True)):
            wide = slice(start * rules.batch, end * rules.batch)
            alone = Luck(luck.coins[start:end], luck.eyes[wide], luck.on_left[wide])
            one = Players._make(values[[i]] for values in people)
            given.append(play(one, rules, alone, 6_800).batches.item())
        return given

    together, all_at_once = timed(lambda: play(people, rules, luck, 6_800).batches.tolist())
    apart, each = timed(one_by_one, 1)
    assert all_at_once == each
    print(
        f"the rules over 188 players at once: {together * 1e3:.0f} ms; one after another, {apart / together:.1f} times"
    )


def many(games: int = 64) -> None:
    pairs, _ = world(6_800, 600)

    def with_tables() -> None:
        for seed in range(8):
            played = simulate(pairs, None, seed=seed)
            dataset_statistics(played.labels, played.players, pairs)

    ours = timed(lambda: ensemble(6_800, 600, range(games)))[0] / games
    tables = timed(with_tables, 1)[0] / 8
    print(
        f"the numbers of a game: {ours * 1e3:.1f} ms in an ensemble; with its tables {tables / ours:.1f} times as long"
    )


def search() -> None:
    start = time.process_time()
    crowd, rules = calibrate(PAPER_STATISTICS)
    found = time.process_time() - start
    table = ensemble(30_000, 600, range(1000), crowd=crowd, rules=rules)
    checked = time.process_time() - start - found
    ranks = (
        beside(table.iloc[0].to_dict(), table, PAPER_STATISTICS)
        .set_index("number")["rank"]
        .drop("players")
    )
    print(
        f"calibrated in {found:.0f} s; 1,000 games in {checked:.0f} s; "
        f"ranks of the paper's numbers {ranks.min():.2f} to {ranks.max():.2f}"
    )
    accepted = windows(PAPER_STATISTICS, top16_share=(0.45, 0.5))
    start = time.process_time()
    seed = find_seed(accepted, range(1_000_000))
    seconds = time.process_time() - start
    print(
        f"seed {seed} has every number within 3 %: {seconds:.0f} s, {seconds / (seed or np.nan) * 1e6:.0f} us a seed"
    )


if __name__ == "__main__":
    parts = {"size": size, "many": many, "calibrate": search}
    for part in sys.argv[1:] or parts:
        parts[part]()
