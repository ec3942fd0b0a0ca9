"""One step of an environment, as statistics, recordings and replays see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Controller = Literal["human", "policy", "fallback"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an environment; the dictionaries are keyed by the names of the seats.

    Attributes
    ----------
    frame : int
        Number of the frame after the step, from 1. Frame 0 is the frame of the reset: collectors
        and recordings receive it too, with no actions and no rewards, at the start of each episode.
    actions : mapping of str to Any
        What each seat did: an int for discrete actions, else an array.
    rewards : mapping of str to float
        What each seat received.
    terminated, truncated : mapping of str to bool
        Whether the environment reached its end for a seat, or the episode was cut short.
    controllers : mapping of str to {"human", "policy", "fallback"}
        Who acted.
    frames_seen : mapping of str to int
        Number of the frame that was on the player's screen when choosing the action that was in
        force, -1 if there was no player or no action yet. At the first step with a new value,
        ``frame - 1 - frames_seen[seat]`` is the latency in frames.
    memory : ndarray of uint8 or None
        The emulator's RAM after the step, a copy; None for other environments.
    observations : mapping of str to Any
        The environment's own observation of each seat after the step.
    info : mapping of str to mapping
        What else the environment said about each seat.
    """

    frame: int
    actions: Mapping[str, Any]
    rewards: Mapping[str, float]
    terminated: Mapping[str, bool]
    truncated: Mapping[str, bool]
    controllers: Mapping[str, Controller] = field(default_factory=dict)
    frames_seen: Mapping[str, int] = field(default_factory=dict)
    memory: NDArray[np.uint8] | None = None
    observations: Mapping[str, Any] = field(default_factory=dict)
    info: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def ends_episode(self) -> bool:
        """Whether no seat can act any more."""
        return bool(self.terminated) and all(
            self.terminated[seat] or self.truncated[seat] for seat in self.terminated
        )
