"""How one process runs the service."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gamelabel.service.calls import CallCounts
from gamelabel.service.keys import Keys
from gamelabel.service.launch_tokens import SERVICE


@dataclass(frozen=True)
class Settings:
    """The settings of a service process.

    Parameters
    ----------
    keys : Keys
        The service's own secrets.
    operators : mapping
        The name of each operator by their key; by default a key that nobody knows.
    calls : CallCounts
        The calls that this process has answered.
    sender_failures : Counter
        How often this process's sender of a game's rewards has failed and was started again.
    minimal : bool
        Keep no times: neither when a player did something nor how long it took.
    session_s : float
        How long a session lasts, in seconds.
    calls_per_minute : int
        The limit for one session; an address may make 20 times as many calls.
    clock : callable
        Returns the time in seconds since 1970.
    audience : str
        The audience of the launches that this process takes, and of its sessions: a session to
        play does not let anybody label, nor the other way round.
    """

    keys: Keys
    operators: Mapping[str, str] = field(
        default_factory=lambda: {secrets.token_urlsafe(): "operator"}, repr=False
    )
    calls: CallCounts = field(default_factory=CallCounts)
    sender_failures: Counter[str] = field(default_factory=Counter)
    minimal: bool = False
    session_s: float = 7200.0
    calls_per_minute: int = 600
    clock: Callable[[], float] = time.time
    audience: str = SERVICE

    @property
    def now_ms(self) -> int:
        """The clock's time in milliseconds."""
        return int(self.clock() * 1000)
