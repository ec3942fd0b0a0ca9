"""Batches, a transaction a step: dealt, looked at, answered, judged and paid."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from gamelabel.games.pairs.pay import PAY_STEPS, pay_level
from gamelabel.service.database_tables import (
    assignments,
    batches,
    pairs,
    pictures,
    players,
    pools,
    rewards,
)
from gamelabel.service.pairs.deal import deal
from gamelabel.service.people import columns, may_play, standing, who
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_LONGEST_MS = 600_000  # a longer time is not one of looking

# The questions of every request, put together once: that takes longer than to answer them.
_OF_PLAYER = select(batches).where(batches.c.player == bindparam("player"))
_MINE = _OF_PLAYER.where(batches.c.id == bindparam("batch"))
_OPEN = _OF_PLAYER.where(
    (batches.c.opened_key == bindparam("key", type_=batches.c.opened_key.type))
    | batches.c.reply.is_(None)
).order_by(batches.c.reply.is_(None))
_ITEMS = (
    select(assignments, pairs.c.prompt, pairs.c.gold)
    .join(pairs, pairs.c.id == assignments.c.pair)
    .where(assignments.c.batch == bindparam("batch"))
    .order_by(assignments.c.place)
)
_JUDGE = update(players).where(players.c.id == bindparam("this"))
_CLOSE = update(batches).where(batches.c.id == bindparam("this"))
_CHOOSE = (
    update(assignments)
    .where(assignments.c.id == bindparam("this"))
    .values(choice=bindparam("side"), response_ms=bindparam("ms"), answered_at=bindparam("at"))
)
_SHOWN = (
    select(assignments.c.left, assignments.c.picture_left, pairs.c.picture_a, pairs.c.picture_b)
    .join(pairs, pairs.c.id == assignments.c.pair)
    .where(
        (assignments.c.picture_left == bindparam("name"))
        | (assignments.c.picture_right == bindparam("name"))
    )
    .where(assignments.c.player == bindparam("player"))
)
_DATA = (
    select(pictures.c.data, pools.c.length)
    .join(pools, pools.c.pool == pictures.c.pool)
    .where(pictures.c.id == bindparam("picture"))
)


class Answer(NamedTuple):
    """A player's choice, "left" or "right", and how long they looked, where they let us know."""

    choice: str
    ms: int | None


def open_batch(
    store: Store, settings: Settings, session: str, key: str | None
) -> tuple[dict[str, Any], bool]:
    """The player's open batch, or a new one, and whether it is new; a key once used returns the batch it opened."""
    with store.write() as connection:
        player = who(connection, settings, session, lock=True)
        may_play(player)
        found = connection.execute(_OPEN, {"player": player.id, "key": key}).first()
        if found:
            return _show(connection, player, found, settings), False
        if not player.consented:
            raise Problem(403, "consent", "The player has not agreed yet", "Ask for consent first.")
        if player.paused:
            raise Problem(
                503,
                "paused",
                "Labelling is paused",
                "The operator has paused it; try again later.",
                600,
            )
        return _new_batch(connection, player, key, settings), True


def show_batch(store: Store, settings: Settings, session: str, batch: str) -> dict[str, Any]:
    """A batch of the player's."""
    with store.read() as connection:
        player = who(connection, settings, session)
        return _show(connection, player, _find(connection, player, batch), settings)


def answer(
    store: Store, settings: Settings, session: str, batch: str, answers: Mapping[str, Answer]
) -> dict[str, Any]:
    """Take the answers to a whole batch, judge the player, and book the reward: all of it or nothing.

    The same answers again return what they returned the first time.
    """
    with store.write() as connection:
        player = who(connection, settings, session, lock=True)
        found = _find(connection, player, batch)
        items = {row.id: row for row in connection.execute(_ITEMS, {"batch": batch})}
        if items.keys() != answers.keys():
            detail = f"A batch is answered as a whole: its {len(items)} items, each once."
            raise Problem(409, "items", "These are not the items of this batch", detail)
        choices = {item: _side(answers[item].choice, row.left) for item, row in items.items()}
        if found.reply is not None:
            if any(row.choice != choices[item] for item, row in items.items()):
                raise Problem(
                    409, "answered", "This batch has been answered", "The first answers stand."
                )
            return found.reply
        may_play(player)
        _has_looked(found, len(items), settings)

        judged = [choices[item] == row.gold for item, row in items.items() if row.gold]
        after = settings.rules.update(
            standing(player), np.array([sum(judged)]), np.array([judged.count(False)])
        )
        state = "removed" if after.removed.item() else "active"
        values = {**columns(after), "labels": player.labels + len(items), "state": state}
        connection.execute(_JUDGE, {"this": player.id, **values})
        at = None if settings.minimal else settings.now_ms
        given = [
            {
                "this": item,
                "side": choices[item],
                "ms": _time(answers[item].ms) if player.times else None,
                "at": at,
            }
            for item in sorted(items)
        ]
        connection.execute(_CHOOSE, given)
        paid = {"id": str(uuid.uuid4()), "amount": amount(player.coins, found.level)}
        due = {
            **paid,
            "game_id": player.game_id,
            "launch": player.launch,
            "state": "waiting",
            "due_at": settings.now_ms,
        }
        connection.execute(insert(rewards), due)
        reply = {
            "state": state,
            "reward": paid,
            "level": found.level,
            "levels": len(PAY_STEPS),
            "labels": values["labels"],
        }
        connection.execute(_CLOSE, {"this": batch, "reply": reply, "opened_at": None})
        return reply


