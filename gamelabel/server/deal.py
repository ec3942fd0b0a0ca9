"""Which points a player is dealt: as `game.Deck` deals them, but out of a database that many processes share.

Every batch costs the same three questions and the same writes, whatever it is made of, so that the time it takes tells
nothing. No player ever gets a point twice: one that comes back could only be a comparison point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection, Row, bindparam, exists, select, update

from gamelabel.server.schema import assignments, pairs

_WINDOW = 8  # batches: so many times more points than needed are looked at, so that neighbours differ each time


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
    n = len(counts)

    def stock(kind: str, again: bool) -> list[Row]:
        rows = _least_served(connection, player, pool, kind, again, _WINDOW * n)
        return [rows[i] for i in chance.permutation(len(rows))]

    comparisons, shared = iter(stock("comparison", False)), iter(stock("preference", True))
    rest = stock("preference", False)
    fresh, spent = iter([row for row in rest if not row.served]), iter([row for row in rest if row.served])
    dealt = []
    for place in range(n):
        orders: tuple[Iterator[Row], ...] = (comparisons,)
        if not counts[place]:
            orders = (shared, fresh, spent) if again[place] else (fresh, shared, spent)
        row = next((row for stock in (*orders, comparisons) if (row := next(stock, None)) is not None), None)
        if row is None:
            return None
        dealt.append(row)
    served = update(pairs).where(pairs.c.id == bindparam("this")).values(served=pairs.c.served + 1)
    connection.execute(served, [{"this": row.id} for row in sorted(dealt, key=lambda row: row.id)])
    return dealt


def _least_served(connection: Connection, player: int, pool: str, kind: str, again: bool, n: int) -> Sequence[Row]:
    """The n least served pairs of a kind that a player has not had."""
    had = exists().where(assignments.c.player == player, assignments.c.pair == pairs.c.id)
    of_kind = (pairs.c.pool == pool, pairs.c.kind == kind, pairs.c.again == again, ~pairs.c.retired)
    wanted = select(pairs.c.id, pairs.c.served).where(*of_kind, ~had)
    return connection.execute(wanted.order_by(pairs.c.served, pairs.c.place).limit(n)).all()
