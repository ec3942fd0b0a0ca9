"""Gymnasium's CartPole with a picture of our own, which needs no further library."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from numpy.typing import NDArray

from gamelabel.games.play.worlds.drawing import Canvas

_WIDTH, _HEIGHT = 240, 160
_SCALE = _WIDTH / 4.8  # pixels a unit of the track


class CartPole(CartPoleEnv):
    """Balance a pole on a cart: action 0 pushes to the left, 1 to the right.

    The observation, rewards and end are Gymnasium's ``CartPole-v1``, up to `steps` steps.

    Parameters
    ----------
    steps : int
        An episode is truncated after so long.
    render_mode : str, optional
        "rgb_array".
    """

    def __init__(self, steps: int = 500, render_mode: str | None = "rgb_array") -> None:
        super().__init__(render_mode=render_mode)
        self._most_steps, self._steps = steps, 0
        self._canvas = Canvas(_WIDTH, _HEIGHT, (232, 240, 248), (196, 214, 232))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start with the pole nearly upright."""
        self._steps = 0
        observation, info = super().reset(seed=seed, options=options)
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Push the cart."""
        self._steps += 1
        observation, reward, terminated, _, info = super().step(action)  # type: ignore[no-untyped-call]
        return observation, float(reward), terminated, self._steps >= self._most_steps, info

    def render(self) -> NDArray[np.uint8]:
        """Return the picture, shape (160, 240, 3)."""
        x, _, angle, _ = self.state if self.state is not None else (0.0, 0.0, 0.0, 0.0)
        canvas, ground = self._canvas, _HEIGHT - 34
        canvas.clear()
        canvas.box(0, ground + 16, _WIDTH, _HEIGHT, (120, 148, 120))
        for limit in (-2.4, 2.4):
            post = _WIDTH / 2 + limit * _SCALE
            canvas.box(post - 2, ground - 10, post + 2, ground + 16, (200, 90, 80))
        middle = _WIDTH / 2 + x * _SCALE
        canvas.box(middle - 18, ground - 8, middle + 18, ground + 8, (52, 73, 94))
        for wheel in (-11, 11):
            canvas.disc(middle + wheel, ground + 11, 5, (30, 40, 52))
        tip_x, tip_y = middle + 80 * np.sin(angle), ground - 8 - 80 * np.cos(angle)
        canvas.line(middle, ground - 8, tip_x, tip_y, 7, (214, 137, 62))
        canvas.disc(middle, ground - 8, 4, (250, 250, 250))
        return canvas.pixels


def balance(observation: NDArray[np.float32]) -> int:
    """Return the push that keeps the pole up.

    Examples
    --------
    >>> balance(np.array([0.0, 0.0, 0.1, 0.0]))
    1
    """
    x, speed, angle, turning = observation
    return int(angle + 0.4 * turning + 0.02 * x + 0.05 * speed > 0)
