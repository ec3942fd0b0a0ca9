"""Examples as tensors: words, actions, places and possible actions."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from gamelabel.following.agent import Agent, select_rows


@dataclass(frozen=True)
class EncodedExamples:
    """N commands of up to T words, with answers of up to L actions, the last of which is `stop`.

    Attributes
    ----------
    words : Tensor
        Numbers of words (N, T), padded with 0.
    lengths : Tensor
        Words of each command (N,).
    actions : Tensor
        Numbers of actions (N, L), padded with that of `stop`.
    steps : Tensor
        Actions of each answer, `stop` included (N,).
    places : Tensor
        Where the agent is before each action (N, L), as numbers of arguments.
    possible : Tensor
        Which actions are possible before each action (N, L, A), bool.
    """

    words: Tensor
    lengths: Tensor
    actions: Tensor
    steps: Tensor
    places: Tensor
    possible: Tensor

    def __len__(self) -> int:
        return len(self.words)

    def rows(self, numbers: Tensor) -> EncodedExamples:
        """Return some examples, without padding that none of them needs."""
        chosen = EncodedExamples(*(getattr(self, field.name)[numbers] for field in fields(self)))
        n_words, n_steps = int(chosen.lengths.max()), int(chosen.steps.max())
        return EncodedExamples(
            chosen.words[:, :n_words],
            chosen.lengths,
            chosen.actions[:, :n_steps],
            chosen.steps,
            chosen.places[:, :n_steps],
            chosen.possible[:, :n_steps],
        )


def negative_log_likelihood(
    agent: Agent, examples: EncodedExamples, masked: bool = False
) -> Tensor:
    """Return minus the log of the probability of each answer, (N,).

    Answers that have ended take no part in later steps.

    Parameters
    ----------
    agent : Agent
        The model.
    examples : EncodedExamples
        The commands and their answers.
    masked : bool
        Whether the probabilities of possible actions sum to one, instead of those of all actions.
    """
    order = examples.steps.argsort(descending=True, stable=True)
    sorted_examples = examples.rows(order)
    actions, steps = sorted_examples.actions, sorted_examples.steps
    state = agent.begin(sorted_examples.words, sorted_examples.lengths)
    total = torch.zeros(len(examples))
    previous = torch.full_like(actions[:, 0], len(agent.space))
    for step in range(actions.shape[1]):
        n = int((steps > step).sum())
        state = select_rows(state, slice(n))
        logits, state = agent.advance(state, previous[:n], sorted_examples.places[:n, step])
        if masked:
            logits = logits.masked_fill(~sorted_examples.possible[:n, step], -torch.inf)
        loss = F.cross_entropy(logits, actions[:n, step], reduction="none")
        total = total + F.pad(loss, (0, len(total) - n))
        previous = actions[:, step]
    return total[order.argsort()]
