"""Agents act: the most probable action at each step, in a world that each action changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from gamelabel.following.agent import Agent, select_rows
from gamelabel.following.command_examples import CommandExample, possible_numbers
from gamelabel.games.dungeon import Action, World, end_state

MAX_ACTIONS = 4  # of an answer, as in the paper
_BATCH = 64


@torch.no_grad()
def follow_commands(
    agent: Agent, examples: Sequence[CommandExample], constrained: bool = True
) -> list[tuple[Action, ...]]:
    """Return the actions that an agent chooses for each command.

    Parameters
    ----------
    agent : Agent
        The model, in evaluation mode.
    examples : sequence of CommandExample
        Commands and worlds; what is meant by them is not read.
    constrained : bool
        Whether it chooses among the actions that are possible: the paper's decoding constraint. If
        not, actions that are not possible change nothing when they are done.
    """
    answers: list[tuple[Action, ...]] = []
    for start in range(0, len(examples), _BATCH):
        answers += _follow_batch(agent, examples[start : start + _BATCH], constrained)
    return answers


def _follow_batch(
    agent: Agent, examples: Sequence[CommandExample], constrained: bool
) -> list[tuple[Action, ...]]:
    space = agent.space
    words = [torch.tensor(agent.vocabulary.encode(example.command)) for example in examples]
    lengths = torch.tensor([len(numbers_of) for numbers_of in words])
    state = agent.begin(torch.nn.utils.rnn.pad_sequence(words, batch_first=True), lengths)
    worlds: list[World] = [example.world for example in examples]
    answers: list[list[Action]] = [[] for _ in examples]
    active = list(range(len(examples)))
    previous = torch.full((len(examples),), len(space))
    for _ in range(MAX_ACTIONS):
        places = torch.tensor([space.argument_number_of[worlds[i].place] for i in active])
        logits, state = agent.advance(state, previous, places)
        if constrained:
            possible = np.zeros(logits.shape, bool)
            for row, i in enumerate(active):
                possible[row, possible_numbers(worlds[i], space.number_of)] = True
            logits = logits.masked_fill(~torch.from_numpy(possible), -torch.inf)
        chosen = logits.argmax(1)
        going_on = [row for row, number in enumerate(chosen.tolist()) if number != space.stop]
        if not going_on:
            break
        for row in going_on:
            i, action = active[row], space.actions[int(chosen[row])]
            answers[i].append(action)
            worlds[i] = end_state(worlds[i], [action], strict=constrained)
        rows = torch.tensor(going_on)
        state, previous, active = (
            select_rows(state, rows),
            chosen[rows],
            [active[r] for r in going_on],
        )
    return [tuple(answer) for answer in answers]
