"""Who plays: let in by a launch, asked for consent, forgotten when they wish."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, bindparam, delete, select, update

from gamelabel.games.pairs import Standing
from gamelabel.service.database_tables import (
    assignments,
    batches,
    games,
    launches,
    players,
    sessions,
)
from gamelabel.service.launch_tokens import SKEW_S, issuer, verify_launch
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_WHO = (
    select(players, sessions.c.launch, games.c.pool, games.c.coins, games.c.paused)
    .join(sessions, sessions.c.player == players.c.id)
    .join(games, games.c.game_id == players.c.game_id)
    .where(sessions.c.token_hash == bindparam("name"), sessions.c.expires_at > bindparam("now"))
)
_WHO_LOCKED = _WHO.with_for_update(of=players)


def open_session(store: Store, settings: Settings, token: str, key: str | None) -> dict[str, Any]:
    """Exchange a launch token, once; the same again with the same key returns the same session."""
    game_id, keys = issuer(token), settings.keys
    with store.write() as connection:
        game = connection.execute(select(games).where(games.c.game_id == game_id)).first()
        launch = verify_launch(
            token, game_id, game.launch_keys if game else "", settings.now_ms / 1000
        )
        session = keys.mark("session", game_id, launch.jti, key or secrets.token_urlsafe())
        used_with = keys.mark("launch", session)
        forget = (launch.expires_s + SKEW_S + 1) * 1000
        use = {"game_id": game_id, "jti": launch.jti, "used_with": used_with, "expires_at": forget}
        if not store.add_new(connection, launches, **use):
            known = select(launches.c.used_with).where(
                launches.c.game_id == game_id, launches.c.jti == launch.jti
            )
            if connection.execute(known).scalar() != used_with:
                raise Problem(
                    401,
                    "launch",
                    "This launch is not valid",
                    "The launch token has been used before.",
                )
        pseudonym = keys.mark("player", game_id, launch.player)
        fresh = {"game_id": game_id, "pseudonym": pseudonym, "state": "active", "labels": 0}
        store.add_new(connection, players, **fresh, **columns(settings.rules.start()))
        player = connection.execute(select(players).where(players.c.pseudonym == pseudonym)).one()
        until = settings.now_ms + int(settings.session_s * 1000)
        name = _name(settings, session)
        store.add_new(
            connection,
            sessions,
            token_hash=name,
            player=player.id,
            launch=launch.jti,
            expires_at=until,
        )
    return {"session": session, "state": player.state, "consented": player.consented}


def consent(store: Store, settings: Settings, session: str, times: bool) -> None:
    """The player has read what is kept and why, and agrees; times: to response times as well."""
    with store.write() as connection:
        player = who(connection, settings, session, lock=True)
        may_play(player)
        values = {"consented": True, "times": times and not settings.minimal}
        connection.execute(update(players).where(players.c.id == player.id).values(values))


def withdraw(store: Store, settings: Settings, session: str) -> None:
    """Delete all that is kept of a player but their pseudonym, and that they were removed or went, so that it holds."""
    with store.write() as connection:
        player = who(connection, settings, session, lock=True)
        for table in (assignments, batches, sessions):
            connection.execute(delete(table).where(table.c.player == player.id))
        state = "removed" if player.state == "removed" else "withdrawn"
        emptied = columns(settings.rules.start()) | {
            "labels": 0,
            "consented": False,
            "times": False,
            "state": state,
        }
        connection.execute(update(players).where(players.c.id == player.id).values(emptied))


def who(connection: Connection, settings: Settings, session: str, lock: bool = False) -> Row:
    """The player of a session, with their game and launch; locked until the transaction ends. Raises Problem 401."""
    given = {"name": _name(settings, session), "now": settings.now_ms}
    found = connection.execute(_WHO_LOCKED if lock else _WHO, given).first()
    if found is None:
        raise Problem(401, "session", "This session is over", "Ask the game for a new launch.")
    return found


def may_play(player: Row) -> None:
    """Raise Problem 403 where a player has been removed, or has withdrawn."""
    if player.state == "removed":
        raise Problem(
            403,
            "removed",
            "Labelling is over for this player",
            "The game has advertisements for them.",
        )
    if player.state == "withdrawn":
        raise Problem(
            403,
            "withdrawn",
            "This player has withdrawn",
            "Their data are deleted, and they are not asked.",
        )


def standing(player: Row) -> Standing:
    """Where a player stands, as the rules take it."""
    removed = np.array([player.state == "removed"])
    values = {
        name: np.array([getattr(player, name)]) for name in Standing._fields if name != "removed"
    }
    return Standing(removed=removed, **values)


def columns(one: Standing) -> dict[str, Any]:
    """The standing of one player as columns of `players`; whether they are removed is their state."""
    return {name: values.item() for name, values in one._asdict().items() if name != "removed"}


def _name(settings: Settings, session: str) -> str:
    """What a session is stored as: who reads the database cannot use it."""
    return settings.keys.mark("stored", session)
