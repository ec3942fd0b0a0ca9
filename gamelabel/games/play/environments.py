"""One interface to Gymnasium and PettingZoo environments, which checks what they return."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.actions import ActionSpaces
from gamelabel.games.play.cooperation import loss_scores, shared_rewards
from gamelabel.games.play.emulator import Emulator, find_emulator
from gamelabel.games.play.pictures import ColorTable, ScreenPicture
from gamelabel.games.play.tasks import Task

MISSING_GYMNASIUM = 'Gymnasium is not installed; install it with pip install "gamelabel[play]"'


class EnvironmentFault(Exception):
    """What an environment did wrong, in a sentence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an environment returned for a step or a reset, keyed by the names of the seats."""

    rewards: Mapping[str, float]
    terminated: Mapping[str, bool]
    truncated: Mapping[str, bool]
    observations: Mapping[str, Any]
    info: Mapping[str, Mapping[str, Any]]


class Environment(ABC):
    """An environment with named seats.

    Attributes
    ----------
    seats : tuple of str
        Names of its agents.
    actions : ActionSpaces
        Which actions each seat has.
    emulator : Emulator or None
        The Atari emulator inside, if there is one.
    """

    seats: tuple[str, ...]
    actions: ActionSpaces
    emulator: Emulator | None

    def __init__(self, task: Task, wrapped: Any) -> None:
        self.name = task.environment
        self.wrapped = wrapped
        self.emulator = find_emulator(wrapped)
        self.frame = 0
        self.latest = Outcome({}, {}, {}, {}, {})
        self._colors = ColorTable()
        self._combination = task.co_operation

    @abstractmethod
    def _reset(self, seed: int) -> Outcome: ...

    @abstractmethod
    def _step(self, actions: Mapping[str, Any]) -> Outcome: ...

    @abstractmethod
    def _observation_space(self, seat: str) -> Any: ...

    def reset(self, seed: int, no_ops: int = 0) -> Outcome:
        """Start an episode: reset, then some idle steps.

        Raises
        ------
        EnvironmentFault
            If the environment raises, ends within the idle steps, or returns what it must not.
        """
        self.frame = 0
        outcome = self._checked("reset", lambda: self._reset(seed))
        idle = {seat: self.actions.idle(seat) for seat in self.seats}
        for _ in range(no_ops):
            outcome = self._checked("an idle step", lambda: self._step(idle))
            if any(outcome.terminated.values()) or any(outcome.truncated.values()):
                raise EnvironmentFault(f"{self.name} ended within {no_ops} idle steps of its reset")
        if self._combination and self.emulator is not None:
            self._memory = self.emulator.memory()
        return outcome

    def step(self, actions: Mapping[str, Any]) -> Outcome:
        """Advance by one frame.

        Raises
        ------
        EnvironmentFault
            If the environment raises or returns what it must not.
        """
        self.frame += 1
        outcome = self._checked(f"step {self.frame}", lambda: self._step(actions))
        if self._combination and self.emulator is not None:
            memory = self.emulator.memory()
            loss = loss_scores(self.seats, self._memory, memory)
            rewards = shared_rewards(outcome.rewards, loss, self._combination)
            outcome = self.latest = replace(outcome, rewards=rewards)
            self._memory = memory
        return outcome

    def observation(self, seat: str) -> Any:
        """Return the latest observation of a seat."""
        return self.latest.observations[seat]

    def memory(self) -> NDArray[np.uint8] | None:
        """Return a copy of the emulator's RAM, shape (128,), or None."""
        return self.emulator.memory() if self.emulator else None

    def picture(self) -> ScreenPicture:
        """Return what people see.

        Raises
        ------
        EnvironmentFault
            If the environment raises, or returns something other than an RGB picture.
        """
        if self.emulator:
            return self.emulator.picture()
        try:
            rgb = self.wrapped.render()
        except Exception as error:
            raise self._raised("render", error) from error
        if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.shape[2:] != (3,):
            shape = f"an array of {rgb.dtype} of shape {rgb.shape}"
            what = shape if isinstance(rgb, np.ndarray) else repr(rgb)[:80]
            raise EnvironmentFault(
                f"{self.name} has to render an RGB array of uint8 of shape (height, width, 3) with"
                f' render_mode="rgb_array", not {what}'
            )
        return self._colors.picture(rgb)

    def save_state(self) -> bytes | None:
        """Return the emulator's state, or None for other environments."""
        return self.emulator.save_state() if self.emulator else None

    def load_state(self, state: bytes) -> None:
        """Put the emulator into a state that `save_state` returned."""
        if self.emulator is None:
            raise EnvironmentFault(f"{self.name} has no emulator whose state could be loaded")
        self.emulator.load_state(state)

    def close(self) -> None:
        """Close the environment."""
        self.wrapped.close()

    def _checked(self, what: str, call: Any) -> Outcome:
        try:
            outcome: Outcome = call()
        except EnvironmentFault:
            raise
        except Exception as error:
            raise self._raised(what, error) from error
        for seat, reward in outcome.rewards.items():
            if not np.isfinite(reward):
                raise EnvironmentFault(f"{self.name} returned the reward {reward} in {what}")
            self._check_observation(seat, outcome.observations[seat], what)
        self.latest = outcome
        return outcome

    def _check_observation(self, seat: str, observation: Any, what: str) -> None:
        space = self._observation_space(seat)
        shape = getattr(space, "shape", None)
        if shape is None or not hasattr(space, "low"):  # only a Box has a fixed shape and floats
            return
        observation = np.asarray(observation)
        if observation.shape != shape:
            raise EnvironmentFault(
                f"{self.name} returned an observation of shape {observation.shape} in {what};"
                f" its observation space has {shape}"
            )
        if observation.dtype.kind == "f" and np.isnan(observation).any():
            raise EnvironmentFault(f"{self.name} returned an observation with NaN in {what}")

    def _raised(self, what: str, error: Exception) -> EnvironmentFault:
        text = str(error).strip().split("\n")[0][:300]
        kind = type(error).__name__
        return EnvironmentFault(f"{self.name} raised {kind} in {what}{': ' + text if text else ''}")


