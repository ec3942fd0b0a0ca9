"""Which pairs a player is dealt: the rule of `gamelabel.games.pairs.deck`, applied to the database.

After the exam, comparison points are dealt by the same rule as preferences, each kind from its own
stock: most to one player, some to several. So how many players have seen a prompt does not tell
which kind it is. Points of the exam are dealt to all new players, and to nobody else.

Every batch takes the same queries and the same number of writes, whatever it is made of, so that
the time it takes tells nothing. (Closed pairs are looked for when either kind is running out.)
No player gets a pair twice: one that comes back could only be a
comparison point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    Update,
    bindparam,
    exists,
    literal_column,
    select,
    union_all,
    update,
)

from gamelabel.games.pairs.deck import MAX_LABELS, REPEAT_PROBABILITY, stock_order
from gamelabel.service.pairs.pair_tables import assignments, pairs

# So many times more pairs than a batch needs are considered, so that batches differ.
_WINDOW = 4

# Constants are written into the SQL: with parameters, PostgreSQL plans the query anew every time.
_IS_FRESH = pairs.c.served == literal_column("0")
_IS_OPEN = pairs.c.served.between(literal_column("1"), literal_column(str(MAX_LABELS - 1)))

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
            ("closed", ~pairs.c.shared & (pairs.c.served >= literal_column("1"))),
            ("closed", pairs.c.shared & (pairs.c.served >= literal_column(str(MAX_LABELS)))),
        )
    ),
)
_States = dict[tuple[str, str], list[Row[Any]]]
_COLUMNS = (pairs.c.id, pairs.c.prompt, pairs.c.served, pairs.c.place)
# By position, which is much faster than by name.
_BY_SERVED_AND_PLACE, _BY_SERVED, _NUMBER = itemgetter(2, 3), itemgetter(2), itemgetter(4)
_STATE_NAMES = tuple((stock, state) for stock, state, _ in STOCKS)


def deal_batch(
    connection: Connection,
    player: int,
    pool: str,
    is_comparison: Sequence[bool],
    in_exam: bool,
    rng: np.random.Generator,
    chosen: Sequence[Row[Any]] = (),
) -> list[Row[Any]] | None:
    """Choose a pair for each place of a batch; `count_dealt` counts them as served.

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
    chosen : sequence of Row
        Preferences that are dealt before any others, with `id` and `prompt`.

    Returns
    -------
    list of Row or None
        The pairs, None if too few are new to the player.
    """
    size = len(is_comparison)
    repeat = (rng.random(size) < REPEAT_PROBABILITY).tolist()
    values, window = {"player": player, "pool": pool}, _WINDOW * size
    candidates = connection.execute(_candidates(window, closed=False), values).all()
    states = _shuffled_states(candidates, window, rng)
    if any(
        len(states[stock, "fresh"]) + len(states[stock, "open"]) < size
        for stock in ("preference", "watch")
    ):
        closed = connection.execute(_candidates(window, closed=True), values).all()
        states = _shuffled_states([*candidates, *closed], window, rng)
    taken = {row.id for row in chosen}
    rows_left = {
        name: iter([row for row in rows if row.id not in taken]) for name, rows in states.items()
    }
    rows_left["preference", "chosen"] = iter(chosen)
    dealt: list[Row[Any]] = []
    for place in range(size):
        watch = [("watch", state) for state in stock_order(repeat[place])]
        order = [("exam", "any"), *watch] if in_exam else [*watch, ("exam", "any")]
        if not is_comparison[place]:
            states_in_order = ("chosen", *stock_order(repeat[place]))
            order = [("preference", state) for state in states_in_order] + order
        row = _first(rows_left[name] for name in order)
        if row is None:
            return None
        dealt.append(row)
    return dealt


def count_dealt(connection: Connection, dealt: Sequence[Row[Any]]) -> None:
    """Count pairs as served once more. In a fixed order: several transactions may do the same."""
    values = {f"pair_{i}": row.id for i, row in enumerate(dealt)}
    connection.execute(_count(len(dealt)), values)


def _shuffled_states(
    candidates: Sequence[Row[Any]], window: int, rng: np.random.Generator
) -> _States:
    """Return the pairs of each stock and state: those that were served least come first."""
    states: _States = {(stock, state): [] for stock, state, _ in STOCKS}
    for row in sorted(candidates, key=_BY_SERVED_AND_PLACE):
        states[_STATE_NAMES[_NUMBER(row)]].append(row)
    for name, rows in states.items():
        rows = [rows[i] for i in rng.permutation(min(window, len(rows))).tolist()]
        # any of the window's exam points; other stocks differ in how often pairs were served
        states[name] = rows if name == ("exam", "any") else sorted(rows, key=_BY_SERVED)
    return states


def _first(states: Iterator[Iterator[Row[Any]]]) -> Row[Any] | None:
    """Take the next pair of the first state that has one."""
    for rows in states:
        row = next(rows, None)
        if row is not None:
            return row
    return None


@cache
def _candidates(window: int, closed: bool) -> CompoundSelect[Any]:
    """Return the query for the pairs of all states that are closed, or of those that are not."""
    numbers = [n for n, (_, state, _) in enumerate(STOCKS) if (state == "closed") == closed]
    return union_all(*(_least_served(number, window) for number in numbers))


def _least_served(number: int, window: int) -> Select[Any]:
    """Select the least served pairs that the player has not had, by an index of `STOCKS`."""
    stock, _, condition = STOCKS[number]
    had = exists().where(
        assignments.c.player == bindparam("player"), assignments.c.pair == pairs.c.id
    )
    query = (
        select(*_COLUMNS, literal_column(str(number)).label("number"))
        .where(pairs.c.pool == bindparam("pool"))
        .where(pairs.c.stock == literal_column(f"'{stock}'"), condition)
        .where(~pairs.c.retired, ~had)
        .order_by(pairs.c.served, pairs.c.place)
        .limit(literal_column(str(window)))
    )
    return query.subquery().select()


@cache
def _count(n: int) -> Update:
    """Return the statement that counts n pairs as served once more, locked in the order of ids."""
    ids = [bindparam(f"pair_{i}", type_=pairs.c.id.type) for i in range(n)]
    locked = select(pairs.c.id).where(pairs.c.id.in_(ids)).order_by(pairs.c.id)
    is_dealt = pairs.c.id.in_(locked.with_for_update(key_share=True))
    return update(pairs).where(is_dealt).values(served=pairs.c.served + literal_column("1"))
