"""PettingZoo's parallel environments as `Environment`, with a seat for each agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gamelabel.games.play.actions import ATARI_ACTIONS, ActionSpaces
from gamelabel.games.play.environments import Environment, EnvironmentFault, Outcome
from gamelabel.games.play.tasks import Task


class ParallelEnvironment(Environment):
    """A PettingZoo parallel environment.

    An agent that is done keeps its last observation and receives no rewards until the others are
    done too.

    Parameters
    ----------
    task : Task
        The task that it is made for.
    wrapped : pettingzoo.ParallelEnv
        The environment.

    Raises
    ------
    EnvironmentFault
        If people cannot play its actions.
    """

    def __init__(self, task: Task, wrapped: Any) -> None:
        super().__init__(task, wrapped)
        self.seats = tuple(wrapped.possible_agents)
        try:
            spaces = {seat: wrapped.action_space(seat) for seat in self.seats}
            self.actions = ActionSpaces(spaces, self._names(), task.idle_action)
            self._spaces = {seat: wrapped.observation_space(seat) for seat in self.seats}
        except (AttributeError, KeyError, ValueError) as error:
            raise EnvironmentFault(f"{task.environment} cannot be played: {error}") from error

    def _names(self) -> list[str]:
        unwrapped = getattr(self.wrapped, "unwrapped", self.wrapped)
        if self.emulator is not None and hasattr(unwrapped, "action_mapping"):
            return [ATARI_ACTIONS[action] for action in unwrapped.action_mapping]
        names: list[str] = getattr(unwrapped, "get_action_meanings", list)()
        return names

    def _reset(self, seed: int) -> Outcome:
        observations, infos = self.wrapped.reset(seed=seed)
        return Outcome(
            dict.fromkeys(self.seats, 0.0),
            dict.fromkeys(self.seats, False),
            dict.fromkeys(self.seats, False),
            {seat: observations[seat] for seat in self.seats},
            {seat: infos.get(seat, {}) for seat in self.seats},
        )

    def _step(self, actions: Mapping[str, Any]) -> Outcome:
        before = self.latest
        acting = {seat: actions[seat] for seat in self.wrapped.agents}
        observations, rewards, terminated, truncated, infos = self.wrapped.step(acting)
        return Outcome(
            {seat: float(rewards.get(seat, 0.0)) for seat in self.seats},
            {s: bool(terminated.get(s, before.terminated.get(s, False))) for s in self.seats},
            {s: bool(truncated.get(s, before.truncated.get(s, False))) for s in self.seats},
            {s: observations.get(s, before.observations.get(s)) for s in self.seats},
            {seat: infos.get(seat, {}) for seat in self.seats},
        )

    def _observation_space(self, seat: str) -> Any:
        return self._spaces[seat]
