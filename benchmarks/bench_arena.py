"""How many votes an arena needs to order its models, and how fast a million votes are ranked.

    python -m benchmarks.bench_arena votes      # adaptive pairs against round robin, some minutes
    python -m benchmarks.bench_arena speed      # 50 models, 1,000,000 votes
    python -m benchmarks.bench_arena crowd      # the same where 40 people label at the same time

The votes are SIMULATED: by the model of Davidson, with ties and a favored side. Both ways to choose
pairs stop by the same rule, when the order is right with a probability of 95%. Unless it is a
crowd, votes come in tens, or by 2% of those so far.
"""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from benchmarks.timing import parse_parts, timed
from gamelabel.games.annotation.model_ranking import ModelRanking, rank_models
from gamelabel.games.annotation.model_ranking_choice import choose_comparisons
from gamelabel.games.annotation.model_ranking_file import RankedModels
from gamelabel.reliability.estimate import proportion
from gamelabel.service.database_tables import games, players
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_tables import arena_models, arena_pairs, model_votes
from gamelabel.service.pairs.pair_tables import pairs, pictures, pools
from gamelabel.service.store import Store

_SEEDS = 20
_GOAL = 0.95
_MOST = 30_000  # votes after which a simulation gives up
_SIDE, _TIE = 0.1, 0.2  # log odds of the left side; exp of the tie parameter, equal models: 9%
World = Callable[[int, np.random.Generator], NDArray[np.float64]]
Chooser = Callable[[ModelRanking, int, np.random.Generator], list[tuple[int, int]]]


