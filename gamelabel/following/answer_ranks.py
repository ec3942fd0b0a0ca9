"""hits@k: where an agent ranks the right answer among 99 answers to other commands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from gamelabel.following.agent import Agent, State, select_rows
from gamelabel.following.command_examples import CommandExample
from gamelabel.games.dungeon import Action, World, end_state

N_OTHERS = 99


def rank_of_first(losses: ArrayLike) -> int:
    """Return the rank of the first of several answers, 1 for the least loss; it loses ties.

    The other answers are drawn with replacement, so that the right one may be among them: it then
    ranks behind its equals, as in the paper's code.

    Examples
    --------
    >>> rank_of_first([0.5, 0.7, 0.2]), rank_of_first([0.5, 0.5, 0.5]), rank_of_first([0.1, 3.0])
    (2, 3, 1)
    """
    first, *others = np.asarray(losses, float)
    return 1 + int((np.array(others) <= first).sum())


def draw_others(
    examples: Sequence[CommandExample], seed: int, n_others: int = N_OTHERS
) -> list[list[tuple[Action, ...]]]:
    """Return answers to other commands for each example, drawn with replacement.

    Parameters
    ----------
    examples : sequence of CommandExample
        The test set.
    seed : int
        Seed of the draws; the same for all agents that are compared.
    n_others : int
        Answers drawn for each example.
    """
    rng = np.random.default_rng([seed, 99])
    chosen = rng.integers(len(examples), size=(len(examples), n_others))
    return [[examples[i].actions for i in row] for row in chosen]


def rank_answers(
    agent: Agent,
    examples: Sequence[CommandExample],
    seed: int = 0,
    n_others: int = N_OTHERS,
    n_ranked: int | None = None,
) -> NDArray[np.int64]:
    """Return the rank of each right answer among answers to other commands, (n_ranked,).

    Answers are scored by the log of their probability among all sequences of actions, without the
    decoding constraint: shorter answers are favored.

    Parameters
    ----------
    agent : Agent
        The model, in evaluation mode.
    examples : sequence of CommandExample
        The test set.
    seed : int
        Seed of the draws.
    n_others : int
        Answers drawn for each example.
    n_ranked : int, optional
        Rank the first ones only, among answers of the whole test set; all by default.
    """
    others = draw_others(examples, seed, n_others)
    ranks = [
        rank_of_first(answer_losses(agent, example, [example.actions, *drawn]))
        for example, drawn in list(zip(examples, others, strict=True))[:n_ranked]
    ]
    return np.array(ranks, np.int64)


@torch.no_grad()
def answer_losses(
    agent: Agent, example: CommandExample, answers: Sequence[tuple[Action, ...]]
) -> NDArray[np.float64]:
    """Return minus the log of the probability of several answers to a command, (answers,).

    What answers have in common at their beginning is computed once.

    Parameters
    ----------
    agent : Agent
        The model, in evaluation mode.
    example : CommandExample
        The command and the world.
    answers : sequence of tuple of Action
        The answers.
    """
    space = agent.space
    numbers = space.number_of
    losses: dict[tuple[Action, ...], float] = dict.fromkeys(answers, 0.0)
    words = torch.tensor([agent.vocabulary.encode(example.command)])
    state: State = agent.begin(words, torch.tensor([words.shape[1]]))
    worlds: dict[tuple[Action, ...], World] = {(): example.world}  # by what was done
    row_of: dict[tuple[Action, ...], int] = {(): 0}
    for step in range(1 + max(map(len, losses))):
        done = list(worlds)
        state = select_rows(state, torch.tensor([row_of[before[:-1]] for before in done]))
        previous = [numbers[before[-1]] if before else len(space) for before in done]
        places = torch.tensor([space.argument_number_of[world.place] for world in worlds.values()])
        logits, state = agent.advance(state, torch.tensor(previous), places)
        log_probability = logits.log_softmax(1).double().numpy()
        row_of = {before: row for row, before in enumerate(done)}
        following: dict[tuple[Action, ...], World] = {}
        for answer in losses:
            before = answer[:step]
            if len(answer) < step:
                continue
            action = numbers[answer[step]] if len(answer) > step else space.stop
            losses[answer] -= float(log_probability[row_of[before], action])
            if len(answer) > step:
                after = answer[: step + 1]
                if after not in following:
                    following[after] = end_state(worlds[before], answer[step : step + 1], False)
        worlds = following
    return np.array([losses[answer] for answer in answers])