def open_environment(task: Task) -> Environment:
    """Make the environment of a task.

    Parameters
    ----------
    task : Task
        Its `environment` and `arguments` say what is made; `folder` is searched for modules.

    Returns
    -------
    Environment

    Raises
    ------
    EnvironmentFault
        If it cannot be made, or its agents are not the seats of the task.
    """
    from gamelabel.games.play import gymnasium_environment, parallel_environment

    try:
        wrapped = _make(task)
    except EnvironmentFault:
        raise
    except Exception as error:
        text = str(error).strip().split("\n")[0][:300]
        settings = json.dumps(dict(task.arguments), default=str)
        raise EnvironmentFault(
            f"{task.environment} cannot be made with {settings}: {type(error).__name__}: {text}"
        ) from error
    if hasattr(wrapped, "possible_agents"):
        environment: Environment = parallel_environment.ParallelEnvironment(task, wrapped)
    else:
        environment = gymnasium_environment.GymnasiumEnvironment(task, wrapped)
    if task.co_operation and (environment.emulator is None or len(environment.seats) < 2):
        environment.close()
        raise EnvironmentFault(
            f"co_operation of {task.name} is for Space Invaders with two players, not for"
            f" {task.environment}"
        )
    seats = {seat.name for seat in task.seats}
    if seats != set(environment.seats):
        environment.close()
        raise EnvironmentFault(
            f"{task.environment} has the seats {', '.join(environment.seats)}, but the task"
            f" {task.name} describes {', '.join(sorted(seats))}"
        )
    return environment


def _make(task: Task) -> Any:
    try:
        import gymnasium
    except ImportError as error:
        raise EnvironmentFault(MISSING_GYMNASIUM) from error
    arguments: dict[str, Any] = dict(task.arguments)
    if not is_import_path(task.environment):
        arguments.setdefault("render_mode", "rgb_array")
        return gymnasium.make(task.environment, disable_env_checker=True, **arguments)
    make = import_object(task.environment, task.folder)
    if _takes_render_mode(make):
        arguments.setdefault("render_mode", "rgb_array")
    return make(**arguments)


def _takes_render_mode(make: Any) -> bool:
    parameters = inspect.signature(make).parameters
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return takes_all or "render_mode" in parameters


def is_import_path(environment: str) -> bool:
    """Whether an environment is named by "package.module:name" rather than by Gymnasium's id.

    Examples
    --------
    >>> is_import_path("pettingzoo.atari.space_invaders_v2:parallel_env")
    True
    >>> is_import_path("ale_py:ALE/Breakout-v5")
    False
    """
    module, _, name = environment.partition(":")
    return name.isidentifier() and all(part.isidentifier() for part in module.split("."))


def import_object(path: str, folder: Path | None) -> Any:
    """Return the object of an import path, whose module may be in a folder of its own."""
    module_name, _, name = path.partition(":")
    if folder is not None and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = importlib.import_module(module_name)
    if not hasattr(module, name):
        raise EnvironmentFault(f"the module {module_name} ({module.__file__}) has no {name}")
    return getattr(module, name)
