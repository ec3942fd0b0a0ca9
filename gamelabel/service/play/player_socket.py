"""A player's WebSocket: what is sent is bounded, however slowly the browser reads."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gamelabel.games.play.frame_codec import KIND_PNG, KIND_WHOLE

_log = logging.getLogger("gamelabel.service.play")
AHEAD_FRAMES = 120  # frames that may be sent beyond the last one that the browser has shown
MOST_WAITING = 64  # messages, and
MOST_WAITING_BYTES = 1_000_000  # bytes that wait here while the browser does not read
SLOWEST_S = 10.0  # after which a browser that shows no frame of those sent is given up


class PlayerSocket:
    """Sends to one browser from a short queue. What does not fit is dropped, then the connection.

    Frames build on each other. So after one that was dropped, frames are sent again from the next
    whole one, for which `ask_for_whole` is called once the browser has caught up.

    Parameters
    ----------
    websocket : WebSocket
        The connection, accepted.
    clock : callable
        Returns a time in seconds.
    """

    def __init__(self, websocket: WebSocket, clock: Callable[[], float]) -> None:
        self._websocket, self._clock = websocket, clock
        self._waiting: deque[str | bytes] = deque()
        self._waiting_bytes = 0
        self._wake_up = asyncio.Event()
        self._code: int | None = None
        self._sender = asyncio.create_task(self._send_all())
        self.ask_for_whole: Callable[[], None] = lambda: None
        self.episode = -1
        self.dropped = 0
        self._sent = self._shown = 0  # numbers of frames
        self._shown_at = clock()
        self._is_behind = True  # until the first whole frame

    @property
    def is_open(self) -> bool:
        """Whether the connection takes messages."""
        return self._code is None

    @property
    def n_waiting(self) -> int:
        """How many messages wait to be sent."""
        return len(self._waiting)

    def send(self, body: Mapping[str, Any]) -> None:
        """Send a JSON message."""
        self._add(json.dumps(body))

    def begin_episode(self, episode: int) -> None:
        """Count frames anew: they belong to another episode from here on."""
        self.episode = episode
        self._sent = self._shown = 0
        self._shown_at = self._clock()
        if self._is_behind:
            self.ask_for_whole()

    def send_frame(self, frame: int, content: bytes) -> None:
        """Send a frame, or drop it if the browser is behind."""
        is_whole = content[0] in (KIND_WHOLE, KIND_PNG)
        if self._sent - self._shown >= AHEAD_FRAMES or len(self._waiting) >= MOST_WAITING:
            self._is_behind = True
            if self._clock() - self._shown_at > SLOWEST_S:
                self.abort()
        elif self._is_behind and is_whole:
            self._is_behind = False
        if self._is_behind:
            self.dropped += 1
            return
        if self._sent == self._shown:  # nothing was on its way: the wait begins now
            self._shown_at = self._clock()
        self._sent = frame
        self._add(content)

    def note_shown(self, frame: int) -> None:
        """Note which frame the browser shows."""
        if not self._shown <= frame <= self._sent:
            return
        self._shown, self._shown_at = frame, self._clock()
        if self._is_behind and self._sent - frame < AHEAD_FRAMES // 2:
            self.ask_for_whole()

    def _add(self, content: str | bytes) -> None:
        if not self.is_open:
            return
        self._waiting_bytes += len(content)
        if len(self._waiting) >= 2 * MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
            self.abort()
            return
        self._waiting.append(content)
        self._wake_up.set()

    async def _send_all(self) -> None:
        try:
            while True:
                while self._waiting:
                    content = self._waiting.popleft()
                    self._waiting_bytes -= len(content)
                    if isinstance(content, bytes):
                        await self._websocket.send_bytes(content)
                    else:
                        await self._websocket.send_text(content)
                if self._code is not None:
                    await self._websocket.close(self._code)
                    return
                self._wake_up.clear()
                await self._wake_up.wait()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._code = self._code or 1006  # the browser has gone; the reader notices too

    def close(self, code: int) -> None:
        """Close the connection once what waits has been sent; drop it if that takes too long."""
        if self.is_open:
            self._code = code
            self._wake_up.set()
            asyncio.get_running_loop().call_later(SLOWEST_S, self.abort)

    async def ended(self) -> None:
        """Wait until what was to be sent is sent or dropped; the connection is not used after."""
        if self.is_open:
            self._code = 1000
            self._wake_up.set()
        await asyncio.wait([self._sender], timeout=SLOWEST_S)
        self._sender.cancel()

    def abort(self) -> None:
        """Drop the connection and all that waits."""
        self._code = self._code or 1013
        self._waiting.clear()
        self._waiting_bytes = 0
        self._sender.cancel()
        if self._websocket.client_state is WebSocketState.CONNECTED:
            abort = self._websocket.scope.get("extensions", {}).get("abort")
            if abort:
                abort["now"]()
