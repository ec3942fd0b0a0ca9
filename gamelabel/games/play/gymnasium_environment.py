"""Gymnasium's environments as `Environment`, with one seat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gamelabel.games.play.actions import ActionSpaces
from gamelabel.games.play.environments import Environment, EnvironmentFault, Outcome
from gamelabel.games.play.tasks import SINGLE_SEAT, Task


class GymnasiumEnvironment(Environment):
    """A Gymnasium environment.

    Parameters
    ----------
    task : Task
        The task that it is made for.
    wrapped : gymnasium.Env
        The environment.

    Raises
    ------
    EnvironmentFault
        If it lacks spaces, or people cannot play its actions.
    """

    def __init__(self, task: Task, wrapped: Any) -> None:
        super().__init__(task, wrapped)
        self.seats = (SINGLE_SEAT,)
        unwrapped = getattr(wrapped, "unwrapped", wrapped)
        names: list[str] = getattr(unwrapped, "get_action_meanings", list)()
        try:
            space = wrapped.action_space
            self._space = wrapped.observation_space
            self.actions = ActionSpaces({SINGLE_SEAT: space}, names, task.idle_action)
        except (AttributeError, ValueError) as error:
            raise EnvironmentFault(f"{task.environment} cannot be played: {error}") from error

    def _reset(self, seed: int) -> Outcome:
        observation, info = self.wrapped.reset(seed=seed)
        return self._outcome(observation, 0.0, False, False, info)

    def _step(self, actions: Mapping[str, Any]) -> Outcome:
        return self._outcome(*self.wrapped.step(actions[SINGLE_SEAT]))

    def _observation_space(self, seat: str) -> Any:
        return self._space

    def _outcome(
        self, observation: Any, reward: Any, terminated: Any, truncated: Any, info: Any
    ) -> Outcome:
        return Outcome(
            {SINGLE_SEAT: float(reward)},
            {SINGLE_SEAT: bool(terminated)},
            {SINGLE_SEAT: bool(truncated)},
            {SINGLE_SEAT: observation},
            {SINGLE_SEAT: info},
        )
