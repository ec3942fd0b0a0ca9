"""Which pairs a player is dealt: the rule of `gamelabel.games.pairs.deck`, applied to the database.

After the exam, comparison points are dealt by the same rule as preferences, each kind from its own
stock: most to one player, some to several. So how many players have seen a prompt does not tell
which kind it is. Points of the exam are dealt to all new players, and to nobody else.

Every batch takes the same query and the same number of writes, whatever it is made of, so that
the time it takes tells nothing. No player gets a pair twice: one that comes back could only be a
comparison point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    exists,
    literal,
    select,
    union_all,
    update,
)

from gamelabel.games.pairs.deck import MAX_LABELS, REPEAT_PROBABILITY, stock_order
from gamelabel.service.pairs.pair_tables import assignments, pairs

# So many times more pairs than a batch needs are considered, so that batches differ.
_WINDOW = 8

_IS_FRESH = pairs.c.served == 0
_IS_OPEN = pairs.c.served.between(1, MAX_LABELS - 1)

# (stock, state, condition): the condition says in SQL what `stock_of` says, in parts that the index
# `ix_pairs_deal` finds without sorting.
STOCKS: tuple[tuple[str, str, ColumnElement[bool]], ...] = (
    ("exam", "any", ~pairs.c.shared),
    *(
        (stock, state, condition)
        for stock in ("preference", "watch")
        for state, condition in (
            ("fresh", ~pairs.c.shared & _IS_FRESH),
            ("fresh", pairs.c.shared & _IS_FRESH),
            ("open", pairs.c.shared & _IS_OPEN),
            ("closed", ~pairs.c.shared & (pairs.c.served >= 1)),
            ("closed", pairs.c.shared & (pairs.c.served >= MAX_LABELS)),
        )
    ),
)
_States = dict[tuple[str, str], Iterator[Row[Any]]]


def deal_batch(
    connection: Connection,
    player: int,
    pool: str,
    is_comparison: Sequence[bool],
    in_exam: bool,
    rng: np.random.Generator,
) -> list[Row[Any]] | None:
    """Choose a pair for each place of a batch and count it as served.

    Comparison points replace preferences when the player has had all of those, and the two kinds of
    comparison points replace each other. When there are not enough of these either, the game is
    over for the player, since nobody labels without being judged.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
    player : int
        The player's row.
    pool : str
        The pool of pairs.
    is_comparison : sequence of bool
        Which places get a comparison point.
    in_exam : bool
        Whether comparison points are those of the exam.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of Row or None
        The pairs, None if too few are new to the player.
    """
    size = len(is_comparison)
    repeat = (rng.random(size) < REPEAT_PROBABILITY).tolist()
    values = {"player": player, "pool": pool, "window": _WINDOW * size}
    candidates = connection.execute(_CANDIDATES, values).all()
    states = _shuffled_states(candidates, _WINDOW * size, rng)
    dealt: list[Row[Any]] = []
    for place in range(size):
        watch = [("watch", state) for state in stock_order(repeat[place])]
        order = [("exam", "any"), *watch] if in_exam else [*watch, ("exam", "any")]
        if not is_comparison[place]:
            order = [("preference", state) for state in stock_order(repeat[place])] + order
        row = _first(states[name] for name in order)
        if row is None:
            return None
        dealt.append(row)
    connection.execute(_COUNT, [{"pair": pair} for pair in sorted(row.id for row in dealt)])
    return dealt


def _shuffled_states(
    candidates: Sequence[Row[Any]], window: int, rng: np.random.Generator
) -> _States:
    """Return an iterator for each stock and state: pairs that were served least come first."""
    states: _States = {}
    for name in dict.fromkeys((stock, state) for stock, state, _ in STOCKS):
        rows = [row for row in candidates if (row.stock, row.state) == name]
        rows.sort(key=lambda row: (row.served, row.place))
        rows = [rows[i] for i in rng.permutation(min(window, len(rows)))]
        if name != (
            "exam",
            "any",
        ):  # any of the window's; they differ in how often they were served
            rows.sort(key=lambda row: row.served)
        states[name] = iter(rows)
    return states


def _first(states: Iterator[Iterator[Row[Any]]]) -> Row[Any] | None:
    """Take the next pair of the first state that has one."""
    for rows in states:
        row = next(rows, None)
        if row is not None:
            return row
    return None


def _least_served(stock: str, state: str, condition: ColumnElement[bool]) -> Select[Any]:
    """Select the least served pairs of a stock and state that the player has not had."""
    had = exists().where(
        assignments.c.player == bindparam("player"), assignments.c.pair == pairs.c.id
    )
    columns = (pairs.c.id, pairs.c.prompt, pairs.c.served, pairs.c.place)
    query = (
        select(*columns, literal(stock).label("stock"), literal(state).label("state"))
        .where(pairs.c.pool == bindparam("pool"), pairs.c.stock == stock, condition)
        .where(~pairs.c.retired, ~had)
        .order_by(pairs.c.served, pairs.c.place)
        .limit(bindparam("window"))
    )
    return query.subquery().select()


_CANDIDATES = union_all(*(_least_served(*stock) for stock in STOCKS))
_COUNT = update(pairs).where(pairs.c.id == bindparam("pair")).values(served=pairs.c.served + 1)
