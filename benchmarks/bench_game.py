"""Processor time of simulated labelling games.

    python -m benchmarks.bench_game                   # all parts
    python -m benchmarks.bench_game ensemble

Parts: `size` measures time and memory of games of the paper's size and of 16 and 64 times its size,
and compares simulating all players at once with simulating one after another; `ensemble` compares
an ensemble with as many games and their tables; `calibrate` repeats the search for the crowd and
its seed, which takes several minutes.
"""

import os
import time
import tracemalloc

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from benchmarks.crowd_search import calibrate, find_seed, windows
from benchmarks.timing import parse_parts, timed
from gamelabel.games.pairs import Crowd, Players, Rules, simulate
from gamelabel.games.pairs.ensemble import ensemble_table, play_ensemble
from gamelabel.games.pairs.playthrough import Draws, Streams, batch_rows, draw_game, play_batches
from gamelabel.reliability import dataset_statistics
from gamelabel.reliability.paper_statistics import FITTED_STATISTICS
from tests.games.pairs.pair_tables import make_pair_tables


def bench_size() -> None:
    for players, preferences in ((188, 6_800), (3_000, 110_000), (12_000, 440_000)):
        pairs, truth = make_pair_tables(preferences, preferences // 11)
        repeats = 3 if players == 188 else 1
        seconds, game = timed(lambda p=pairs, t=truth, n=players: simulate(p, t, n), repeats)
        labels = len(game.labels)
        del game
        memory = ""
        if players < 10_000:  # tracing is slow
            tracemalloc.start()
            simulate(pairs, truth, players)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            memory = f"; at most {peak / 2**20:,.0f} MiB, {peak / labels:,.0f} bytes per label"
        per_label = seconds / labels * 1e6
        print(
            f"{players:,} players, {labels:,} labels: {seconds:.2f} s, "
            f"{per_label:.1f} us per label{memory}"
        )
    bench_players_at_once()


def bench_players_at_once() -> None:
    rules, streams = Rules(), Streams.from_seed(0)
    people = Crowd().draw(188, streams.crowd)
    draws, _ = draw_game(people, rules, 600, streams)
    batches, first = batch_rows(people, rules.batch_size)

    def one_by_one() -> list[int]:
        batches_played = []
        for i, (start, end) in enumerate(zip(first, first + batches, strict=True)):
            points = slice(start * rules.batch_size, end * rules.batch_size)
            player_draws = Draws(
                draws.selection[start:end],
                draws.perception[points],
                draws.on_left[points],
                draws.exam[[i]],
            )
            player = Players._make(values[[i]] for values in people)
            batches_played.append(play_batches(player, rules, player_draws, 6_800).batches.item())
        return batches_played

    seconds, result = timed(lambda: play_batches(people, rules, draws, 6_800).batches.tolist())
    loop_seconds, expected = timed(one_by_one, 1)
    assert result == expected
    print(
        f"188 players at once: {seconds * 1e3:.0f} ms; "
        f"one by one {loop_seconds / seconds:.1f} times"
    )


def bench_ensemble(games: int = 64) -> None:
    pairs, _ = make_pair_tables(6_800, 600)

    def with_tables() -> None:
        for seed in range(8):
            game = simulate(pairs, None, seed=seed)
            dataset_statistics(game.labels, game.players, pairs)

    seconds = timed(lambda: play_ensemble(6_800, 600, range(games)))[0] / games
    table_seconds = timed(with_tables, 1)[0] / 8
    print(
        f"a game in an ensemble: {seconds * 1e3:.1f} ms; "
        f"with its tables {table_seconds / seconds:.1f} times"
    )


def bench_calibrate() -> None:
    start = time.process_time()
    crowd, rules = calibrate(FITTED_STATISTICS)
    search_seconds = time.process_time() - start
    games = play_ensemble(30_000, 600, range(1000), crowd=crowd, rules=rules)
    game_seconds = time.process_time() - start - search_seconds
    table = ensemble_table(games.iloc[0].to_dict(), games, FITTED_STATISTICS).set_index("number")
    ranks = table["rank"].drop("players")
    print(
        f"calibrated in {search_seconds:.0f} s; 1,000 games in {game_seconds:.0f} s; "
        f"ranks of the paper's numbers {ranks.min():.2f} to {ranks.max():.2f}"
    )
    start = time.process_time()
    seed = find_seed(windows(FITTED_STATISTICS, top16_share=(0.45, 0.5)), range(1_000_000))
    seconds = time.process_time() - start
    per_seed = seconds / (seed or np.nan) * 1e6
    print(f"seed {seed} has every number within 3 %: {seconds:.0f} s, {per_seed:.0f} us per seed")


if __name__ == "__main__":
    parts = {"size": bench_size, "ensemble": bench_ensemble, "calibrate": bench_calibrate}
    for part in parse_parts(__doc__, parts):
        parts[part]()
