"""Which points a player is dealt: as `game.Deck` deals them, but out of a database that many processes share.

Every batch costs the same question and the same writes, whatever it is made of, so that the time it takes tells
nothing. No player ever gets a point twice: one that comes back could only be a comparison point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection, Row, Select, bindparam, exists, select, union_all, update

from gamelabel.service.database_tables import assignments, pairs

_WINDOW = 8  # batches: so many times more points than needed are looked at, so that neighbours differ each time
_STOCKS = (("comparison", False), ("preference", True), ("preference", False))


def deal(
    connection: Connection,
    player: int,
    pool: str,
    counts: Sequence[bool],
    again: Sequence[bool],
    chance: np.random.Generator,
) -> list[Row] | None:
    """A pair for each place of a batch, None where not enough are new to the player; to be called in a write.

    counts: which places get a comparison point; again: which of the others would rather have a point of those that are
    served again and again. Where one stock is spent the next steps in, as in `game.Deck`; comparison points stand in
    for spent preferences, and when they are spent themselves the game is over: nobody labels unjudged.
    """
    found = connection.execute(
        _LEAST_SERVED, {"player": player, "pool": pool, "most": _WINDOW * len(counts)}
    ).all()
    mixed = [found[i] for i in chance.permutation(len(found))]
    comparisons = iter([row for row in mixed if row.kind == "comparison"])
    shared = iter([row for row in mixed if row.again])
    rest = [row for row in mixed if row.kind == "preference" and not row.again]
    fresh, spent = (
        iter([row for row in rest if not row.served]),
        iter([row for row in rest if row.served]),
    )
    dealt = []
    for place in range(len(counts)):
        orders: tuple[Iterator[Row], ...] = (comparisons,)
        if not counts[place]:
            orders = (shared, fresh, spent) if again[place] else (fresh, shared, spent)
        row = next(
            (row for stock in (*orders, comparisons) if (row := next(stock, None)) is not None),
            None,
        )
        if row is None:
            return None
        dealt.append(row)
    connection.execute(_SERVED, [{"this": row.id} for row in sorted(dealt, key=lambda row: row.id)])
    return dealt


def _least_served(kind: str, again: bool) -> Select:
    """The `most` least served pairs of a stock that a player has not had."""
    had = exists().where(
        assignments.c.player == bindparam("player"), assignments.c.pair == pairs.c.id
    )
    of_stock = (
        pairs.c.pool == bindparam("pool"),
        pairs.c.kind == kind,
        pairs.c.again == again,
        ~pairs.c.retired,
    )
    wanted = select(pairs.c.id, pairs.c.prompt, pairs.c.kind, pairs.c.again, pairs.c.served).where(
        *of_stock, ~had
    )
    return (
        wanted.order_by(pairs.c.served, pairs.c.place).limit(bindparam("most")).subquery().select()
    )


_LEAST_SERVED = union_all(*(_least_served(*stock) for stock in _STOCKS))
_SERVED = update(pairs).where(pairs.c.id == bindparam("this")).values(served=pairs.c.served + 1)
