"""Comparison points that the service makes of preference points, two of which swap a picture.

Points for players past the exam are made when a pool is loaded, of preference points that nobody
has seen. Points for exams are made while players label, of preference points that have their label:
an exam's point that many new players get is learned by those who guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, bindparam, func, insert, literal, select, update

from gamelabel.games.pairs.swaps import pair_for_swaps
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_tables import assignments, pair_standings, pairs, pools
from gamelabel.service.store import Store
from gamelabel.tables.schema import TABLES

# Of the points that are not for exams, how many are comparison points: as large a share as
# `SERVICE_RULES` deal to players past the exam, and a little more.
WATCH_SHARE = 0.25
# In how many exams a point may be: an account that guesses knows .54 of the answers to points that
# at most one other account has had, see benchmarks/exam_attack.py.
EXAM_SIGHTINGS = 2
# New points are made when fewer than this can be in another exam. An exam has at most 20 points.
EXAM_RESERVE = 40
EXAM_RENEWAL = 60  # points made at once
# Labels of an active player whose points may become points of an exam: few who guess get so far.
GOOD_LABELS = 100
_GOOD_PLAYERS = 20  # considered at once, each with dozens of points
_PAIR_COLUMNS = (*TABLES["pairs"], "picture_a", "picture_b")
_RESERVE = (
    select(literal(1))
    .where(pairs.c.pool == bindparam("pool"), pairs.c.stock == "exam")
    .where(~pairs.c.shared, pairs.c.served < EXAM_SIGHTINGS, ~pairs.c.retired)
    .limit(EXAM_RESERVE)
)
_COUNT_RESERVE = select(func.count()).select_from(_RESERVE.subquery())


def make_watch_points(store: Store, pool: str, rng: np.random.Generator | None = None) -> int:
    """Make comparison points for players past the exam of preference points that nobody has seen.

    Two preference points swap a picture, see `gamelabel.games.pairs.swaps`. Each becomes a
    comparison point with an id of its own, and is itself retired. After this, `WATCH_SHARE` of all
    points that are not for exams are such comparison points, or fewer if no more can be made.

    Parameters
    ----------
    store : Store
        The database.
    pool : str
        The pool.
    rng : numpy.random.Generator, optional
        Decides which points swap. Unpredictable by default: who could repeat it would know answers.

    Returns
    -------
    int
        How many comparison points were made.
    """
    with store.write() as connection:
        rows = _lock_rows(connection, pool)
        n_watch = sum(row.stock == "watch" for row in rows)
        free = [row for row in _unique(rows) if row.stock == "preference" and row.served == 0]
        missing = int(WATCH_SHARE * len(rows)) - n_watch
        return _swap_some(connection, free, missing, "watch", rng)


def renew_exam_points(store: Store, pool: str, rng: np.random.Generator | None = None) -> int:
    """Make points for exams if few are left that fewer than `EXAM_SIGHTINGS` players have had.

    They are made of preference points that one player labels and has labeled. The player must be
    active, with `GOOD_LABELS` or more: somebody who has seen a picture beside its prompt knows the
    answer, so an attacker who wants to know many has to label as many as an honest player. The
    preference point is retired and keeps its label.

    Parameters
    ----------
    store : Store
        The database.
    pool : str
        The pool.
    rng : numpy.random.Generator, optional
        Decides which points swap. Unpredictable by default: who could repeat it would know answers.

    Returns
    -------
    int
        How many points were made.
    """
    with store.read() as connection:
        if exam_reserve(connection, pool) >= EXAM_RESERVE or not _settled(connection, pool):
            return 0
    with store.write() as connection:
        rows = _lock_rows(connection, pool)
        if exam_reserve(connection, pool) >= EXAM_RESERVE:  # another process has made some
            return 0
        settled = _settled(connection, pool)
        free = [row for row in _unique(rows) if row.id in settled]
        return _swap_some(connection, free, EXAM_RENEWAL, "exam", rng)


def _lock_rows(connection: Connection, pool: str) -> Sequence[Row[Any]]:
    """Return the points that are served and are not for exams; one process at a time."""
    connection.execute(select(pools).where(pools.c.pool == pool).with_for_update())
    columns = [pairs.c[name] for name in ("id", "prompt", "image_a", "image_b", "stock", "served")]
    query = select(*columns).where(pairs.c.pool == pool, ~pairs.c.retired, pairs.c.stock != "exam")
    return connection.execute(query).all()


def _unique(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return the points no part of which is seen elsewhere."""
    prompts = Counter(row.prompt for row in rows)
    images = Counter(image for row in rows for image in (row.image_a, row.image_b))
    return [
        row
        for row in rows
        if prompts[row.prompt] == images[row.image_a] == images[row.image_b] == 1
    ]


def exam_reserve(connection: Connection, pool: str) -> int:
    """Return how many points can be in another exam, `EXAM_RESERVE` at most."""
    return connection.execute(_COUNT_RESERVE, {"pool": pool}).scalar_one()


def _settled(connection: Connection, pool: str) -> set[int]:
    """Return preference points that only one player has had, some of the good players."""
    good = (
        select(players.c.id)
        .join(pair_standings, pair_standings.c.player == players.c.id)
        .where(players.c.state == "active", pair_standings.c.labels >= GOOD_LABELS)
        .order_by(func.random())
        .limit(_GOOD_PLAYERS)
    )
    player_ids = connection.execute(good).scalars().all()
    if not player_ids:
        return set()
    swapped = pairs.alias()
    query = (
        select(pairs.c.id)
        .join(assignments, assignments.c.pair == pairs.c.id)
        .where(assignments.c.player.in_(player_ids), assignments.c.choice.is_not(None))
        .where(pairs.c.pool == pool, pairs.c.stock == "preference", ~pairs.c.retired)
        .where(~pairs.c.shared, pairs.c.served == 1)
        # a point that an operator has made active again was swapped before
        .where(~select(swapped.c.id).where(_is_swap_of(swapped)).exists())
    )
    return set(connection.execute(query).scalars())


def _is_swap_of(swapped: Any) -> Any:
    return (swapped.c.pool == pairs.c.pool) & (swapped.c.pair_id == pairs.c.pair_id + "-swap")


def _swap_some(
    connection: Connection,
    free: Sequence[Row[Any]],
    count: int,
    stock: str,
    rng: np.random.Generator | None,
) -> int:
    """Make up to `count` comparison points of some of the free points; return how many."""
    rng = rng or np.random.default_rng()
    swaps = pair_for_swaps([row.prompt for row in free], max(count, 0) // 2, rng)
    for i, j in swaps:
        _swap(connection, free[i].id, free[j].id, stock, rng)
    return 2 * len(swaps)


def _swap(
    connection: Connection, first: int, second: int, stock: str, rng: np.random.Generator
) -> None:
    """Retire two preference points, and add two comparison points that have swapped a picture."""
    is_either = pairs.c.id.in_([first, second])
    points = connection.execute(select(pairs).where(is_either)).all()
    gold = "ab"[int(rng.integers(2))]
    other = "b" if gold == "a" else "a"
    for own, foreign in (points, points[::-1]):
        values = {name: own._mapping[name] for name in (*_PAIR_COLUMNS, "shared", "place")}
        for name in ("image", "seed", "picture"):
            values[f"{name}_{other}"] = foreign._mapping[f"{name}_{other}"]
        values |= {"pair_id": f"{own.pair_id}-swap", "kind": "comparison", "gold": gold}
        connection.execute(insert(pairs).values(**values, pool=own.pool, stock=stock))
    connection.execute(update(pairs).where(is_either).values(retired=True))
