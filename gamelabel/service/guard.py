"""What stands before every route: bodies of bounded size and one type, and headers that keep browsers strict."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamelabel.service.problems import Problem, answer

LARGEST = 16 * 1024  # bytes of a body: the answers to a batch take about one kilobyte
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """An ASGI middleware. What a route sets itself, such as a policy of its own, it leaves alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((n, v) for n, v in _HEADERS.items() if n not in there),
                ]
            await send(message)

        body, whole = b"", False
        while not whole and len(body) <= LARGEST:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            whole = not message.get("more_body", False)
        trouble = _trouble(scope, body)
        if trouble:
            await answer(trouble)(scope, receive, strict)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, strict)


def _trouble(scope: Scope, body: bytes) -> Problem | None:
    if len(body) > LARGEST:
        return Problem(413, "large", "The body is too large", f"A body may have {LARGEST} bytes.")
    kind = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
    if body and kind != b"application/json":
        return Problem(415, "type", "The body must be JSON", "Send it as application/json.")
    return None
