"""Which pairs a player is dealt: the rule of `gamelabel.games.pairs.deck`, applied to the database.

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

# (stock, kind, condition): the condition says in SQL what `stock_of` says, in parts that the index
# `ix_pairs_deal` finds without sorting.
STOCKS: tuple[tuple[str, str, ColumnElement[bool]], ...] = (
    ("comparison", "comparison", ~pairs.c.shared),
    ("fresh", "preference", ~pairs.c.shared & (pairs.c.served == 0)),
    ("fresh", "preference", pairs.c.shared & (pairs.c.served == 0)),
    ("open", "preference", pairs.c.shared & pairs.c.served.between(1, MAX_LABELS - 1)),
    ("closed", "preference", ~pairs.c.shared & (pairs.c.served >= 1)),
    ("closed", "preference", pairs.c.shared & (pairs.c.served >= MAX_LABELS)),
)


def deal_batch(
    connection: Connection,
    player: int,
    pool: str,
    is_comparison: Sequence[bool],
    rng: np.random.Generator,
) -> list[Row[Any]] | None:
    """Choose a pair for each place of a batch and count it as served.

    Comparison points replace preferences when the player has had all of those. When there are not
    enough comparison points either, the game is over for the player, since nobody labels without
    being judged.

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
    stocks = _shuffled_stocks(candidates, _WINDOW * size, rng)
    dealt: list[Row[Any]] = []
    for place in range(size):
        order: Sequence[str] = () if is_comparison[place] else stock_order(repeat[place])
        row = _first(stocks[stock] for stock in (*order, "comparison"))
        if row is None:
            return None
        dealt.append(row)
    connection.execute(_COUNT, [{"pair": pair} for pair in sorted(row.id for row in dealt)])
    return dealt


def _shuffled_stocks(
    candidates: Sequence[Row[Any]], window: int, rng: np.random.Generator
) -> dict[str, Iterator[Row[Any]]]:
    """Return an iterator for each stock: pairs that were served least come first."""
    stocks = {}
    for name in ("comparison", "fresh", "open", "closed"):
        stock = [row for row in candidates if row.stock == name]
        stock.sort(key=lambda row: (row.served, row.place))
        stock = [stock[i] for i in rng.permutation(min(window, len(stock)))]
        if name != "comparison":  # any of the window's; they differ in how often they were served
            stock.sort(key=lambda row: row.served)
        stocks[name] = iter(stock)
    return stocks


def _first(stocks: Iterator[Iterator[Row[Any]]]) -> Row[Any] | None:
    """Take the next pair of the first stock that has one."""
    for stock in stocks:
        row = next(stock, None)
        if row is not None:
            return row
    return None


def _least_served(stock: str, kind: str, condition: ColumnElement[bool]) -> Select[Any]:
    """Select the least served pairs of a stock that the player has not had."""
    had = exists().where(
        assignments.c.player == bindparam("player"), assignments.c.pair == pairs.c.id
    )
    columns = (pairs.c.id, pairs.c.prompt, pairs.c.served, pairs.c.place)
    query = (
        select(*columns, literal(stock).label("stock"))
        .where(pairs.c.pool == bindparam("pool"), pairs.c.kind == kind, condition)
        .where(~pairs.c.retired, ~had)
        .order_by(pairs.c.served, pairs.c.place)
        .limit(bindparam("window"))
    )
    return query.subquery().select()


_CANDIDATES = union_all(*(_least_served(*stock) for stock in STOCKS))
_COUNT = update(pairs).where(pairs.c.id == bindparam("pair")).values(served=pairs.c.served + 1)
