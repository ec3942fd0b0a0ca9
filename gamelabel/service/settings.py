"""How a service is run: what one process is told when it starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gamelabel.games.pairs import Posterior, Rules
from gamelabel.service.keys import Keys


@dataclass(frozen=True)
class Settings:
    """keys: the service's own; rules: of the game, by default with the gate that notices sleepers.

    again: chance that a preference comes from the points that are served again and again; minimal: store what the paper
    stores and nothing more; look_s: seconds that every pair stays up before it can be answered; session_s: how long a
    launch lets a player in; calls_per_minute: of one session, and 20 times as many of one address; clock: seconds
    since 1970; chance: where every draw comes from, from the operating system's entropy unless a test says otherwise.
    """

    keys: Keys
    rules: Rules = field(default_factory=lambda: Rules(gate=Posterior()))
    again: float = 0.43
    minimal: bool = False
    look_s: float = 1.0
    session_s: float = 7200.0
    calls_per_minute: int = 600
    clock: Callable[[], float] = time.time
    chance: np.random.Generator = field(default_factory=np.random.default_rng)

    @property
    def now_ms(self) -> int:
        """The clock in milliseconds."""
        return int(self.clock() * 1000)
