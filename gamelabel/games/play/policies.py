"""Players that are programs: scripted ones, files of trained ones, and any function.

A task file names a policy in one of these ways:

- a scripted one by its name in `SCRIPTED`, such as ``random``;
- the trained one that ships: ``rally_partner``, see `gamelabel.models.rally_partner`;
- a file of a small network: ``partner.npz``, see `gamelabel.games.play.network_policy`;
- a file of stable-baselines3: ``ppo:models/partner.zip`` (the algorithm's name, then the path);
- a class or function by its import path: ``my_players:Careful``. A function takes the observation
  and returns the action; a class is a `Policy`.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamelabel.files import shipped

if TYPE_CHECKING:
    from gamelabel.games.play.environments import Environment


class Policy(ABC):
    """A program that plays a seat.

    `start` is called when the policy begins to play: at the start of an episode, or in the middle
    of one when it takes a seat over. From then on `act` is called at every frame.
    """

    def start(self, environment: Environment, seat: str, seed: int) -> None:
        """Prepare to play a seat, from the environment's present state."""
        self.seat = seat

    @abstractmethod
    def act(self, environment: Environment) -> Any:
        """Return the action of the next step."""


class FunctionPolicy(Policy):
    """A function that returns an action for the environment's observation of the seat."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def act(self, environment: Environment) -> Any:
        """Return the function's action."""
        return self._function(environment.observation(self.seat))


class Idle(Policy):
    """Does nothing."""

    def act(self, environment: Environment) -> Any:
        """Return the idle action."""
        return environment.actions.idle(self.seat)


class Random(Policy):
    """Draws an action and keeps it for some frames."""

    frames = 8

    def start(self, environment: Environment, seat: str, seed: int) -> None:
        """Seed the draws."""
        super().start(environment, seat, seed)
        self._rng = np.random.default_rng(seed)
        self._left = 0

    def act(self, environment: Environment) -> Any:
        """Return the action of these frames."""
        if self._left == 0:
            self._action, self._left = environment.actions.sample(self.seat, self._rng), self.frames
        self._left -= 1
        return self._action


SCRIPTED: dict[str, str] = {
    "idle": "gamelabel.games.play.policies:Idle",
    "random": "gamelabel.games.play.policies:Random",
    "cart_pole": "gamelabel.games.play.worlds.cart_pole:balance",
    "space_invaders": "gamelabel.games.play.atari_players:SpaceInvadersPlayer",
    "orchard": "gamelabel.games.play.worlds.orchard:pick",
    "rally": "gamelabel.games.play.worlds.rally:RallyPlayer",
    "river_raid": "gamelabel.games.play.river_raid_player:RiverRaidPlayer",
}
"""Scripted policies by name; each plays the environment of its name, the first two any."""
RALLY_PARTNER = shipped("data/models/rally-partner") / "policy.npz"
_TRAINED = {"rally_partner": RALLY_PARTNER}


def open_policy(name: str, folder: Path | None = None) -> Policy:
    """Return a policy by its name in a task file; see the module's documentation.

    Parameters
    ----------
    name : str
        The name.
    folder : Path, optional
        Where files and modules are looked for, the folder of the task file.

    Returns
    -------
    Policy

    Raises
    ------
    ValueError
        If there is no such policy, or it cannot be loaded.
    """
    from gamelabel.games.play.environments import EnvironmentFault, import_object

    check_policy(name, folder)
    if name.endswith(".zip"):
        from gamelabel.games.play.trained_policies import TrainedPolicy

        algorithm, _, file = name.partition(":")
        return TrainedPolicy(algorithm, (folder or Path()) / file)
    if name.endswith(".npz") or name in _TRAINED:
        from gamelabel.games.play.network_policy import NetworkPolicy

        return NetworkPolicy(_TRAINED.get(name, (folder or Path()) / name))
    path = SCRIPTED.get(name, name)
    try:
        thing: Any = import_object(path, folder)
        if inspect.isclass(thing):
            thing = thing()
    except Exception as error:
        reason = str(error) if isinstance(error, EnvironmentFault) else repr(error)
        raise ValueError(f"the policy {name!r} cannot be loaded: {reason}") from error
    policy: Policy = thing if isinstance(thing, Policy) else FunctionPolicy(thing)
    return policy


def check_policy(name: str, folder: Path | None = None) -> None:
    """Check that a name can be that of a policy, without loading it; "" is none.

    Raises
    ------
    ValueError
        If it is neither a policy that ships nor a file nor an import path.
    """
    from gamelabel.games.play.environments import is_import_path

    if name in _TRAINED:
        return
    if name.endswith((".npz", ".zip")):
        file = name if name.endswith(".npz") else name.partition(":")[2]
        path = (folder or Path()) / file
        if not file or not path.is_file():
            raise ValueError(
                f"the policy {name!r} has no file {path.absolute()}; write PATH.npz, or"
                ' ALGORITHM:PATH.zip such as "ppo:partner.zip"'
            )
    elif name and not is_import_path(SCRIPTED.get(name, name)):
        known = ", ".join([*SCRIPTED, *_TRAINED])
        raise ValueError(
            f"there is no policy {name!r}; those that ship are {known}, others have a file"
            ' ("partner.npz", "ppo:partner.zip") or an import path ("my_players:Careful")'
        )
