"""A third agent, beyond the paper: a small Transformer encoder of the command and all arguments."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gamelabel.following.action_space import ActionSpace
from gamelabel.following.agent import Agent, State
from gamelabel.following.vocabulary import MAX_WORDS, Vocabulary

_WORD, _PAST, _ARGUMENT = range(3)  # what a token is
_MAX_PAST = 16  # earlier actions


class ActionTransformer(Agent):
    """A Transformer encoder [1]_ over words, earlier actions and the arguments of all actions.

    The output at each argument's token says what the command has to do with it; a small network
    scores an action from the outputs at its arguments and its type. It reads what AC-Seq2Seq
    reads: the command, the actions before and the place.

    An argument has the embedding of its name among the words, and keys start as copies of queries
    [2]_, so that at first tokens attend to those that resemble them: an argument to its name in the
    command. With independent keys they would have to learn that first.

    Parameters
    ----------
    space : ActionSpace
        The actions to choose from.
    vocabulary : Vocabulary
        The words that it knows.
    width : int
        Width of the tokens.
    n_layers, n_heads : int
        Number of layers, and of attention heads in each.
    dropout : float
        Dropout of the layers and embeddings.

    References
    ----------
    .. [1] Vaswani et al. "Attention Is All You Need". NeurIPS 2017.
       https://arxiv.org/abs/1706.03762
    .. [2] Trockman and Kolter. "Mimetic Initialization of Self-Attention Layers". ICML 2023.
       https://arxiv.org/abs/2305.09828
    """

    def __init__(
        self,
        space: ActionSpace,
        vocabulary: Vocabulary,
        width: int = 128,
        n_layers: int = 2,
        n_heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(space, vocabulary)
        self.embedding = nn.Embedding(len(vocabulary), width, padding_idx=0)
        self.type_embedding = nn.Embedding(len(space.types), width)
        self.position = nn.Embedding(MAX_WORDS, width)
        self.past_position = nn.Embedding(_MAX_PAST, width)
        self.kind = nn.Embedding(3, width)
        self.is_place = nn.Parameter(torch.zeros(width))  # of the argument where the agent is
        self.second_argument = nn.Linear(width, width, bias=False)
        layer = nn.TransformerEncoderLayer(
            width, n_heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        _attend_to_alike(layer.self_attn)
        self.layers = nn.TransformerEncoder(  # of copies of the layer
            layer, n_layers, nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.dropout = nn.Dropout(dropout)
        self.from_arguments = nn.Linear(2 * width, width, bias=False)
        self.score = nn.Sequential(nn.GELU(), nn.Linear(width, 1))

    def begin(self, words: Tensor, lengths: Tensor) -> State:
        """Return the words, and that no action has been done."""
        return {"words": words, "past": words[:, :0]}

    def advance(self, state: State, previous: Tensor, places: Tensor) -> tuple[Tensor, State]:
        """Encode everything again, with the action that was done last."""
        words, past = state["words"], state["past"]
        if (previous < len(self.space)).any():  # all or none: the rows take their steps together
            past = torch.cat([past, previous[:, None]], 1)
        parts = self._word_tokens(words), self._past_tokens(past), self._argument_tokens(places)
        n_others = parts[1].shape[1] + parts[2].shape[1]
        is_padding = F.pad(words == 0, (0, n_others))
        tokens = self.dropout(torch.cat(parts, 1))
        outputs = self.layers(tokens, src_key_padding_mask=is_padding)
        arguments = outputs[:, -parts[2].shape[1] :]
        # projected for each of 20 arguments instead of for each of 163 actions
        first, second = self.from_arguments.weight.chunk(2, 1)
        hidden = (arguments @ first.T)[:, self.first] + (arguments @ second.T)[:, self.second]
        logits = self.score(hidden + self.type_embedding(self.types)).squeeze(-1)
        return logits, {"words": words, "past": past}

    def _word_tokens(self, words: Tensor) -> Tensor:
        positions = self.position.weight[: words.shape[1]]
        return self.embedding(words) + positions + self.kind.weight[_WORD]

    def _past_tokens(self, past: Tensor) -> Tensor:
        arguments = self.embedding(self.argument_words)
        tokens = self.type_embedding(self.types[past]) + arguments[self.first[past]]
        tokens = tokens + self.second_argument(arguments[self.second[past]])
        return tokens + self.past_position.weight[: past.shape[1]] + self.kind.weight[_PAST]

    def _argument_tokens(self, places: Tensor) -> Tensor:
        arguments = self.embedding(self.argument_words) + self.kind.weight[_ARGUMENT]
        here = torch.zeros(len(places), len(arguments)).scatter_(1, places[:, None], 1.0)
        return arguments + here[..., None] * self.is_place


@torch.no_grad()
def _attend_to_alike(attention: nn.MultiheadAttention) -> None:
    """Make the weights of keys equal to those of queries."""
    queries, keys, _ = attention.in_proj_weight.chunk(3)
    keys.copy_(queries)
