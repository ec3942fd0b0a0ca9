"""The protocol of WebSockets, for activities that need them; the extra `play` installs it."""

from __future__ import annotations

import asyncio
from typing import Any

LARGEST_MESSAGE = 4096  # bytes that a client may send in one message


def socket_protocol() -> type[asyncio.Protocol]:
    """Return a protocol whose application can end a connection at once.

    `scope["extensions"]["abort"]["now"]` drops the connection with what is still to be sent.
    Closing it would wait for a client that does not read, and keep the memory until then.
    """
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    class SocketProtocol(WebSocketsSansIOProtocol):
        def handle_connect(self, event: Any) -> None:
            super().handle_connect(event)
            scope: Any = getattr(self, "scope", None)
            if scope:  # else the handshake was refused
                scope["extensions"]["abort"] = {"now": self.transport.abort}

        def keepalive_timeout(self) -> None:
            super().keepalive_timeout()
            self.transport.abort()

    return SocketProtocol
