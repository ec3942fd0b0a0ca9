"""What a player's browser sends over the WebSocket: read strictly, and limited in number."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Closing codes of the WebSocket; a page that gets one of these does not come back by itself.
ELSEWHERE, NO_SESSION, GONE, TOO_MUCH, WITHDRAWN, AWAY = 4001, 4003, 4004, 4008, 4009, 4010
IDLE, TOO_LONG, TOO_OFTEN = 4011, 4012, 4014
CROWDED = 4013  # comes back by itself
_FIELDS = {
    "hello": {"hello"},
    "act": {"act", "frame", "episode", "seat"},
    "seen": {"seen", "episode"},
    "ready": {"ready"},
    "finish": {"finish"},
}
_RATE, _BURST = 120.0, 240.0  # messages: fast players press some 20 keys a second
_MOST_REFUSED = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{0,100}")  # of a session: no text that a database refuses


class Refused(Exception):
    """A message that is not carried out; the text says why."""


@dataclass(frozen=True)
class Hello:
    """The first message: the login session, and the play session to go on with."""

    session: str
    play: str


@dataclass(frozen=True)
class Act:
    """The player holds another control since a frame of an episode."""

    control: int
    frame: int
    episode: int
    seat: str | None


@dataclass(frozen=True)
class Seen:
    """The frame that is on the player's screen."""

    frame: int
    episode: int


@dataclass(frozen=True)
class Ready:
    """The player, who waits for others, is ready."""


@dataclass(frozen=True)
class Finish:
    """The player wants to finish."""


Message = Hello | Act | Seen | Ready | Finish


def read_message(content: str | bytes) -> Message:
    """Return a message. Raises Refused if it is not one.

    Examples
    --------
    >>> read_message('{"act": 2, "frame": 41, "episode": 0}')
    Act(control=2, frame=41, episode=0, seat=None)
    """
    if isinstance(content, bytes):
        raise Refused("messages are text, not bytes")
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused("a message must be JSON") from error
    if not isinstance(fields, dict):
        raise Refused("a message must be a JSON object")
    kinds = [kind for kind in _FIELDS if kind in fields]
    if len(kinds) != 1 or not fields.keys() <= _FIELDS[kinds[0]]:
        raise Refused("a message must be one of hello, act, seen, ready, finish with its fields")
    return _READERS[kinds[0]](fields)


def _whole(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value < 2**32:
        raise Refused(f"{name} must be a whole number of at least 0")
    return value


def _read_hello(fields: dict[str, Any]) -> Hello:
    hello = fields["hello"]
    is_valid = isinstance(hello, dict) and hello.keys() == {"session", "play"}
    if not is_valid or not all(isinstance(v, str) and _NAME.fullmatch(v) for v in hello.values()):
        raise Refused("hello must have session and play")
    return Hello(**hello)


def _read_act(fields: dict[str, Any]) -> Act:
    seat = fields.get("seat")
    if seat is not None and not isinstance(seat, str):
        raise Refused("seat must be text")
    control, frame, episode = (_whole(fields, name) for name in ("act", "frame", "episode"))
    return Act(control, frame, episode, seat)


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "hello": _read_hello,
    "act": _read_act,
    "seen": lambda fields: Seen(_whole(fields, "seen"), _whole(fields, "episode")),
    "ready": lambda _: Ready(),
    "finish": lambda _: Finish(),
}


class MessageBudget:
    """How many messages a connection may send: 120 a second, with bursts of twice as many."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left, self._since = _BURST, clock()
        self.refused = 0

    def allows(self) -> bool:
        """Count a message, and return whether it is within the budget."""
        now = self._clock()
        self._left = min(_BURST, self._left + _RATE * (now - self._since))
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def is_exhausted(self) -> bool:
        """Whether so many messages were refused that the connection should end."""
        return self.refused >= _MOST_REFUSED
