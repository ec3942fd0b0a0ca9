"""What the dungeon brings to a protocol of teaching: kinds of examples, and right answers.

It fits `gamelabel.games.descent`, and knows nothing of it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from gamelabel.games.dungeon.action_types import DUNGEON
from gamelabel.games.dungeon.command_parser import UnknownCommand, parse_actions
from gamelabel.games.dungeon.command_style import StyleRange
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.simulated_commands import MOST_ACTIONS, SimulatedWriter
from gamelabel.games.dungeon.world_actions import end_state

EFFORT_OF_NEW_WORDS = 0.5  # beside 1 for each action


class TaughtCommand(Protocol):
    """A command with its world and the actions that are meant, as texts."""

    @property
    def context(self) -> str:
        """The world as JSON."""
        ...

    @property
    def answer(self) -> str:
        """The actions, as `actions_text` writes them."""
        ...


class DungeonWriter:
    """A SIMULATED person who writes commands of a kind: a number of actions, in usual or new words.

    Parameters
    ----------
    seed, number : int
        Which person; the same one for the same two numbers.
    styles : StyleRange, optional
        The means of the habits over people.

    Examples
    --------
    >>> writer = DungeonWriter(seed=0, number=3)
    >>> sorted(writer.efforts)[:2], writer.efforts["2 actions, new words"]
    (['1 action, new words', '1 action, usual words'], 2.5)
    >>> text, actions, world = writer.write("1 action, usual words")
    """

    def __init__(self, seed: int, number: int, styles: StyleRange | None = None) -> None:
        self._writer = SimulatedWriter(np.random.default_rng([seed, 13, number]), styles)
        self._kinds = {
            f"{n} action{'s' if n > 1 else ''}, {'new' if new else 'usual'} words": (n, new)
            for n in range(1, MOST_ACTIONS + 1)
            for new in (False, True)
        }
        self.efforts = {k: n + EFFORT_OF_NEW_WORDS * new for k, (n, new) in self._kinds.items()}

    def write(self, kind: str) -> tuple[str, str, str]:
        """Return command, actions and world of a new example."""
        n_actions, is_new = self._kinds[kind]
        example = self._writer.write(n_actions, is_new)
        return example["command"], example["actions"], example["world"]


def same_end_state(example: TaughtCommand, prediction: str) -> bool:
    """Return whether predicted actions lead to the state that the example's actions lead to.

    Parameters
    ----------
    example : object
        With `context`, the world as JSON, and `answer`, the actions.
    prediction : str
        The predicted actions; those that are not possible make it wrong.

    Examples
    --------
    >>> from collections import namedtuple
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(0)
    >>> world.inside |= {"axe": "dragon", "beer": "dragon"}
    >>> example = namedtuple("Example", "context answer")(world.to_json(), "drop axe; drop beer")
    >>> same_end_state(example, "drop beer; drop axe"), same_end_state(example, "")
    (True, False)
    """
    world = World.from_json(example.context, DUNGEON)
    try:
        reached = end_state(world, parse_actions(prediction))
    except ValueError:
        return False
    return reached.state_key() == end_state(world, parse_actions(example.answer)).state_key()


def check_answer(context: str, answer: str) -> str:
    """Return why actions cannot be taught in a world; "" if they can.

    Parameters
    ----------
    context : str
        The world as JSON.
    answer : str
        The actions.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> check_answer(generate_world(0).to_json(), "eat armor")
    'action 1: not possible in this state: eat armor'
    """
    try:
        actions = parse_actions(answer)
        end_state(World.from_json(context, DUNGEON), actions)
    except (UnknownCommand, ValueError) as error:
        return str(error)
    if not 1 <= len(actions) <= MOST_ACTIONS:
        return f"an example has 1 to {MOST_ACTIONS} actions, not {len(actions)}"
    return ""
