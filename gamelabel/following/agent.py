"""What every agent has: it reads a command, then chooses actions one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from gamelabel.following.action_space import ActionSpace
from gamelabel.following.vocabulary import Vocabulary

State = dict[str, Tensor]  # each (B, ...), so that rows can be selected


class Agent(nn.Module, ABC):
    """A model of the next action given a command and the actions before.

    Parameters
    ----------
    space : ActionSpace
        The A actions to choose from.
    vocabulary : Vocabulary
        The words that it knows.
    """

    types: Tensor
    first: Tensor
    second: Tensor
    argument_words: Tensor

    def __init__(self, space: ActionSpace, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.space, self.vocabulary = space, vocabulary
        first, second = torch.from_numpy(space.argument_numbers).T.contiguous()
        numbers = [vocabulary.number(name) if name else 0 for name in space.arguments]
        constants = {
            "types": torch.from_numpy(space.type_numbers),
            "first": first,
            "second": second,
            "argument_words": torch.tensor(numbers),
        }
        for name, numbers_of in constants.items():
            self.register_buffer(name, numbers_of, persistent=False)

    @abstractmethod
    def begin(self, words: Tensor, lengths: Tensor) -> State:
        """Return the state before the first action.

        Parameters
        ----------
        words : Tensor
            Numbers of words (B, T), padded with 0.
        lengths : Tensor
            Words of each command (B,).
        """

    @abstractmethod
    def advance(self, state: State, previous: Tensor, places: Tensor) -> tuple[Tensor, State]:
        """Return the logits of the next action, (B, A), and the state after it.

        Parameters
        ----------
        state : dict of Tensor
            What `begin` or `advance` returned; it is not changed.
        previous : Tensor
            Numbers of the actions before (B,); A where there is none.
        places : Tensor
            Where the agent is (B,), as numbers of arguments.
        """


def select_rows(state: State, rows: Tensor | slice) -> State:
    """Return a state of some rows of a batch."""
    return {name: values[rows] for name, values in state.items()}
