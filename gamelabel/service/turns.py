"""A middleware that lets only so many calls ask the database at once; the others wait in line."""

from __future__ import annotations

import asyncio

from anyio.lowlevel import RunVar
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamelabel.service.problems import database_problem, problem_response
from gamelabel.service.store import WAIT_S

# They ask no database, or see to it themselves that they do not wait for long.
_NO_DATABASE = ("/healthz", "/readyz", "/static/")


class Turns:
    """An ASGI middleware, inside all others: a call waits for its turn without a thread.

    Each call runs in a thread and takes a connection. Without turns, calls that wait for a
    connection hold threads, and when all threads wait, further calls wait for one without limit.
    Fewer threads alone would not help: while the database hangs, no call would be refused. A call
    that does not get its turn in time is refused with 503.

    Parameters
    ----------
    app : ASGIApp
        The application.
    count : int
        How many calls may ask the database at once.
    """

    def __init__(self, app: ASGIApp, count: int) -> None:
        self.app, self.count = app, count
        self._turns = RunVar[asyncio.Semaphore]("turns")  # of the event loop that runs the app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(_NO_DATABASE):
            await self.app(scope, receive, send)
            return
        turns = self._turns.get(None)
        if turns is None:
            turns = asyncio.Semaphore(self.count)
            self._turns.set(turns)
        try:
            async with asyncio.timeout(WAIT_S):
                await turns.acquire()
        except TimeoutError:
            late = TimeoutError(f"other calls have kept the database busy for {WAIT_S:g} s")
            await problem_response(database_problem(), late)(scope, receive, send)
            return
        has_turn = True

        def end_turn() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                turns.release()

        async def send_after_turn(message: Message) -> None:
            end_turn()  # a client that reads slowly keeps nobody waiting
            await send(message)

        try:
            await self.app(scope, receive, send_after_turn)
        finally:
            end_turn()
