"""Players as light as can be, so that the cores go to the service: HTTP/1.1 by hand over kept connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

Given, Found = TypeVar("Given"), TypeVar("Found")


class HttpConnection:
    """A connection, and the session that its calls are made in."""

    def __init__(self, port: int) -> None:
        self.port, self.session = port, ""

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status of the answer, and its JSON, None where there is none."""
        content = b"" if body is None else json.dumps(body).encode()
        kind = "Content-Type: application/json\r\n" if content else ""
        bearer = f"Authorization: Bearer {self.session}\r\n" if self.session else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{kind}{bearer}Content-Length: {len(content)}\r\n\r\n"
        self.writer.write(head.encode() + content)
        answer, found = await read_message(self.reader)
        return int(answer.split(b" ", 2)[1]), json.loads(found) if found else None


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The head of an HTTP message, in small letters, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
    return head, await reader.readexactly(int(length or 0))


async def run_shared(
    connections: Sequence[HttpConnection],
    given: Sequence[Given],
    do: Callable[[HttpConnection, Given], Awaitable[Found]],
) -> list[Found]:
    """Do one thing for each that is given, over all connections at once; in no order."""

    async def lane(connection: HttpConnection, mine: Sequence[Given]) -> list[Found]:
        return [await do(connection, one) for one in mine]

    lanes = await asyncio.gather(
        *(
            lane(connection, given[i :: len(connections)])
            for i, connection in enumerate(connections)
        )
    )
    return [found for lane in lanes for found in lane]