def picture(store: Store, settings: Settings, session: str, name: str) -> bytes:
    """A picture of the player's by its name, which is for one assignment; all of a pool are equally long."""
    with store.read() as connection:
        player = who(connection, settings, session)
        row = connection.execute(_SHOWN, {"player": player.id, "name": name}).first()
        if row is None:
            raise _missing("picture")
        shows_a = (row.left == "a") == (row.picture_left == name)
        found = connection.execute(
            _DATA, {"picture": row.picture_a if shows_a else row.picture_b}
        ).one()
    return found.data.ljust(found.length, b"\0")


def amount(coins: int, level: int) -> int:
    """What a batch pays at a level: equal steps up to `coins` at the highest."""
    return coins * (level + 1) // (len(PAY_STEPS) + 1)


def _new_batch(
    connection: Connection, player: Row, key: str | None, settings: Settings
) -> dict[str, Any]:
    now = standing(player)
    chance, size = settings.chance, settings.rules.batch_size
    counts = settings.rules.draw_comparisons(now, chance)[0]
    again = (chance.random(size) < settings.again).tolist()
    dealt = deal(connection, player.id, player.pool, counts.tolist(), again, chance)
    if dealt is None:
        raise Problem(
            404,
            "finished",
            "There are no pictures left",
            "This player has seen what there is to see.",
        )
    number = player.labels // size
    batch = {
        "id": _opaque(),
        "player": player.id,
        "number": number,
        "opened_key": key,
        "opened_at": settings.now_ms,
    }
    batch["level"] = pay_level(now.right, now.wrong).item()
    connection.execute(insert(batches), batch)
    sides = np.where(chance.random(size) < 0.5, "a", "b").tolist()
    rows = [
        {
            "id": _opaque(),
            "batch": batch["id"],
            "player": player.id,
            "pair": pair.id,
            "place": place,
            "left": side,
        }
        | {"picture_left": _opaque(), "picture_right": _opaque()}
        for place, (pair, side) in enumerate(zip(dealt, sides, strict=True))
    ]
    connection.execute(insert(assignments), rows)
    items = [
        {
            "item": row["id"],
            "prompt": pair.prompt,
            "left": row["picture_left"],
            "right": row["picture_right"],
        }
        for row, pair in zip(rows, dealt, strict=True)
    ]
    return _as_sent(player, batch["id"], batch["level"], items, None, settings)


def _show(connection: Connection, player: Row, batch: Row, settings: Settings) -> dict[str, Any]:
    items = [
        {"item": row.id, "prompt": row.prompt, "left": row.picture_left, "right": row.picture_right}
        for row in connection.execute(_ITEMS, {"batch": batch.id})
    ]
    return _as_sent(player, batch.id, batch.level, items, batch.reply, settings)


def _as_sent(
    player: Row, batch: str, level: int, items: list[dict[str, str]], reply: Any, settings: Settings
) -> dict[str, Any]:
    pays = amount(player.coins, level)
    return {"batch": batch, "pays": pays, "look_s": settings.look_s, "items": items, "reply": reply}


def _find(connection: Connection, player: Row, batch: str) -> Row:
    found = connection.execute(_MINE, {"player": player.id, "batch": batch}).first()
    if found is None:
        raise _missing("batch")
    return found


def _has_looked(batch: Row, items: int, settings: Settings) -> None:
    looked_s, needed_s = (settings.now_ms - batch.opened_at) / 1000, settings.look_s * items
    if 0 <= looked_s < needed_s:  # below 0 the clock was set back: nobody is kept waiting for that
        raise Problem(
            425,
            "early",
            "Too early",
            "Every pair is to be looked at for a moment.",
            needed_s - looked_s,
        )


def _side(choice: str, left: str) -> str:
    return left if choice == "left" else "ab"[left == "a"]


def _time(ms: int | None) -> int | None:
    return ms if ms is not None and ms <= _LONGEST_MS else None


def _missing(what: str) -> Problem:
    return Problem(
        404, "missing", f"There is no such {what}", f"This player has no {what} of that name."
    )


def _opaque() -> str:
    return secrets.token_urlsafe(16)
