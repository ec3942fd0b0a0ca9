"""A task as agents play it: an action for several frames, observations as numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.environments import Environment, open_environment
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.tasks import Task

Observe = Callable[[Environment, str], NDArray[Any]]


def observe_native(environment: Environment, seat: str) -> NDArray[Any]:
    """Return the environment's own observation."""
    return np.array(environment.observation(seat))


def observe_memory(environment: Environment, seat: str) -> NDArray[Any]:
    """Return the emulator's memory, shape (128,).

    Raises
    ------
    ValueError
        If the environment has no emulator.
    """
    memory = environment.memory()
    if memory is None:
        raise ValueError(f"{environment.name} has no emulator whose memory could be observed")
    return memory


class AgentEnvironment:
    """A task for one agent, with the methods of a Gymnasium environment.

    Parameters
    ----------
    task : Task
        The task. The agent sits at its first seat of a person; other seats have their policies.
    observe : callable
        Environment and seat -> observation, such as `observe_memory`.
    every : int
        Frames for which an action holds; rewards are added up.
    max_frames : int
        Frames after which an episode is truncated; 0 if only the environment ends it.

    Raises
    ------
    EnvironmentFault
        If the environment cannot be made.
    ValueError
        If the actions of the seat are not numbers.

    Examples
    --------
    >>> task = Task("cart", "gamelabel.games.play.worlds.cart_pole:CartPole")
    >>> environment = AgentEnvironment(task, every=2)
    >>> observation, _ = environment.reset(seed=0)
    >>> _, reward, terminated, truncated, _ = environment.step(1)
    >>> observation.shape, reward, terminated, truncated
    ((4,), 2.0, False, False)
    >>> environment.close()
    """

    def __init__(
        self,
        task: Task,
        observe: Observe = observe_native,
        every: int = 1,
        max_frames: int = 0,
    ) -> None:
        self.task = task
        self.seat = task.human_seats[0]
        self._observe, self._every, self._max_frames = observe, every, max_frames
        self._environment = open_environment(task)
        self.n_actions = self._environment.actions.count(self.seat)
        self._loop: Loop | None = None

    def reset(self, seed: int) -> tuple[NDArray[Any], dict[str, float]]:
        """Start an episode; the seed also decides how many idle steps come first."""
        self._loop = Loop(self.task, self._environment, [self.seat], seed)
        self._loop.begin_episode()
        return self._observe(self._environment, self.seat), {}

    def step(self, action: int) -> tuple[NDArray[Any], float, bool, bool, dict[str, float]]:
        """Hold an action for some frames.

        Parameters
        ----------
        action : int
            The number of the action.

        Returns
        -------
        observation, reward, terminated, truncated, info
            As in Gymnasium; `info` has the task's statistics of the episode so far.

        Raises
        ------
        ValueError
            If no episode is being played.
        """
        if self._loop is None or self._loop.is_over:
            raise ValueError("no episode is being played: call reset first")
        loop, reward = self._loop, 0.0
        loop.act(self.seat, int(action), loop.frame)
        for _ in range(self._every):
            reward += loop.advance().rewards.get(self.seat, 0.0)
            if self._max_frames and loop.frame >= self._max_frames and not loop.is_over:
                loop.end_episode("truncated")
            if loop.is_over:
                break
        is_terminated = loop.is_over and loop.ended == "terminated"
        info = loop.values(loop.episode_collectors)[self.seat]
        observation = self._observe(self._environment, self.seat)
        return observation, reward, is_terminated, loop.is_over and not is_terminated, info

    def close(self) -> None:
        """Close the environment."""
        self._environment.close()
