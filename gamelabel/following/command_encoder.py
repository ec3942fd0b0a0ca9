"""The encoder of commands that the recurrent agents share: word embeddings and a GRU."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Direction = Literal["both", "forward"]


class CommandEncoder(nn.Module):
    """Words -> a state for each word, and one for the whole command.

    Shorter commands of a batch are padded; the GRU reads packed sequences, so that no state
    depends on padding.

    Parameters
    ----------
    n_words : int
        Size of the vocabulary; word 0 is padding.
    embedding_width, width : int
        Width of the word embeddings, and of the GRU in each direction.
    direction : {"both", "forward"}
        Bidirectional as in the paper, or forward only.
    dropout : float
        Share of the embeddings' values that are dropped in training.
    """

    def __init__(
        self,
        n_words: int,
        embedding_width: int,
        width: int,
        direction: Direction = "both",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        both = direction == "both"
        self.embedding = nn.Embedding(n_words, embedding_width, padding_idx=0)
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(embedding_width, width, batch_first=True, bidirectional=both)
        self.state_width = width * (2 if both else 1)
        self.summary = nn.Linear(self.state_width, width)

    def forward(self, words: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode commands.

        Parameters
        ----------
        words : Tensor
            Numbers of words (B, T), padded with 0.
        lengths : Tensor
            Words of each command (B,), at least 1.

        Returns
        -------
        tuple of Tensor
            Embeddings (B, T, embedding_width), states (B, T, state_width), and the summary of each
            command (B, width), from the last state in each direction.
        """
        embedded = self.dropout(self.embedding(words))
        packed = pack_padded_sequence(embedded, lengths.cpu(), True, enforce_sorted=False)
        packed_states, last = self.gru(packed)
        states, _ = pad_packed_sequence(
            packed_states, batch_first=True, total_length=words.shape[1]
        )
        summary = torch.tanh(self.summary(last.transpose(0, 1).flatten(1)))
        return embedded, states, summary


def attend(scores: Tensor, values: Tensor, words: Tensor) -> Tensor:
    """Return means of values, weighted by the softmax of scores over the words of each command.

    Parameters
    ----------
    scores : Tensor
        (B, Q, T), for Q queries.
    values : Tensor
        (B, T, D).
    words : Tensor
        (B, T); where it is 0, there is no word and the weight is zero.

    Returns
    -------
    Tensor
        (B, Q, D).
    """
    scores = scores.masked_fill((words == 0)[:, None], -torch.inf)
    return scores.softmax(-1) @ values
