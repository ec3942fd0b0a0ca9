"""Atari games for tests, one frame a step; tests skip where the emulator is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gamelabel.games.play.tasks import Task, TaskStatistic
from gamelabel.games.play.transition import Transition

NO_STICKY_ACTIONS = {"frameskip": 1, "repeat_action_probability": 0.0}


def atari(game: str, **arguments: Any) -> Any:
    """Return a game such as "SpaceInvaders", made by name as the package does."""
    gymnasium = pytest.importorskip("gymnasium")
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    return gymnasium.make(f"ale_py:ALE/{game}-v5", **(NO_STICKY_ACTIONS | arguments))


def play(env: Any, actions: Iterator[int]) -> Iterator[Transition]:
    """Yield the transitions of one episode, from the frame of its reset."""
    env.reset(seed=0)
    nothing: dict[str, Any] = {}
    memory = env.unwrapped.ale.getRAM
    yield Transition(0, nothing, nothing, nothing, nothing, memory=memory().copy())
    for frame, action in enumerate(actions, 1):
        _, reward, terminated, truncated, _ = env.step(action)
        yield step_of(frame, action, float(reward), memory().copy(), terminated, truncated)
        if terminated or truncated:
            return


def step_of(
    frame: int,
    action: int = 0,
    reward: float = 0.0,
    memory: Any = None,
    terminated: bool = False,
    truncated: bool = False,
    controller: Any = "human",
) -> Transition:
    """Return a transition of a game of one player."""
    player = "player"
    return Transition(
        frame,
        {player: action},
        {player: reward},
        {player: terminated},
        {player: truncated},
        {player: controller},
        memory=memory,
    )


def reset_of(memory: Any = None) -> Transition:
    """Return the transition of a reset."""
    return Transition(0, {}, {}, {}, {}, memory=memory)


def task_with(*statistics: tuple[str, dict[str, Any]], **fields: Any) -> Task:
    """Return a task whose statistics have the names of their collectors."""
    collected = tuple(TaskStatistic(name, name, arguments) for name, arguments in statistics)
    return Task("toy", "CartPole-v1", statistics=collected, **fields)


def held_actions(seed: int, choices: list[int], frames: int) -> Iterator[int]:
    """Yield actions as a hand does: each is held for some frames."""
    rng = np.random.default_rng(seed)
    left = frames
    while left > 0:
        action, held = int(rng.choice(choices)), min(left, int(rng.integers(4, 40)))
        yield from [action] * held
        left -= held
