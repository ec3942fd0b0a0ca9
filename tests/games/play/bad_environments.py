"""Environments that do what environments must not."""

import os
import time
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces


class Bad(gymnasium.Env):
    """Misbehaves in a way of choice at its tenth step."""

    action_space = spaces.Discrete(2)
    observation_space = spaces.Box(-1, 1, (4,), np.float32)

    def __init__(self, fault: str = "", render_mode: str | None = None) -> None:
        self.fault, self.steps = fault, 0
        if fault == "no constructor":
            raise RuntimeError("the license server is away")

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.steps = 0
        return np.zeros(4, np.float32), {}

    def step(self, action: int) -> Any:
        self.steps += 1
        observation, reward = np.full(4, self.steps / 1000 % 1, np.float32), 1.0
        if self.steps == 10:
            if self.fault == "raise":
                raise ZeroDivisionError("float division by zero")
            if self.fault == "hang":
                time.sleep(1000)
            if self.fault == "exit":
                os._exit(3)
            if self.fault == "killed":
                os.kill(os.getpid(), 9)
            reward = float("nan") if self.fault == "nan reward" else reward
            observation = observation * np.nan if self.fault == "nan" else observation
            observation = observation[:3] if self.fault == "shape" else observation
        return observation, reward, False, False, {}

    def render(self) -> Any:
        if self.fault == "picture" and self.steps == 10:
            return np.zeros((4, 4), np.float32)
        return np.full((8, 8, 3), self.steps % 256, np.uint8)


class Numbers(gymnasium.Env):
    """Has actions that people cannot play."""

    action_space = spaces.Dict({"a": spaces.Discrete(2)})
    observation_space = spaces.Discrete(2)
