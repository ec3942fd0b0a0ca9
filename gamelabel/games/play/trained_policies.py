"""Policies that stable-baselines3 trained, where it is installed."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from gamelabel.games.play.deepmind_frames import SIZE, STACK, FrameBuffer
from gamelabel.games.play.environments import Environment
from gamelabel.games.play.policies import Policy


class TrainedPolicy(Policy):
    """A file of stable-baselines3.

    A policy for pictures of shape (84, 84, 4) or (4, 84, 84) receives the observations of
    `FrameBuffer` in an Atari game, and acts once in four frames; any other receives the
    environment's own observations.

    Parameters
    ----------
    algorithm : str
        Name of the algorithm, such as "ppo", in any case.
    path : Path
        The file.

    Raises
    ------
    ValueError
        If stable-baselines3 is not installed, has no such algorithm, or cannot read the file.
    """

    def __init__(self, algorithm: str, path: Path) -> None:
        try:
            library = importlib.import_module("stable_baselines3")
        except ImportError as error:
            raise ValueError(
                f"the policy {path.name} needs stable-baselines3; install it with"
                " pip install stable-baselines3"
            ) from error
        kind = getattr(library, algorithm.upper(), None)
        if kind is None:
            raise ValueError(f"stable-baselines3 has no algorithm {algorithm!r}")
        try:
            self._model: Any = kind.load(path, device="cpu")
        except Exception as error:
            raise ValueError(f"{path} is not a policy of {algorithm}: {error}") from error
        shape = self._model.observation_space.shape
        self._channels_first = shape == (STACK, SIZE, SIZE)
        self._is_for_frames = self._channels_first or shape == (SIZE, SIZE, STACK)

    def start(self, environment: Environment, seat: str, seed: int) -> None:
        """Begin with the present frame."""
        super().start(environment, seat, seed)
        self._action = environment.actions.idle(seat)
        self._buffer: FrameBuffer | None = None
        if self._is_for_frames and environment.emulator is not None:
            self._buffer = FrameBuffer()
            self._action = self._predict(self._buffer.reset(environment.emulator.gray()))
            self._is_first = True

    def act(self, environment: Environment) -> Any:
        """Return the action, a new one once in four frames in an Atari game."""
        if self._buffer is None or environment.emulator is None:
            return self._predict(environment.observation(self.seat))
        if self._is_first:  # the present frame is in the buffer already
            self._is_first = False
            return self._action
        stack = self._buffer.add(environment.emulator.gray())
        if stack is not None:
            self._action = self._predict(stack)
        return self._action

    def _predict(self, observation: Any) -> Any:
        if self._buffer is not None and not self._channels_first:
            observation = observation.transpose(1, 2, 0)
        action, _ = self._model.predict(observation, deterministic=True)
        return action
