"""The game's backend of `soak`: it pays each reward once, and misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.service.launch_tokens import verify_reward
from tests.service.http_client import read_message

Mode = Literal["good", "slow", "hanging", "refusing", "forgetful"]
SLOW_S = 2.0


class Payment(NamedTuple):
    """What a backend has paid, and when it had the reward first."""

    launch: str
    amount: int
    at: float


class Backend:
    """A game and its backend.

    Parameters
    ----------
    game_id : str
        The game's id.

    Attributes
    ----------
    mode : str
        Whether the backend is good, answers after two seconds, never, or with an error, or is
        forgetful: it pays and closes the connection without an answer.
    paid : dict
        The payments by the id of the reward.
    received : int
        How many rewards arrived, those that came again included.
    """

    def __init__(self, game_id: str) -> None:
        self.game_id, self.key = game_id, Ed25519PrivateKey.generate()
        self.mode: Mode = "good"
        self.service_keys, self.url = "", ""
        self.paid: dict[str, Payment] = {}
        self.received = 0

    async def start(self, service_keys: str) -> None:
        """Open a port. Rewards must be signed by one of the service's keys, one a line."""
        self.service_keys = service_keys
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/rewards"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Receive a reward; return whether the connection stays open."""
        _, token = await read_message(reader)
        mode = self.mode
        if mode == "hanging":
            await asyncio.sleep(60.0)
            return False
        if mode == "slow":
            await asyncio.sleep(SLOW_S)
        if mode == "refusing":
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            return True
        self._pay(token.decode())
        if mode == "forgetful":
            return False
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        return True

    def _pay(self, token: str) -> None:
        claims = verify_reward(token, self.service_keys, self.game_id, time.time())
        payment = Payment(claims["launch"], claims["amount"], time.monotonic())
        self.received += 1
        before = self.paid.setdefault(claims["jti"], payment)
        assert before[:2] == payment[:2], "a reward came again with other contents"
