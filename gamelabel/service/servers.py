"""Run several applications in one process until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gamelabel.service.logs import set_up_log
from gamelabel.service.sockets import LARGEST_MESSAGE, socket_protocol

HEAD_S = 10.0  # within which the head of a request must arrive
_STOP_S = 3  # for which requests may go on after SIGTERM


class _Server(uvicorn.Server):
    """A server that does not handle signals: `run_servers` stops all servers together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(H11Protocol):
    """HTTP/1.1 that closes a connection on which the head of a request does not arrive in time."""

    _timer: asyncio.TimerHandle | None = None
    _is_upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_timer()

    def handle_websocket_upgrade(self, event: Any) -> None:
        super().handle_websocket_upgrade(event)
        self._is_upgraded = True
        self._stop_timer()

    def _watch_head(self) -> None:
        """Begin to wait at the first byte; the bytes that follow do not extend the time."""
        if self._is_upgraded:  # another protocol has the connection
            return
        is_waiting = self.cycle is None or self.cycle.response_complete
        if not is_waiting:
            self._stop_timer()
        elif self._timer is None:
            self._timer = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def listen(host: str, port: int) -> socket.socket:
    """Open a port.

    Raises
    ------
    OSError
        If it cannot be opened. The message says why.
    """
    try:
        if not 0 < port < 2**16:
            raise ValueError("ports are from 1 to 65535")
        # with the protocol named, asyncio sends small responses without delay
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OSError(
            f"port {port} of {host} cannot be opened ({reason}): choose another one with --port"
        ) from error
    return listener


def server_config(app: FastAPI) -> uvicorn.Config:
    """Return how an application is served: bounds in time and size, no version in a header."""
    return uvicorn.Config(
        app,
        http=_Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
        ws=socket_protocol() if find_spec("websockets") else "none",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # what is sent is compressed already
    )


def run_servers(apps: Mapping[socket.socket, FastAPI]) -> None:
    """Serve applications on open ports until SIGINT or SIGTERM arrives."""
    set_up_log()
    servers = []
    for listener, app in apps.items():
        config = server_config(app)
        servers.append((_Server(config), listener))

    async def serve_all() -> None:
        def stop() -> None:
            for server, _ in servers:
                server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await asyncio.gather(*(server.serve([listener]) for server, listener in servers))

    asyncio.run(serve_all())
