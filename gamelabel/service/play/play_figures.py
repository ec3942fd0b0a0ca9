"""The play activity for operators: live figures, payments, comments."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from sqlalchemy import Connection, Row, Select, func, select

from gamelabel.service.database_tables import players
from gamelabel.service.operator_actions import Operator, record_action
from gamelabel.service.play.play_payments import Payments
from gamelabel.service.play.play_tables import (
    play_comments,
    play_episodes,
    play_payments,
    play_sessions,
)
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_PAYMENTS = [
    play_payments.c.id.label("payment"),
    play_payments.c.play_session,
    play_payments.c.kind,
    play_payments.c.task,
    play_payments.c.channel,
    play_payments.c.worker_id,
    play_payments.c.assignment_id,
    play_payments.c.hit_id,
    play_payments.c.email,
    play_payments.c.pay,
    play_payments.c.currency,
]
PaymentId = Annotated[int, PathParameter(ge=1, lt=2**31)]
_COMMENTS = [play_comments.c[n] for n in ("task", "kind", "text", "device", "written_at")]


def play_figures(
    connection: Connection, game_id: str, names: Collection[str], now: Mapping[str, int]
) -> dict[str, Any] | None:
    """Return the live figures of a game; None if its players play no environments.

    Parameters
    ----------
    connection : Connection
        Of a transaction.
    game_id : str
        The game.
    names : collection of str
        The games whose players play environments.
    now : mapping of str to int
        What goes on in this process.
    """
    if game_id not in names:
        return None
    by_state = _counts(connection, game_id, play_sessions, play_sessions.c.state)
    by_kind = _counts(connection, game_id, play_comments, play_comments.c.kind)
    totals = (
        select(func.count().label("n"), func.sum(play_episodes.c.frames).label("frames"))
        .select_from(play_episodes)
        .join(players, players.c.id == play_episodes.c.player)
        .where(players.c.game_id == game_id)
    )
    episodes = connection.execute(totals).one()
    return {
        "game": game_id,
        "sessions": sum(by_state.values()),
        "done": by_state.get("done", 0),
        "episodes": episodes.n,
        "frames": int(episodes.frames or 0),
        "comments": {kind: by_kind.get(kind, 0) for kind in ("feedback", "problem")},
        "now": dict(now),
    }


def _counts(connection: Connection, game_id: str, table: Any, column: Any) -> dict[str, int]:
    query = (
        select(column, func.count())
        .select_from(table)
        .join(players, players.c.id == table.c.player)
        .where(players.c.game_id == game_id)
        .group_by(column)
    )
    return {name: n for name, n in connection.execute(query)}


def play_metrics(connection: Connection) -> dict[str, dict[str, int]]:
    """Return how many play sessions are open and done, by game."""
    query = (
        select(players.c.game_id, play_sessions.c.state, func.count().label("n"))
        .join(players, players.c.id == play_sessions.c.player)
        .group_by(players.c.game_id, play_sessions.c.state)
    )
    counts: dict[str, dict[str, int]] = {"play_sessions_open": {}, "play_sessions_done": {}}
    for row in connection.execute(query):
        if row.state in ("open", "done"):
            counts[f"play_sessions_{row.state}"][row.game_id] = row.n
    return counts


def play_operator_routes(store: Store, settings: Settings) -> APIRouter:
    """Return the routes for the operator: the list of payments, and what players wrote."""
    router = APIRouter(prefix="/v1/play")
    due = Payments(store, settings)

    def table(
        query: Select[Any], columns: list[Any], operator: str, what: str, game: str
    ) -> Response:
        with store.write() as connection:
            rows = connection.execute(query).all()
            record_action(connection, settings, operator, what, game)
        names = [column.key for column in columns]
        return Response(_csv(names, rows), media_type="text/csv; charset=utf-8")

    @router.get("/games/{game_id}/payments")
    def payments(game_id: str, operator: Operator) -> Response:
        """Return who is still to be paid, with the ids of their platform, and what."""
        is_due = (play_payments.c.game_id == game_id) & ~play_payments.c.settled
        query = select(*_PAYMENTS).where(is_due).order_by(play_payments.c.id)
        return table(query, _PAYMENTS, operator, "read payments", game_id)

    @router.put("/games/{game_id}/payments/{last}/settled", status_code=204)
    def settle(game_id: str, last: PaymentId, operator: Operator) -> None:
        """Note that all payments of the list up to one are made: their ids are deleted."""
        with store.write() as connection:
            n = due.settle(connection, game_id, last)
            record_action(connection, settings, operator, f"settled {n} payments", game_id)
        store.empty_log()

    @router.get("/games/{game_id}/comments")
    def comments(game_id: str, operator: Operator) -> Response:
        """Return what players wrote, without saying who."""
        query = select(*_COMMENTS).join(players, players.c.id == play_comments.c.player)
        query = query.where(players.c.game_id == game_id).order_by(play_comments.c.id)
        return table(query, _COMMENTS, operator, "read comments", game_id)

    return router


def _csv(names: list[str], rows: Collection[Row[Any]]) -> str:
    """Return a table as CSV; a text that a spreadsheet would run as a formula is quoted."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
    return file.getvalue()


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
