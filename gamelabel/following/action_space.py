"""The actions that an agent chooses from, as arrays of types and arguments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.dungeon import STOP, Action

NO_ARGUMENT = ""


@dataclass(frozen=True)
class ActionSpace:
    """All actions of a world and the one that ends a sequence, in a fixed order.

    Parameters
    ----------
    actions : tuple of Action
        The last is `STOP`.

    Raises
    ------
    ValueError
        If an action occurs twice or `stop` is not the last.

    Examples
    --------
    >>> space = ActionSpace((Action("go", "tower"), Action("give", "apple", "troll"), STOP))
    >>> space.types, space.arguments
    (('go', 'give', 'stop'), ('', 'tower', 'apple', 'troll'))
    >>> space.argument_numbers.tolist()
    [[1, 0], [2, 3], [0, 0]]
    """

    actions: tuple[Action, ...]

    def __post_init__(self) -> None:
        if len({*self.actions}) < len(self) or self.actions[-1] != STOP:
            raise ValueError("an action space has each action once, and `stop` last")

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def stop(self) -> int:
        """The number of the action that ends a sequence."""
        return len(self) - 1

    @cached_property
    def number_of(self) -> dict[Action, int]:
        """The number of each action."""
        return {action: number for number, action in enumerate(self.actions)}

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types of actions, in the order of their first action."""
        return tuple(dict.fromkeys(action.type for action in self.actions))

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of actions, `NO_ARGUMENT` first."""
        named = [argument for action in self.actions for argument in action[1:]]
        return tuple(dict.fromkeys([NO_ARGUMENT, *named]))

    @cached_property
    def argument_number_of(self) -> dict[str, int]:
        """The number of each argument."""
        return {name: number for number, name in enumerate(self.arguments)}

    @cached_property
    def type_numbers(self) -> NDArray[np.int64]:
        """The number of each action's type, (A,)."""
        numbers = {name: i for i, name in enumerate(self.types)}
        return np.array([numbers[action.type] for action in self.actions])

    @cached_property
    def argument_numbers(self) -> NDArray[np.int64]:
        """The numbers of each action's two arguments, (A, 2); 0 where it has none."""
        numbers = self.argument_number_of
        return np.array([[numbers[argument] for argument in action[1:]] for action in self.actions])
