"""AC-Seq2Seq: a decoder with a hidden state for each action (Yang et al. 2018, section 5)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gamelabel.following.action_space import ActionSpace
from gamelabel.following.agent import Agent, State
from gamelabel.following.command_encoder import CommandEncoder, Direction, attend
from gamelabel.following.gru_update import gru_update
from gamelabel.following.vocabulary import Vocabulary

Counter = Literal["both arguments", "first argument", "none"]

MAX_COUNT = 3  # higher counts are this one
_COUNT_WIDTH = 10  # of the embedding of a count


class ActionCentric(Agent):
    """AC-Seq2Seq.

    The hidden state of each action is updated by one GRU, whose input is the action's type and
    arguments, what each argument attends to in the command, how often the arguments occurred in the
    actions before, and the place. The input's projection is computed for each type and each
    argument, and summed for each action: the same numbers as the projection of 163 inputs, from a
    third of the work.

    Parameters
    ----------
    space : ActionSpace
        The actions to choose from.
    vocabulary : Vocabulary
        The words that it knows.
    width, embedding_width : int
        Width of the GRUs, and of the embeddings of words, types and arguments.
    counter : {"both arguments", "first argument", "none"}
        Which earlier actions count: those that share any argument, as the paper says; those that
        share the first one, as its code does; or none, for the ablation.
    sees_place : bool
        Whether the place is an input; False for the ablation.
    ties_arguments : bool
        Whether an argument has the embedding of its name among the words.
    sees_previous : bool
        Whether the type and arguments of the previous action are an input, as in the paper's code.
    direction : {"both", "forward"}
        Direction of the encoder.
    dropout : float
        Dropout of the word embeddings.

    References
    ----------
    Yang, Zhang, Urbanek, Feng, Miller, Szlam, Kiela, Weston. "Mastering the Dungeon: Grounded
    Language Learning by Mechanical Turker Descent". ICLR 2018. https://arxiv.org/abs/1711.07950
    """

    overlap: Tensor
    parts: Tensor

    def __init__(
        self,
        space: ActionSpace,
        vocabulary: Vocabulary,
        width: int = 350,
        embedding_width: int = 50,
        counter: Counter = "both arguments",
        sees_place: bool = True,
        ties_arguments: bool = True,
        sees_previous: bool = False,
        direction: Direction = "both",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(space, vocabulary)
        self.counter, self.sees_place, self.sees_previous = counter, sees_place, sees_previous
        n_types, n_arguments, e = len(space.types), len(space.arguments), embedding_width
        self.encoder = CommandEncoder(len(vocabulary), e, width, direction, dropout)
        self.query = nn.Linear(self.encoder.state_width, e)
        self.type_embedding = nn.Embedding(n_types, e)
        self.argument_embedding = (
            None if ties_arguments else nn.Embedding(n_arguments, e, padding_idx=0)
        )
        self.count_embedding = nn.Embedding(MAX_COUNT + 1, _COUNT_WIDTH)
        widths = {"type": e, "arguments": 2 * e, "attention": 2 * self.encoder.state_width}
        if counter != "none":
            widths["count"] = _COUNT_WIDTH
        if sees_place:
            widths["place"] = e
        if sees_previous:
            widths["previous"] = 3 * e
        self.input_widths = widths
        self.cell = nn.GRUCell(sum(widths.values()), width)
        self.score = nn.Linear(width, 1)
        self.register_buffer("overlap", argument_overlap(space, counter), persistent=False)
        # which type, first and second argument make up each action, as a matrix of 0 and 1
        parts = [F.one_hot(self.types, n_types)]
        parts += [F.one_hot(numbers, n_arguments) for numbers in (self.first, self.second)]
        self.register_buffer("parts", torch.cat(parts, 1).float(), persistent=False)

    def begin(self, words: Tensor, lengths: Tensor) -> State:
        """Return the inputs of all actions that no step changes, projected, and the first state."""
        embedded, states, summary = self.encoder(words, lengths)
        arguments = self.arguments()
        keys = embedded + torch.tanh(self.query(states))
        attention = attend(arguments @ keys.transpose(1, 2), states, words)
        weight = self._input_weights()
        batch = len(words)
        first, second = weight["arguments"].chunk(2, 1)
        first_attention, second_attention = weight["attention"].chunk(2, 1)
        by_part = torch.cat(
            [
                (self.type_embedding.weight @ weight["type"].T).expand(batch, -1, -1),
                arguments @ first.T + attention @ first_attention.T,
                arguments @ second.T + attention @ second_attention.T,
            ],
            1,
        )
        inputs = self.parts @ by_part
        counts = words.new_zeros(batch, len(self.space))
        return {"inputs": inputs, "hidden": summary[:, None], "counts": counts}

    def advance(self, state: State, previous: Tensor, places: Tensor) -> tuple[Tensor, State]:
        """Update the hidden state of every action; a logit is a weighted sum of one."""
        weight = self._input_weights()
        counts = state["counts"] + self.overlap[previous]
        # what a step adds to the inputs depends on the count alone: (B, counts, 3 width)
        added = self.cell.bias_ih.expand(len(previous), 1, -1)
        chosen = torch.ones_like(counts[..., None])
        if self.counter != "none":
            added = added + self.count_embedding.weight @ weight["count"].T
            chosen = F.one_hot(counts.clamp(max=MAX_COUNT), MAX_COUNT + 1)
        if self.sees_place:
            added = added + (self.arguments()[places] @ weight["place"].T)[:, None]
        if self.sees_previous:
            added = added + (self._previous_action(previous) @ weight["previous"].T)[:, None]
        inputs = torch.baddbmm(state["inputs"], chosen.to(added.dtype), added)
        # before the first action, all actions have the same hidden state: it is projected once
        hidden = state["hidden"]
        recurrent = F.linear(hidden, self.cell.weight_hh, self.cell.bias_hh)
        hidden = gru_update(inputs, recurrent, hidden)
        logits = self.score(hidden).squeeze(-1)
        return logits, {"inputs": state["inputs"], "hidden": hidden, "counts": counts}

    def arguments(self) -> Tensor:
        """Return the embeddings of all arguments, (arguments, embedding_width)."""
        if self.argument_embedding is None:
            return self.encoder.embedding(self.argument_words)
        return self.argument_embedding.weight

    def _previous_action(self, previous: Tensor) -> Tensor:
        """Return type and arguments of the previous actions, zeros where there is none."""
        begun = (previous < len(self.space))[:, None]
        numbers = previous.clamp(max=len(self.space) - 1)
        arguments = self.arguments()
        parts = [self.type_embedding(self.types[numbers])]
        parts += [arguments[argument[numbers]] for argument in (self.first, self.second)]
        return torch.cat(parts, 1) * begun

    def _input_weights(self) -> dict[str, Tensor]:
        """Return the columns of the GRU's input weights, by what they are for."""
        columns = self.cell.weight_ih.split(list(self.input_widths.values()), 1)
        return dict(zip(self.input_widths, columns, strict=True))


def argument_overlap(space: ActionSpace, counter: Counter) -> Tensor:
    """Return by how much an action raises the count of each action, (A + 1, A); zeros for none."""
    numbers = torch.from_numpy(space.argument_numbers)
    first, second = numbers.T
    if counter == "first argument":
        overlap = (first[:, None] == first) & (first > 0)
    else:
        pairs = [(earlier, later) for earlier in (first, second) for later in (first, second)]
        overlap = sum((earlier[:, None] == later) & (later > 0) for earlier, later in pairs)
    return F.pad(overlap.long(), (0, 0, 0, 1))
