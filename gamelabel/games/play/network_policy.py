"""Policies that are small networks, computed with NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from gamelabel.files import replacing
from gamelabel.games.play.environments import Environment
from gamelabel.games.play.policies import Policy

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weights (outputs, inputs) and biases (outputs,) of a fully connected layer."""


def network_inputs(environment: Environment, seat: str) -> NDArray[np.float32]:
    """Return what a network sees: the observation, and at several seats the seat's number.

    >>> from gamelabel.games.play.environments import open_environment
    >>> from gamelabel.games.play.tasks import Seat, Task
    >>> seats = (Seat("left"), Seat("right"))
    >>> task = Task("rally", "gamelabel.games.play.worlds.rally:Rally", seats=seats)
    >>> environment = open_environment(task)
    >>> outcome = environment.reset(seed=0)
    >>> network_inputs(environment, "right").shape, float(network_inputs(environment, "right")[-1])
    ((7,), 1.0)
    """
    observation = np.asarray(environment.observation(seat), np.float32).ravel()
    if len(environment.seats) == 1:
        return observation
    return np.append(observation, np.float32(environment.seats.index(seat)))


def save_network(
    path: Path, mean: NDArray[Any], scale: NDArray[Any], layers: Sequence[Layer]
) -> None:
    """Write the file of a `NetworkPolicy`.

    Parameters
    ----------
    path : Path
        The file, which ends with ``.npz``.
    mean, scale : ndarray, shape (d,)
        What is subtracted from the inputs, and what they are then divided by.
    layers : sequence of (weights, biases)
        With a rectifier between them; the last has an output for each action.
    """
    arrays: dict[str, Any] = {"mean": np.float32(mean), "scale": np.float32(scale)}
    for number, (weights, biases) in enumerate(layers):
        arrays[f"weights_{number}"] = np.float32(weights)
        arrays[f"biases_{number}"] = np.float32(biases)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


class NetworkPolicy(Policy):
    """A network that chooses the action of the largest output.

    Parameters
    ----------
    path : Path
        A file of `save_network`.

    Raises
    ------
    ValueError
        If it is not such a file.
    """

    def __init__(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as arrays:
                self._mean, self._scale = arrays["mean"], arrays["scale"]
                count = sum(name.startswith("weights_") for name in arrays)
                self._layers: list[Layer] = [
                    (arrays[f"weights_{n}"], arrays[f"biases_{n}"]) for n in range(count)
                ]
        except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
            raise ValueError(f"{path} is not the network of a policy: {error}") from error
        self._path = path

    def start(self, environment: Environment, seat: str, seed: int) -> None:
        """Prepare to play a seat.

        Raises
        ------
        ValueError
            If the network has other inputs or outputs than the seat.
        """
        super().start(environment, seat, seed)
        sizes = len(self._mean), len(self._layers[-1][1])
        needed = len(network_inputs(environment, seat)), environment.actions.count(seat)
        if sizes != needed:
            raise ValueError(
                f"the network of {self._path} has {sizes[0]} inputs and {sizes[1]} actions;"
                f" {seat} of {environment.name} has {needed[0]} and {needed[1]}"
            )

    def act(self, environment: Environment) -> int:
        """Return the action."""
        values = (network_inputs(environment, self.seat) - self._mean) / self._scale
        for weights, biases in self._layers[:-1]:
            values = np.maximum(weights @ values + biases, 0)
        weights, biases = self._layers[-1]
        return int((weights @ values + biases).argmax())