def round_robin(ranking: ModelRanking, n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Choose every pair of models equally often, in a random order."""
    every = np.transpose(np.triu_indices(len(ranking.order), 1))
    rounds = [rng.permutation(every) for _ in range(-(-n // len(every)))]
    return [(int(i), int(j)) for i, j in np.concatenate(rounds)[:n]]


def vote(
    counts: NDArray[np.int64],
    ability: NDArray[np.float64],
    chosen: list[tuple[int, int]],
    rng: np.random.Generator,
) -> None:
    """Add a SIMULATED vote on each pair, with random sides."""
    left, right = rng.permuted(np.array(chosen), axis=1).T
    difference = ability[left] - ability[right] + _SIDE
    odds = np.stack([np.exp(-difference / 2), np.full(len(left), _TIE), np.exp(difference / 2)])
    outcome = (rng.random(len(left)) > np.cumsum(odds / odds.sum(0), axis=0)).sum(0)
    np.add.at(counts, (left, right, np.minimum(outcome, 2)), 1)


def votes_needed(
    ability: NDArray[np.float64], choose: Chooser, seed: int, crowd: bool = False
) -> tuple[int, bool]:
    """Return after how many votes the order is decided, and whether it is right."""
    rng, n = np.random.default_rng(seed), len(ability)
    counts, names = np.zeros((n, n, 3), np.int64), [f"m{i:02d}" for i in range(n)]
    ranking = rank_models(names, counts)
    while ranking.order_confidence < _GOAL and counts.sum() < _MOST:
        if crowd:  # 40 people, each of whom is dealt five pairs before anybody answers
            chosen = [pair for _ in range(40) for pair in choose(ranking, 5, rng)]
        else:
            chosen = choose(ranking, max(10, int(counts.sum() * 0.02)), rng)
        vote(counts, ability, chosen, rng)
        ranking = rank_models(names, counts)
    return int(counts.sum()), bool((np.diff(ability[ranking.order]) <= 0).all())


def report_votes(crowd: bool = False) -> None:
    """Print how many votes both ways to choose pairs need."""
    print(f"votes to a decided order (SIMULATED, {_SEEDS} seeds, goal {_GOAL:.0%}, crowd {crowd})")
    for name, world in {"even steps of 0.5": even_steps, "normal, sd 1": normal_steps}.items():
        for n in (4, 8, 16):
            report_world(name, world, n, _SEEDS, crowd)


def report_world(name: str, world: World, n: int, seeds: int, crowd: bool) -> None:
    """Print how many votes both ways to choose pairs need for n models of a kind."""
    needed, right = np.zeros((seeds, 2), np.int64), np.zeros((seeds, 2), bool)
    for seed in range(seeds):
        ability = world(n, np.random.default_rng([n, seed]))
        for way, choose in enumerate((round_robin, choose_comparisons)):
            needed[seed, way], right[seed, way] = votes_needed(ability, choose, seed, crowd)
    robin, adaptive = np.median(needed, axis=0)
    ratio, low, high = _ratio(needed)
    print(
        f"{n:>3} models, {name}: medians {robin:,.0f} round robin, {adaptive:,.0f} adaptive; "
        f"ratio {ratio:.2f} ({low:.2f} to {high:.2f})"
    )
    for way, title in enumerate(("round robin", "adaptive")):
        stopped = needed[:, way] < _MOST
        share = proportion(int((right[:, way] & stopped).sum()), int(stopped.sum()))
        print(
            f"      {title}: {stopped.sum()} of {seeds} decided, of these {share.value:.0%} "
            f"({share.low:.0%} to {share.high:.0%}) in the right order",
            flush=True,
        )


def even_steps(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return abilities in even steps, in a random order."""
    return rng.permutation(0.5 * np.arange(n))


def normal_steps(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return abilities from the prior of the ranking."""
    return rng.normal(size=n)


def _ratio(needed: NDArray[np.int64]) -> tuple[float, float, float]:
    """Return the geometric mean of adaptive to round robin, with a bootstrap interval."""
    logs = np.log(needed[:, 1] / needed[:, 0])
    rng = np.random.default_rng(0)
    means = logs[rng.integers(len(logs), size=(4000, len(logs)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(np.exp(logs.mean())), float(np.exp(low)), float(np.exp(high))


def report_speed(n_models: int = 50, n_votes: int = 1_000_000) -> None:
    """Print how long a million stored votes take to be counted and ranked, and the memory."""
    names = tuple(f"m{i:02d}" for i in range(n_models))
    models = RankedModels("models", "models", _GOAL, 0, {}, {name: {} for name in names})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.db"
        store = Store(str(path))
        fill(store, names, n_votes)
        arena = Arena(store, models)
        count_s, _ = timed(arena._count)
        rank_s, _ = timed(lambda: rank_models(names, arena.counts))
        tracemalloc.start()
        rank_models(names, arena._count())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        rng = np.random.default_rng(0)
        choose_s, _ = timed(lambda: choose_comparisons(arena.ranking, 5, rng))
        size = path.stat().st_size / 2**20
        print(f"{n_models} models, {arena.votes:,} votes in SQLite ({size:.0f} MiB)")
        print(f"  counted in {count_s:.2f} s, ranked in {1000 * rank_s:.0f} ms")
        print(f"  five pairs chosen in {1000 * choose_s:.1f} ms")
        print(f"  at most {peak / 2**20:.1f} MiB of memory for Python and NumPy")
        store.close()


def fill(store: Store, names: tuple[str, ...], n_votes: int) -> None:
    """Store SIMULATED votes of 100 people."""
    rng, n, n_people = np.random.default_rng(0), len(names), 100
    n_pairs = -(-n_votes // n_people)
    pair = {"prompt_id": "p", "prompt": "p", "kind": "preference", "shared": True, "place": 0}
    pair |= {"pool": "models", "picture_a": 1, "picture_b": 1, "stock": "preference"}
    with store.write() as connection:
        game = {"game_id": "g", "title": "g", "origin": "g", "reward_url": ""}
        connection.execute(insert(games).values(**game, coin="c"))
        people = [
            {"id": i, "game_id": "g", "pseudonym": str(i), "state": "active"}
            for i in range(n_people)
        ]
        connection.execute(insert(players), people)
        connection.execute(insert(pools).values(pool="models", length=1))
        connection.execute(insert(pictures).values(id=1, pool="models", data=b"x"))
        connection.execute(
            insert(arena_models), [{"pool": "models", "name": name} for name in names]
        )
        connection.execute(
            insert(pairs), [{"id": i, "pair_id": str(i), **pair} for i in range(n_pairs)]
        )
        place = {"pair": 0, "model_a": 1, "model_b": 2, "place": 0}
        connection.execute(insert(arena_pairs).values(place))
        ability = rng.normal(size=n)
        left = rng.integers(n, size=n_votes)
        right = (left + rng.integers(1, n, size=n_votes)) % n
        won = rng.random(n_votes) < 1 / (1 + np.exp(ability[right] - ability[left]))
        rows = zip(left.tolist(), right.tolist(), won.tolist(), strict=True)
        connection.execute(
            insert(model_votes),
            [
                {
                    "player": k % n_people,
                    "pair": k // n_people,
                    "model_left": 1 + i,
                    "model_right": 1 + j,
                    "outcome": 2 * is_won,
                }
                for k, (i, j, is_won) in enumerate(rows)
            ],
        )


PARTS = {
    "votes": report_votes,
    "crowd": lambda: report_votes(crowd=True),
    "speed": report_speed,
}

if __name__ == "__main__":
    for part in parse_parts(__doc__, PARTS, ["votes", "crowd", "speed"]):
        PARTS[part]()
