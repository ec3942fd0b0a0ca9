"""A game for one player: catch the apples that fall, and leave the stones."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gamelabel.games.play.worlds.drawing import Canvas

_WIDTH, _HEIGHT = 160, 120
_BASKET, _GROUND = 22.0, 108.0
_SPEED = 2.5  # of the basket, in pixels a step
_NONE, _APPLE, _STONE = 0.0, 1.0, 2.0
_MOST = 4  # things in the air


class Orchard(gymnasium.Env[NDArray[np.float32], np.int64]):
    """Move a basket under falling apples.

    Actions: 0 stay, 1 left, 2 right. An apple in the basket gives 1. A stone in the basket costs a
    life, and so does an apple on the ground; an episode ends with the last of three lives. Things
    fall faster with every ten apples.

    The observation, in [-1, 1], is the basket's place and the lives, then of each of four things
    its kind, place and height.

    Parameters
    ----------
    steps : int
        An episode is truncated after so long.
    render_mode : str, optional
        "rgb_array".
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 60}  # noqa: RUF012

    def __init__(self, steps: int = 7200, render_mode: str | None = "rgb_array") -> None:
        self.action_space = spaces.Discrete(3)
        self.observation_space = spaces.Box(-1, 1, (2 + 3 * _MOST,), np.float32)
        self.render_mode = render_mode
        self._most_steps = steps
        self._canvas = Canvas(_WIDTH, _HEIGHT, (120, 178, 226), (214, 234, 248))

    def get_action_meanings(self) -> list[str]:
        """Return the names of the actions."""
        return ["stay", "left", "right"]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start with an empty sky."""
        super().reset(seed=seed)
        self._steps, self._lives, self._caught = 0, 3, 0
        self._basket = _WIDTH / 2
        self._things = np.zeros((_MOST, 4))  # kind, x, y, speed
        self._next = 20
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Move the basket and let things fall."""
        self._steps += 1
        move = (0.0, -_SPEED, _SPEED)[int(action)]
        self._basket = float(np.clip(self._basket + move, _BASKET / 2, _WIDTH - _BASKET / 2))
        self._next -= 1
        if self._next <= 0:
            self._drop()
        reward = self._fall()
        is_over = self._lives <= 0
        is_late = self._steps >= self._most_steps
        return self._observation(), reward, is_over, is_late and not is_over, self._info()

    def render(self) -> NDArray[np.uint8]:
        """Return the picture, shape (120, 160, 3)."""
        canvas = self._canvas
        canvas.clear()
        canvas.box(0, _GROUND, _WIDTH, _HEIGHT, (104, 159, 76))
        for place in (18, 62, 106, 148):
            canvas.box(place - 3, 14, place + 3, _GROUND, (121, 92, 66))
            canvas.disc(place, 8, 17, (72, 128, 60))
        for kind, x, y, _ in self._things:
            if kind == _APPLE:
                canvas.disc(x, y, 4, (206, 52, 46))
                canvas.box(x - 0.5, y - 7, x + 0.5, y - 3, (70, 80, 40))
            elif kind == _STONE:
                canvas.disc(x, y, 5, (110, 112, 118))
        left = self._basket - _BASKET / 2
        canvas.box(left, _GROUND - 10, left + _BASKET, _GROUND, (163, 112, 54))
        canvas.box(left - 1, _GROUND - 12, left + _BASKET + 1, _GROUND - 9, (122, 80, 38))
        for life in range(self._lives):
            canvas.disc(8 + 10 * life, _HEIGHT - 6, 3, (206, 52, 46))
        for apple in range(min(self._caught % 10, 9)):
            canvas.box(
                _WIDTH - 8 - 6 * apple, _HEIGHT - 8, _WIDTH - 4 - 6 * apple, _HEIGHT - 4, (250,) * 3
            )
        return canvas.pixels

    def _drop(self) -> None:
        free = np.flatnonzero(self._things[:, 0] == _NONE)
        level = self._caught // 10
        self._next = int(self.np_random.integers(35, 60)) - min(4 * level, 20)
        if len(free) == 0:
            return
        kind = _STONE if self.np_random.random() < 0.25 else _APPLE
        x = self.np_random.uniform(12, _WIDTH - 12)
        speed = self.np_random.uniform(0.7, 1.1) * (1 + 0.15 * min(level, 8))
        self._things[free[0]] = kind, x, 12.0, speed

    def _fall(self) -> float:
        reward = 0.0
        self._things[:, 2] += self._things[:, 3] * (self._things[:, 0] != _NONE)
        for thing in self._things:
            kind, x, y, _ = thing
            in_basket = abs(x - self._basket) <= _BASKET / 2 + 2
            if kind == _NONE or y < _GROUND - 10:
                continue
            if in_basket and y < _GROUND - 4:
                thing[0] = _NONE
                self._caught += kind == _APPLE
                self._lives -= kind == _STONE
                reward += float(kind == _APPLE)
            elif y >= _GROUND:
                thing[0] = _NONE
                self._lives -= kind == _APPLE
        return reward

    def _observation(self) -> NDArray[np.float32]:
        kinds, x, y = self._things[:, 0], self._things[:, 1], self._things[:, 2]
        shown = kinds != _NONE
        kind = np.where(kinds == _APPLE, 1.0, np.where(kinds == _STONE, -1.0, 0.0))
        parts = np.stack(
            [kind, (2 * x / _WIDTH - 1) * shown, (2 * y / _HEIGHT - 1) * shown], axis=1
        )
        head = [2 * self._basket / _WIDTH - 1, self._lives / 3]
        values = np.concatenate([head, parts.ravel()])
        return np.asarray(np.clip(values, -1, 1), np.float32)

    def _info(self) -> dict[str, Any]:
        return {"lives": self._lives, "apples": self._caught}


def pick(observation: NDArray[np.float32]) -> int:
    """Return the action of a player who goes for the lowest apple and steps aside for stones.

    Examples
    --------
    >>> apple_on_the_right = np.array([0.0, 1.0, 1.0, 0.5, 0.2] + [0.0] * 9)
    >>> pick(apple_on_the_right)
    2
    """
    basket = observation[0]
    kind, x, y = observation[2:].reshape(-1, 3).T
    reach = (_BASKET / 2 + 4) * 2 / _WIDTH
    danger = (kind < 0) & (y > 0.45) & (y < 0.85) & (abs(x - basket) < reach + 0.05)
    if danger.any():
        stone = x[danger][0]
        away = basket > stone if abs(stone) < 0.8 else stone < 0
        return 2 if away else 1
    apples = np.where((kind > 0) & (y < 0.85), y, -2)
    if apples.max() < -1:
        return 0
    target = x[apples.argmax()]
    if abs(target - basket) < reach / 3:
        return 0
    return 2 if target > basket else 1
