"""A game for two players, who keep a ball in play together."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from gamelabel.games.play.environments import Environment
from gamelabel.games.play.policies import Policy
from gamelabel.games.play.worlds.drawing import Canvas

_WIDTH, _HEIGHT = 200, 120
SEATS = ("left", "right")
_PADDLE, _SPEED, _RADIUS = 26.0, 2.2, 4.0
_PLACES = {"left": 10.0, "right": _WIDTH - 10.0}
_COLORS = {"left": (66, 135, 196), "right": (224, 142, 54)}


class Rally(ParallelEnv[str, NDArray[np.float32], int]):  # type: ignore[misc]
    """Two paddles and a ball: each hit gives both players 1, and a miss ends the episode.

    Actions: 0 stay, 1 up, 2 down. The ball becomes faster with every hit, and leaves the paddle's
    edge at a steeper angle than its middle. The observation of both players, in [-1, 1], is the
    ball's place and direction, and the height of the left and of the right paddle.

    Parameters
    ----------
    steps : int
        An episode is truncated after so long.
    render_mode : str, optional
        "rgb_array".
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "rally_v0", "render_modes": ["rgb_array"]}

    def __init__(self, steps: int = 7200, render_mode: str | None = "rgb_array") -> None:
        self.possible_agents = list(SEATS)
        self.agents: list[str] = []
        self.render_mode = render_mode
        self._most_steps = steps
        self._space = spaces.Box(-1, 1, (6,), np.float32)
        self._actions = spaces.Discrete(3)
        self._canvas = Canvas(_WIDTH, _HEIGHT, (24, 44, 58), (38, 66, 80))

    def observation_space(self, agent: str) -> spaces.Box:
        """Return the space of observations, the same for both."""
        return self._space

    def action_space(self, agent: str) -> spaces.Discrete[Any]:
        """Return the space of actions, the same for both."""
        return self._actions

    def get_action_meanings(self) -> list[str]:
        """Return the names of the actions."""
        return ["stay", "up", "down"]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, dict[str, Any]]]:
        """Serve from the middle to a random side."""
        draws = np.random.default_rng(seed)
        self.agents = list(SEATS)
        self._steps, self.hits = 0, 0
        self._paddles = dict.fromkeys(SEATS, _HEIGHT / 2)
        self._ball = np.array([_WIDTH / 2, draws.uniform(0.3, 0.7) * _HEIGHT])
        angle = draws.uniform(-0.5, 0.5)
        side = 1.0 if draws.random() < 0.5 else -1.0
        self._motion = 1.5 * np.array([side * np.cos(angle), np.sin(angle)])
        return self._observations(), {seat: {"hits": 0} for seat in SEATS}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        """Move the paddles and the ball."""
        self._steps += 1
        for seat in SEATS:
            moved = self._paddles[seat] + (0.0, -_SPEED, _SPEED)[int(actions[seat])]
            self._paddles[seat] = float(np.clip(moved, _PADDLE / 2, _HEIGHT - _PADDLE / 2))
        self._ball = self._ball + self._motion
        if not _RADIUS <= self._ball[1] <= _HEIGHT - _RADIUS:
            self._ball[1] = np.clip(self._ball[1], _RADIUS, _HEIGHT - _RADIUS)
            self._motion = self._motion * (1, -1)
        reward, is_missed = 0.0, False
        seat = "right" if self._motion[0] > 0 else "left"
        direction = 1.0 if seat == "right" else -1.0
        if direction * (self._ball[0] - _PLACES[seat]) >= -_RADIUS:
            offset = (self._ball[1] - self._paddles[seat]) / (_PADDLE / 2 + _RADIUS)
            if abs(offset) <= 1:
                reward = 1.0
                self._return(seat, offset)
            else:
                is_missed = True
        is_late = self._steps >= self._most_steps and not is_missed
        info = {name: {"hits": self.hits} for name in SEATS}
        if is_missed or is_late:
            self.agents = []
        return (
            self._observations(),
            dict.fromkeys(SEATS, reward),
            dict.fromkeys(SEATS, is_missed),
            dict.fromkeys(SEATS, is_late),
            info,
        )

    def render(self) -> NDArray[np.uint8]:
        """Return the picture, shape (120, 200, 3)."""
        canvas = self._canvas
        canvas.clear()
        for dash in range(2, _HEIGHT, 12):
            canvas.box(_WIDTH / 2 - 1, dash, _WIDTH / 2 + 1, dash + 6, (88, 116, 130))
        for seat, x in _PLACES.items():
            middle = self._paddles[seat]
            top, bottom = middle - _PADDLE / 2, middle + _PADDLE / 2
            outer = (x - 5, x) if seat == "left" else (x, x + 5)
            canvas.box(outer[0], top, outer[1], bottom, _COLORS[seat])
        canvas.disc(self._ball[0], self._ball[1], _RADIUS, (245, 240, 220))
        for hit in range(min(self.hits, 20)):
            canvas.box(_WIDTH / 2 - 60 + 6 * hit, 4, _WIDTH / 2 - 56 + 6 * hit, 7, (245, 240, 220))
        return canvas.pixels

    def _return(self, seat: str, offset: float) -> None:
        self.hits += 1
        speed = min(1.5 + 0.06 * self.hits, 3.2)
        angle = 0.9 * offset
        side = 1.0 if seat == "left" else -1.0
        self._motion = speed * np.array([side * np.cos(angle), np.sin(angle)])
        self._ball[0] = _PLACES[seat] + side * (_RADIUS + 0.5)

    def _observations(self) -> dict[str, NDArray[np.float32]]:
        place = 2 * self._ball / (_WIDTH, _HEIGHT) - 1
        heights = [2 * self._paddles[seat] / _HEIGHT - 1 for seat in SEATS]
        values = np.concatenate([place, self._motion / 3.5, heights])
        observation = np.clip(values, -1, 1).astype(np.float32)
        return {seat: observation.copy() for seat in SEATS}


class RallyPlayer(Policy):
    """Moves its paddle to the height of the ball while the ball comes, else to the middle."""

    tolerance = 0.08

    def act(self, environment: Environment) -> int:
        """Return the action of the seat's paddle."""
        _, ball, motion, _, *paddles = environment.observation(self.seat)
        own = paddles[SEATS.index(self.seat)]
        comes = motion > 0 if self.seat == "right" else motion < 0
        difference = (ball if comes else 0.0) - own
        if abs(difference) < self.tolerance:
            return 0
        return 2 if difference > 0 else 1
