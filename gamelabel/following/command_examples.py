"""Commands with the actions that they ask for: read from a table, and encoded for an agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from pandas import DataFrame

from gamelabel.following.action_space import ActionSpace
from gamelabel.following.agent import Agent
from gamelabel.following.encoded_examples import EncodedExamples
from gamelabel.following.vocabulary import Vocabulary, build_vocabulary, split_command
from gamelabel.games.dungeon import STOP, Action, World, WorldSetting, apply, valid_actions
from gamelabel.games.dungeon.command_parser import parse_actions

COLUMNS = ("example_id", "teacher_id", "world", "command", "actions")


class CommandExample(NamedTuple):
    """A command in a world, and the actions that its author meant."""

    example_id: str
    teacher_id: str
    world: World
    command: str
    actions: tuple[Action, ...]


def read_examples(table: DataFrame, setting: WorldSetting) -> list[CommandExample]:
    """Return the examples of a table.

    Parameters
    ----------
    table : DataFrame
        Columns example_id, teacher_id, world (JSON), command and actions ("get axe; hit troll").
    setting : WorldSetting
        The nodes and actions that there are.

    Raises
    ------
    ValueError
        If a column is missing, or a world or an action cannot be read; the message has the
        example.
    """
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(f"examples have no column {', '.join(missing)}")
    examples = []
    for example_id, teacher_id, world, command, actions in table[list(COLUMNS)].itertuples(
        index=False
    ):
        try:
            parsed = World.from_json(world, setting), parse_actions(actions, setting)
        except ValueError as error:
            raise ValueError(f"example {example_id}: {error}") from error
        examples.append(CommandExample(example_id, teacher_id, parsed[0], command, parsed[1]))
    return examples


def make_action_space(setting: WorldSetting) -> ActionSpace:
    """Return the actions of a setting that agents learn."""
    return ActionSpace(setting.model_actions)


def make_vocabulary(
    examples: Sequence[CommandExample], setting: WorldSetting, min_count: int = 2
) -> Vocabulary:
    """Return the words of examples and the names of a setting; see `build_vocabulary`.

    Raises
    ------
    ValueError
        If a command has no words or too many; the message has the example.
    """
    for example in examples:
        try:
            split_command(example.command)
        except ValueError as error:
            raise ValueError(f"example {example.example_id}: {error}") from error
    return build_vocabulary([e.command for e in examples], setting.arguments, min_count)


def encode_examples(examples: Sequence[CommandExample], agent: Agent) -> EncodedExamples:
    """Return examples as the numbers that an agent reads.

    Parameters
    ----------
    examples : sequence of CommandExample
        The examples.
    agent : Agent
        Its vocabulary and actions are used.

    Raises
    ------
    ValueError
        If a command has no words or too many, or an action is not possible or not one of the
        agent's; the message has the example.
    """
    space = agent.space
    numbers, places = space.number_of, space.argument_number_of
    n_steps = 1 + max((len(example.actions) for example in examples), default=0)
    shape = len(examples), n_steps
    actions = np.full(shape, space.stop)
    place = np.zeros(shape, np.int64)
    possible = np.zeros((*shape, len(space)), bool)
    words = []
    for row, example in enumerate(examples):
        try:
            words.append(agent.vocabulary.encode(example.command))
            world = example.world
            for step, action in enumerate((*example.actions, STOP)):
                if action not in numbers:
                    raise ValueError(f"{action.text!r} is not an action that agents learn")
                actions[row, step] = numbers[action]
                place[row, step] = places[world.place]
                possible[row, step, possible_numbers(world, numbers)] = True
                world = apply(world, action)
        except ValueError as error:
            raise ValueError(f"example {example.example_id}: {error}") from error
    lengths = [len(numbers_of) for numbers_of in words]
    padded = np.zeros((len(examples), max(lengths, default=0)), np.int64)
    for row, numbers_of in enumerate(words):
        padded[row, : len(numbers_of)] = numbers_of
    return EncodedExamples(
        torch.from_numpy(padded),
        torch.tensor(lengths, dtype=torch.long),
        torch.from_numpy(actions),
        torch.tensor([1 + len(example.actions) for example in examples]),
        torch.from_numpy(place),
        torch.from_numpy(possible),
    )


def possible_numbers(world: World, numbers: dict[Action, int]) -> list[int]:
    """Return the numbers of the actions that are possible in a world, and that of `stop`."""
    valid = [numbers[action] for action in valid_actions(world) if action in numbers]
    return [*valid, numbers[STOP]]
