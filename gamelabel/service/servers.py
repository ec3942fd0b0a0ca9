"""Run several applications in one process until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

Address = tuple[str, int]  # host and port


class _Server(uvicorn.Server):
    """A server that does not handle signals: `run_servers` stops all servers together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_servers(apps: Mapping[Address, FastAPI]) -> None:
    """Serve applications at their addresses until SIGINT or SIGTERM arrives."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for verbose in ("httpx", "alembic"):
        logging.getLogger(verbose).setLevel(logging.WARNING)
    servers = []
    for (host, port), app in apps.items():
        config = uvicorn.Config(app, host=host, port=port, log_level="warning", server_header=False)
        servers.append(_Server(config))

    async def serve_all() -> None:
        def stop() -> None:
            for server in servers:
                server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await asyncio.gather(*(server.serve() for server in servers))

    asyncio.run(serve_all())
