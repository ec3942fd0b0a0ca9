"""Actions of an environment: which there are, and how they are read from outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ATARI_ACTIONS = (
    "NOOP",
    "FIRE",
    "UP",
    "RIGHT",
    "LEFT",
    "DOWN",
    "UPRIGHT",
    "UPLEFT",
    "DOWNRIGHT",
    "DOWNLEFT",
    "UPFIRE",
    "RIGHTFIRE",
    "LEFTFIRE",
    "DOWNFIRE",
    "UPRIGHTFIRE",
    "UPLEFTFIRE",
    "DOWNRIGHTFIRE",
    "DOWNLEFTFIRE",
)
"""The emulator's names of its actions 0 to 17."""


class ActionSpaces:
    """The action spaces of an environment's seats.

    Parameters
    ----------
    spaces : mapping of str to gymnasium.Space
        The space of each seat: discrete or a vector.
    names : sequence of str
        The environment's names for discrete actions, if it has any.
    idle : any
        What the task says is done while nobody acts; None for the first discrete action or zeros.

    Raises
    ------
    ValueError
        If a space is of another kind, or `idle` is not in it.
    """

    def __init__(
        self, spaces: Mapping[str, Any], names: Sequence[str] = (), idle: Any = None
    ) -> None:
        self._spaces = dict(spaces)
        self.names = tuple(names)
        self._idle = {}
        for seat, space in self._spaces.items():
            if not self.is_discrete(seat) and not space.shape:
                raise ValueError(
                    f"actions of {seat} are of the space {space}; people can play Discrete, Box,"
                    " MultiDiscrete and MultiBinary"
                )
            first = int(space.start) if self.is_discrete(seat) else np.zeros(space.shape).tolist()
            self._idle[seat] = self.parse(seat, first if idle is None else idle)

    def is_discrete(self, seat: str) -> bool:
        """Whether actions of a seat are whole numbers."""
        return hasattr(self._spaces[seat], "start") and hasattr(self._spaces[seat], "n")

    def count(self, seat: str) -> int:
        """Return how many actions a seat has.

        Raises
        ------
        ValueError
            If its actions are vectors.
        """
        if not self.is_discrete(seat):
            raise ValueError(f"actions of {seat} are vectors of numbers: they cannot be counted")
        return int(self._spaces[seat].n)

    def idle(self, seat: str) -> Any:
        """Return what a seat does while nobody acts."""
        return self._idle[seat]

    def parse(self, seat: str, value: Any) -> Any:
        """Return an action of a seat from a number, a name or a list of numbers.

        Raises
        ------
        ValueError
            If it is none; the message says what there is.
        """
        space = self._spaces[seat]
        if self.is_discrete(seat):
            if isinstance(value, str) and value in self.names:
                value = int(space.start) + self.names.index(value)
            low, high = int(space.start), int(space.start + space.n) - 1
            is_number = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not is_number or not low <= value <= high:
                names = f" or one of {', '.join(self.names)}" if self.names else ""
                raise ValueError(
                    f"an action of {seat} is a whole number from {low} to {high}{names},"
                    f" not {_short(value)}"
                )
            return int(value)
        try:
            vector = np.asarray(value, np.float64)
        except (TypeError, ValueError, OverflowError):
            vector = np.zeros(0)
        is_finite = vector.shape == space.shape and bool(np.isfinite(vector).all())
        if not is_finite or not space.contains(vector.astype(space.dtype)):
            raise ValueError(f"an action of {seat} is of {space}, not {_short(value)}")
        return vector.astype(space.dtype)

    def sample(self, seat: str, rng: np.random.Generator) -> Any:
        """Return a random action of a seat."""
        space = self._spaces[seat]
        if self.is_discrete(seat):
            return int(space.start + rng.integers(int(space.n)))
        space.seed(int(rng.integers(2**31)))
        return space.sample()


def _short(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
