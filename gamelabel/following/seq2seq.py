"""Seq2Seq with attention: the baseline, for which every action is one symbol."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gamelabel.following.action_space import ActionSpace
from gamelabel.following.agent import Agent, State
from gamelabel.following.command_encoder import CommandEncoder, Direction, attend
from gamelabel.following.vocabulary import Vocabulary


class Seq2Seq(Agent):
    """An encoder and a decoder that attends to the command with its own state.

    Parameters
    ----------
    space : ActionSpace
        The actions to choose from.
    vocabulary : Vocabulary
        The words that it knows.
    width, embedding_width : int
        Width of the GRUs, and of the word embeddings.
    direction : {"both", "forward"}
        The encoder's: bidirectional as in the paper, forward only as in its code.
    dropout : float
        Dropout of the word embeddings.

    References
    ----------
    Bahdanau, Cho, Bengio. "Neural Machine Translation by Jointly Learning to Align and Translate".
    ICLR 2015. https://arxiv.org/abs/1409.0473
    """

    def __init__(
        self,
        space: ActionSpace,
        vocabulary: Vocabulary,
        width: int = 350,
        embedding_width: int = 50,
        direction: Direction = "both",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(space, vocabulary)
        self.encoder = CommandEncoder(len(vocabulary), embedding_width, width, direction, dropout)
        self.query = nn.Linear(width, self.encoder.state_width, bias=False)
        self.cell = nn.GRUCell(len(space), width)
        self.output = nn.Linear(width + self.encoder.state_width, len(space))

    def begin(self, words: Tensor, lengths: Tensor) -> State:
        """Return the states of the words and the first hidden state."""
        _, states, summary = self.encoder(words, lengths)
        return {"words": words, "states": states, "hidden": summary}

    def advance(self, state: State, previous: Tensor, places: Tensor) -> tuple[Tensor, State]:
        """Update the hidden state with the previous action; the place is not an input."""
        n_actions = len(self.space)
        one_hot = F.one_hot(previous, n_actions + 1)[:, :n_actions].to(state["hidden"].dtype)
        hidden = self.cell(one_hot, state["hidden"])
        scores = self.query(hidden)[:, None] @ state["states"].transpose(1, 2)
        attention = attend(scores, state["states"], state["words"]).squeeze(1)
        logits = self.output(torch.cat([hidden, attention], 1))
        return logits, {**state, "hidden": hidden}
