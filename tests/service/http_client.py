"""A minimal HTTP/1.1 client for load tests, which leaves the processor to the service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

Item, Result = TypeVar("Item"), TypeVar("Result")
Connection = TypeVar("Connection", bound="HttpConnection")


class HttpConnection:
    """A persistent connection and the session of its calls."""

    def __init__(self, port: int) -> None:
        self.port, self.session = port, ""

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status of the response, and its JSON or None."""
        status, content = await self.request(method, path, body)
        return status, json.loads(content) if content else None

    async def request(
        self, method: str, path: str, body: Any = None, key: str = ""
    ) -> tuple[int, bytes]:
        """Return the status of the response and its content; `key` is an idempotency key."""
        content = b"" if body is None else json.dumps(body).encode()
        kind = "Content-Type: application/json\r\n" if content else ""
        bearer = f"Authorization: Bearer {self.session}\r\n" if self.session else ""
        idempotency = f"Idempotency-Key: {key}\r\n" if key else ""
        length = f"Content-Length: {len(content)}\r\n"
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{kind}{bearer}{idempotency}{length}\r\n"
        self.writer.write(head.encode() + content)
        head_received, received = await read_message(self.reader)
        return int(head_received.split(b" ", 2)[1]), received


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the head of an HTTP message in lower case, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
    return head, await reader.readexactly(int(length or 0))


async def run_shared(
    connections: Sequence[Connection],
    items: Sequence[Item],
    work: Callable[[Connection, Item], Awaitable[Result]],
) -> list[Result]:
    """Do the work for all items over all connections at once; the results have no order."""

    async def run_lane(connection: Connection, lane: Sequence[Item]) -> list[Result]:
        return [await work(connection, item) for item in lane]

    n = len(connections)
    lanes = (run_lane(connection, items[i::n]) for i, connection in enumerate(connections))
    return [result for results in await asyncio.gather(*lanes) for result in results]
