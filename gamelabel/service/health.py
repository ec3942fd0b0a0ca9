"""Whether a process answers, and whether it can serve players: for balancers and containers."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy import select

from gamelabel.service.database_tables import games
from gamelabel.service.store import Store


def health_routes(store: Store) -> APIRouter:
    """Return `/healthz`, always 200, and `/readyz`, 503 if the database does not answer."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthy() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    def ready() -> PlainTextResponse:
        with store.read() as connection:
            connection.execute(select(games.c.game_id).limit(1)).all()
        return PlainTextResponse("ready\n")

    return router
