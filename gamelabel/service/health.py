"""Whether a process answers, and whether it can serve players: for balancers and containers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy import select

from gamelabel.service.database_tables import games
from gamelabel.service.problems import database_problem
from gamelabel.service.store import WAIT_S, Store

_Answer = TypeVar("_Answer")


class SharedQuestion(Generic[_Answer]):
    """A question to the database that is asked once at a time, in a thread of its own.

    Those who ask meanwhile get the same result, so that a database that hangs holds one thread and
    one connection, however often it is asked.

    Parameters
    ----------
    ask : callable
        Asks the database, and returns the result.
    """

    def __init__(self, ask: Callable[[], _Answer]) -> None:
        self._ask = ask
        self._task: asyncio.Task[_Answer] | None = None

    async def result(self) -> _Answer:
        """Return the result. Raises Problem 503 if there is none in time."""
        if self._task is None or self._task.done():
            asking = to_thread.run_sync(self._ask, limiter=CapacityLimiter(1))
            self._task = asyncio.create_task(asking)
        done, _ = await asyncio.wait([self._task], timeout=WAIT_S)
        if not done:
            raise database_problem()
        return self._task.result()


def health_routes(store: Store) -> APIRouter:
    """Return `/healthz`, always 200, and `/readyz`, 503 if the database does not answer."""
    router = APIRouter(include_in_schema=False)

    def ask() -> None:
        with store.read() as connection:
            connection.execute(select(games.c.game_id).limit(1)).all()

    question = SharedQuestion(ask)

    @router.get("/healthz")
    async def healthy() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def ready() -> PlainTextResponse:
        await question.result()
        return PlainTextResponse("ready\n")

    return router
