"""Small environments for tests of the service, among them some that misbehave."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pettingzoo
from numpy.typing import NDArray

_SIZE = 24


class Dots(gymnasium.Env[NDArray[np.uint8], int]):
    """A dot that the player moves; each step that it is on the right half scores a point."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 30}
    action_space = gymnasium.spaces.Discrete(3)
    observation_space = gymnasium.spaces.Box(0, _SIZE, (1,), np.uint8)
    length = 10**9

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Put the dot in the middle."""
        super().reset(seed=seed)
        self.x, self.steps = _SIZE // 2, 0
        return self._observation(), {}

    def step(self, action: int) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Move the dot."""
        self.x = int(np.clip(self.x + {0: 0, 1: -1, 2: 1}[int(action)], 0, _SIZE - 1))
        self.steps += 1
        reward = float(self.x > _SIZE // 2)
        return self._observation(), reward, self.steps >= self.length, False, {}

    def render(self) -> NDArray[np.uint8]:
        """Draw the dot."""
        picture = np.zeros((_SIZE, _SIZE, 3), np.uint8)
        picture[4:8, self.x] = (255, 200, 0)
        picture[-1, : self.steps % _SIZE] = (0, 120, 255)  # so that each frame differs
        return picture

    def _observation(self) -> NDArray[np.uint8]:
        return np.array([self.x], np.uint8)


class ShortDots(Dots):
    """An episode of half a second."""

    length = 15


class Broken(Dots):
    """Raises at its 60th step."""

    def step(self, action: int) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Move the dot, 59 times."""
        if self.steps >= 59:
            raise RuntimeError("the dot has rolled off the table")
        return super().step(action)


class Hanging(Dots):
    """Hangs at its 60th step."""

    def step(self, action: int) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Move the dot, 59 times."""
        if self.steps >= 59:
            time.sleep(3600)
        return super().step(action)


class TwoDots(pettingzoo.ParallelEnv[str, NDArray[np.uint8], int]):
    """A dot for each of two players, who score as in `Dots`."""

    metadata: ClassVar[dict[str, Any]] = {"name": "two_dots", "render_modes": ["rgb_array"]}

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.possible_agents = ["left", "right"]

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        """Return the space of a dot's place."""
        return Dots.observation_space

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        """Return the space of the moves."""
        return Dots.action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Put the dots in the middle."""
        self.agents = list(self.possible_agents)
        self.dots = {agent: Dots() for agent in self.agents}
        for dot in self.dots.values():
            dot.reset(seed=seed)
        return {agent: self.dots[agent]._observation() for agent in self.agents}, {
            agent: {} for agent in self.agents
        }

    def step(self, actions: dict[str, int]) -> Any:
        """Move both dots."""
        outcomes = {agent: self.dots[agent].step(action) for agent, action in actions.items()}
        return tuple({agent: o[i] for agent, o in outcomes.items()} for i in range(5))

    def render(self) -> Any:
        """Draw both dots, one above the other."""
        pictures = []
        for agent in self.possible_agents:
            self.dots[agent].render_mode = "rgb_array"
            pictures.append(self.dots[agent].render())
        return np.concatenate(pictures)
