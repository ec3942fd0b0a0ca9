"""The queries of every call about a batch, built once: building takes longer than running them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, Update, bindparam, case, insert, select, union_all, update

from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_games import STANDING_COLUMNS
from gamelabel.service.pairs.pair_tables import (
    assignments,
    batches,
    pair_games,
    pair_standings,
    pairs,
    pictures,
    pools,
)
from gamelabel.service.people import PLAYER

_IS_OF_PLAYER = batches.c.player == players.c.id
_IS_BATCH = _IS_OF_PLAYER & (batches.c.id == bindparam("batch"))
_KEY = bindparam("key", type_=batches.c.opened_key.type)
_IS_OPEN = _IS_OF_PLAYER & ((batches.c.opened_key == _KEY) | batches.c.reply.is_(None))
_NAME = bindparam("name", type_=assignments.c.picture_left.type)
_IS_LEFT = assignments.c.picture_left == _NAME

# A player's game and standing with a batch. To change them, lock the player with a query before
# this one: a query that waits for a lock may see rows of other tables as they were before.
_LABELING: Select[tuple[object, ...]] = (
    select(
        pair_games.c.pool,
        pair_games.c.coins,
        *STANDING_COLUMNS,
        batches.c.id.label("batch"),
        batches.c.level.label("batch_level"),
        batches.c.opened_at,
        batches.c.reply,
    )
    .join_from(players, pair_games, pair_games.c.game_id == players.c.game_id)
    .outerjoin(pair_standings, pair_standings.c.player == players.c.id)
    .where(players.c.id == bindparam("player"))
)
BATCH = _LABELING.join(batches, _IS_BATCH)
# the batch that a key opened, else the open one, else none
OPEN_BATCH = _LABELING.outerjoin(batches, _IS_OPEN).order_by(batches.c.reply.is_(None))

ITEMS = (
    select(
        assignments.c.id,
        assignments.c.left,
        assignments.c.picture_left,
        assignments.c.picture_right,
        assignments.c.choice,
        pairs.c.prompt,
        pairs.c.gold,
    )
    .join(pairs, pairs.c.id == assignments.c.pair)
    .where(assignments.c.batch == bindparam("batch"))
    .order_by(assignments.c.place)
)

# a picture of an item of the session's player, and the length with which it is sent
PICTURE = (
    PLAYER.with_only_columns(players.c.game_id, pictures.c.data, pools.c.length)
    .join(assignments, assignments.c.player == players.c.id)
    .join(pairs, pairs.c.id == assignments.c.pair)
    .join(
        pictures,
        pictures.c.id
        == case(
            ((assignments.c.left == "a") == _IS_LEFT, pairs.c.picture_a), else_=pairs.c.picture_b
        ),
    )
    .join(pools, pools.c.pool == pictures.c.pool)
    .where(_IS_LEFT | (assignments.c.picture_right == _NAME))
)

NEW_BATCH, NEW_STANDING = insert(batches), insert(pair_standings)
CLOSE_BATCH = update(batches).where(batches.c.id == bindparam("batch"))
STORE_STANDING = update(pair_standings).where(pair_standings.c.player == bindparam("of_player"))
_OF_ITEM = ("id", "pair", "place", "left", "picture_left", "picture_right")


@cache
def new_items(n: int) -> Insert:
    """Return the statement that stores the n items of a batch.

    Its parameters are `batch`, `player`, and the columns of each item with its number: `id_0`.
    """
    columns = [assignments.c[name] for name in ("batch", "player", *_OF_ITEM)]

    def item(i: int) -> Select[Any]:
        names = ["batch", "player", *(f"{name}_{i}" for name in _OF_ITEM)]
        return select(
            *(bindparam(name, type_=c.type) for name, c in zip(names, columns, strict=True))
        )

    return insert(assignments).from_select(columns, union_all(*map(item, range(n))))


@cache
def store_choices(n: int) -> Update:
    """Return the statement that stores the n choices of a batch.

    Its parameters are `of_batch`, `at`, and the id, the side and the time of each item: `item_0`,
    `side_0`, `ms_0`.
    """
    is_item = [assignments.c.id == bindparam(f"item_{i}") for i in range(n)]
    sides = [bindparam(f"side_{i}", type_=assignments.c.choice.type) for i in range(n)]
    times = [bindparam(f"ms_{i}", type_=assignments.c.response_ms.type) for i in range(n)]
    return (
        update(assignments)
        .where(assignments.c.batch == bindparam("of_batch"))
        .values(
            choice=case(*zip(is_item, sides, strict=True)),
            response_ms=case(*zip(is_item, times, strict=True)),
            answered_at=bindparam("at"),
        )
    )
