"""A waiting room: players of a task for several people meet, say that they are ready, and begin.

It knows no clock: times are passed in, so that it can be tested and simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gamelabel.games.play.tasks import Waiting

RoomState = Literal["waiting", "asking", "countdown", "started"]


@dataclass(frozen=True)
class RoomView:
    """What players in a waiting room see.

    Attributes
    ----------
    state : {"waiting", "asking", "countdown", "started"}
        ``waiting`` for others; ``asking`` who is ready, after a bell; ``countdown`` to the game.
    people, seats : int
        How many players are here, and how many seats there are for people.
    seconds : float
        Until the state ends: the wait for others, the time to say "ready", or the countdown.
    """

    state: RoomState
    people: int
    seats: int
    seconds: float


@dataclass
class WaitingRoom:
    """Players who wait for one game, in the order in which they came.

    The room asks who is ready as soon as all seats are taken, or when the first player has waited
    long enough. Who does not say so in time is sent away, and the others wait on.

    Parameters
    ----------
    seats : sequence of str
        The seats for people.
    waiting : Waiting
        The times of the task.

    Examples
    --------
    >>> room = WaitingRoom(["left", "right"], Waiting(ready_seconds=30, countdown_seconds=3))
    >>> room.join("ann", now=0.0)
    >>> room.join("bob", now=5.0)
    >>> room.view(5.0).state
    'asking'
    >>> room.say_ready("ann", now=6.0)
    >>> room.say_ready("bob", now=7.0)
    >>> room.view(7.0).state, room.advance(10.0)
    ('countdown', [])
    >>> room.state, room.seated
    ('started', {'left': 'ann', 'right': 'bob'})
    """

    seats: Sequence[str]
    waiting: Waiting
    state: RoomState = "waiting"
    players: list[str] = field(default_factory=list)
    ready: set[str] = field(default_factory=set)
    _waits_until: float = 0.0  # for others
    _state_until: float = 0.0

    @property
    def is_full(self) -> bool:
        """Whether all seats are taken."""
        return len(self.players) >= len(self.seats)

    @property
    def can_be_joined(self) -> bool:
        """Whether another player may come in: not once the others are about to begin."""
        return not self.is_full and self.state in ("waiting", "asking")

    @property
    def seated(self) -> dict[str, str]:
        """The players by seat; seats that nobody took are missing."""
        return dict(zip(self.seats, self.players, strict=False))

    def join(self, player: str, now: float) -> None:
        """Let a player in. Raises ValueError if the room is full, or about to begin."""
        if player in self.players:
            return
        if not self.can_be_joined:
            raise ValueError("the waiting room takes no more players")
        if not self.players:
            self._waits_until = now + self.waiting.seconds
        self.players.append(player)
        if self.is_full and self.state == "waiting":
            self._ask(now)

    def leave(self, player: str, now: float) -> None:
        """Let a player out; the others wait on, unless the game has begun."""
        if player not in self.players or self.state == "started":
            return
        self.players.remove(player)
        self._wait(now)

    def say_ready(self, player: str, now: float) -> None:
        """Note that a player is ready. Raises ValueError if nobody asked."""
        if self.state != "asking" or player not in self.players:
            raise ValueError("nobody has asked yet who is ready")
        self.ready.add(player)
        if self.ready >= set(self.players):
            self.state, self._state_until = "countdown", now + self.waiting.countdown_seconds

    def advance(self, now: float) -> list[str]:
        """Let time pass, and return the players who are sent away for not being ready."""
        if self.state == "waiting" and self.players and now >= self._waits_until:
            self._ask(now)
        elif self.state == "asking" and now >= self._state_until:
            absent = [player for player in self.players if player not in self.ready]
            self.players = [player for player in self.players if player in self.ready]
            self._wait(now)
            return absent
        elif self.state == "countdown" and now >= self._state_until:
            self.state = "started"
        return []

    def view(self, now: float) -> RoomView:
        """Return what players see."""
        until = self._waits_until if self.state == "waiting" else self._state_until
        return RoomView(self.state, len(self.players), len(self.seats), max(0.0, until - now))

    def _ask(self, now: float) -> None:
        self.state, self._state_until = "asking", now + self.waiting.ready_seconds
        self.ready.clear()

    def _wait(self, now: float) -> None:
        """Go on waiting for others; the time waited so far counts."""
        self.state = "waiting"
        self.ready.clear()
        if self.players and (self.is_full or now >= self._waits_until):
            self._ask(now)
