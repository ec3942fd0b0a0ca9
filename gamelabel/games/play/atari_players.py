"""Scripted players of Atari games, who read the emulator's memory; here that of Space Invaders."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.environments import Environment
from gamelabel.games.play.policies import Policy

Memory = NDArray[np.uint8]


class MemoryPlayer(Policy):
    """Chooses an action once in four frames from the emulator's memory."""

    every = 4

    def start(self, environment: Environment, seat: str, seed: int) -> None:
        """Begin with the next frame."""
        super().start(environment, seat, seed)
        self._number = environment.seats.index(seat)
        self._rng = np.random.default_rng(seed)
        self._left = 0
        self._action = environment.actions.idle(seat)

    def act(self, environment: Environment) -> Any:
        """Return the action of these frames."""
        memory = environment.memory()
        if memory is None:
            raise ValueError(f"{type(self).__name__} plays Atari games, not {environment.name}")
        if self._left == 0:
            name = self._choose(memory)
            self._action = environment.actions.parse(self.seat, name)
            self._left = self.every
        self._left -= 1
        return self._action

    @abstractmethod
    def _choose(self, memory: Memory) -> str: ...


class SpaceInvadersPlayer(MemoryPlayer):
    """Steps out of the way of bombs, else goes under the nearest column of aliens and fires."""

    every = 2
    _cannons = (28, 29)
    _aliens, _block_x = slice(18, 24), 26
    _bombs_y, _bombs_x = slice(81, 83), slice(83, 85)
    _to_bomb, _to_alien = 4, 1  # from a cannon's place to the place of what meets its middle
    _spacing, _columns = 16, 6
    _danger_y, _danger_x = 62, 7

    def _choose(self, memory: Memory) -> str:
        own = int(memory[self._cannons[self._number]])
        dangers = [
            int(x) - own - self._to_bomb
            for x, y in zip(memory[self._bombs_x], memory[self._bombs_y], strict=True)
            if self._danger_y <= y <= 102 and abs(int(x) - own - self._to_bomb) <= self._danger_x
        ]
        if dangers:
            nearest = min(dangers, key=abs)
            if nearest == 0:
                nearest = 1 if own > 76 else -1
            return "LEFTFIRE" if nearest > 0 else "RIGHTFIRE"
        first = int(memory[self._block_x]) + self._to_alien
        present = int(np.bitwise_or.reduce(memory[self._aliens]))
        places = [first + self._spacing * c for c in range(self._columns) if present >> c & 1]
        target = min(places, key=lambda place: abs(place - own), default=own)
        if abs(target - own) <= 2:
            return "FIRE"
        return "RIGHTFIRE" if target > own else "LEFTFIRE"
