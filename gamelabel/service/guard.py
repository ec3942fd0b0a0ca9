"""A middleware before every route: it bounds a body's size, type and time; strict headers."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamelabel.service.problems import Problem, problem_response

LARGEST_BODY = 16 * 1024  # bytes: the answers to a batch take about one kilobyte
BODY_S = 10.0  # within which a whole body must arrive
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """An ASGI middleware. It does not change a header that a route sets itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [(name, _HEADERS[name]) for name in _HEADERS if name not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        try:
            async with asyncio.timeout(BODY_S):
                body = await _read_body(receive)
        except TimeoutError:
            detail = f"Send it within {BODY_S:g} s."
            late = Problem(408, "slow", "The body did not arrive", detail)
            await problem_response(late)(scope, receive, send_strict)
            return
        if body is None:
            return
        problem = _check_request(scope, body)
        if problem:
            await problem_response(problem)(scope, receive, send_strict)
            return
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send_strict)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, cut off where it is too large; None if the client has left."""
    body, is_complete = b"", False
    while not is_complete and len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        is_complete = not message.get("more_body", False)
    return body


def _check_request(scope: Scope, body: bytes) -> Problem | None:
    if "\0" in scope["path"]:  # PostgreSQL stores no such text
        return Problem(404, "missing", "There is no such page")
    if len(body) > LARGEST_BODY:
        detail = f"A body may have {LARGEST_BODY} bytes."
        return Problem(413, "large", "The body is too large", detail)
    media_type = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
    if body and media_type != b"application/json":
        return Problem(415, "type", "The body must be JSON", "Send it as application/json.")
    return None
