"""The calls to the service: an id for each in the log, and how long they take."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Upper limits in seconds: an answer should take less than 0.1 s.
LATENCY_LIMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_NO_ROUTE = "none"  # a path that no route has; paths themselves would be a label without limit


@dataclass
class Call:
    """A call that is being answered.

    Parameters
    ----------
    id : str
        Its id in the log and in problems.
    game : str
        The player's game, once it is known.
    """

    id: str = field(default_factory=lambda: f"urn:uuid:{uuid.uuid4()}")
    game: str = ""


CURRENT_CALL: ContextVar[Call | None] = ContextVar("call", default=None)


def current_call() -> Call:
    """Return the call that is being answered; a new one outside of calls."""
    return CURRENT_CALL.get() or Call()


class CallKey(NamedTuple):
    """What calls are counted by."""

    game: str
    method: str
    route: str
    status: int


@dataclass
class CallCount:
    """How many calls there were, how long they took in all, and how many within each limit."""

    calls: int = 0
    seconds: float = 0.0
    within: list[int] = field(default_factory=lambda: [0] * len(LATENCY_LIMITS))

    def add(self, seconds: float) -> None:
        """Count a call that took this long."""
        self.calls += 1
        self.seconds += seconds
        for i, limit in enumerate(LATENCY_LIMITS):
            self.within[i] += seconds <= limit


class CallCounts:
    """The calls that a process has answered. Counted on its event loop only."""

    def __init__(self) -> None:
        self._counts: dict[CallKey, CallCount] = {}

    def add(self, key: CallKey, seconds: float) -> None:
        """Count a call."""
        self._counts.setdefault(key, CallCount()).add(seconds)

    def __iter__(self) -> Iterator[tuple[CallKey, CallCount]]:
        return iter(sorted(self._counts.items()))


class CallCounter:
    """An ASGI middleware, around all others: it names each call, and counts it."""

    def __init__(self, app: ASGIApp, counts: CallCounts) -> None:
        self.app, self.counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        call, began, status = Call(), time.perf_counter(), 0

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        CURRENT_CALL.set(call)  # not reset after it: each request has a task of its own
        try:
            await self.app(scope, receive, send_noting_status)
        except Exception:
            status = status or 500  # the response is made by what handles the exception
            raise
        finally:
            if status:  # else the client left before it was answered
                route = getattr(scope.get("route"), "path", _NO_ROUTE)
                key = CallKey(call.game, scope["method"], route, status)
                self.counts.add(key, time.perf_counter() - began)
