"""The queries of every call about a batch, built once: building takes longer than running them."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from gamelabel.service.pairs.pair_tables import assignments, batches, pairs, pictures, pools

_BATCHES = select(batches).where(batches.c.player == bindparam("player"))
_KEY_TYPE = batches.c.opened_key.type

BATCH = _BATCHES.where(batches.c.id == bindparam("batch"))

# the batch that a key opened, else the open one
OPEN_BATCH = _BATCHES.where(
    (batches.c.opened_key == bindparam("key", type_=_KEY_TYPE)) | batches.c.reply.is_(None)
).order_by(batches.c.reply.is_(None))

ITEMS = (
    select(assignments, pairs.c.prompt, pairs.c.gold)
    .join(pairs, pairs.c.id == assignments.c.pair)
    .where(assignments.c.batch == bindparam("batch"))
    .order_by(assignments.c.place)
)

STORE_CHOICE = (
    update(assignments)
    .where(assignments.c.id == bindparam("item"))
    .values(choice=bindparam("side"), response_ms=bindparam("ms"), answered_at=bindparam("at"))
)

SHOWN_PICTURE = (
    select(assignments.c.left, assignments.c.picture_left, pairs.c.picture_a, pairs.c.picture_b)
    .join(pairs, pairs.c.id == assignments.c.pair)
    .where(
        (assignments.c.picture_left == bindparam("name"))
        | (assignments.c.picture_right == bindparam("name"))
    )
    .where(assignments.c.player == bindparam("player"))
)

PICTURE_DATA = (
    select(pictures.c.data, pools.c.length)
    .join(pools, pools.c.pool == pictures.c.pool)
    .where(pictures.c.id == bindparam("picture"))
)
