"""AC-Seq2Seq as the paper writes it: one example at a time, one input for each action."""

import torch
from torch import Tensor
from torch.nn import functional as F

from gamelabel.following.action_centric import ActionCentric
from gamelabel.following.agent import Agent
from gamelabel.following.encoded_examples import EncodedExamples
from gamelabel.following.seq2seq import Seq2Seq


def plain_loss(agent: Agent, words: list[int], actions: list[int], places: list[int]) -> Tensor:
    """Return minus the log of the probability of an answer."""
    loop = _action_centric if isinstance(agent, ActionCentric) else _seq2seq
    return loop(agent, torch.tensor(words), actions, places)


def plain_losses(agent: Agent, examples: EncodedExamples) -> list[Tensor]:
    """Return the loss of each example, computed alone and without padding."""
    return [
        plain_loss(
            agent,
            examples.words[i, : examples.lengths[i]].tolist(),
            examples.actions[i, : examples.steps[i]].tolist(),
            examples.places[i].tolist(),
        )
        for i in range(len(examples))
    ]


def _encode(agent: ActionCentric | Seq2Seq, words: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    embedded = agent.encoder.embedding(words)
    states, last = agent.encoder.gru(embedded)
    return embedded, states, torch.tanh(agent.encoder.summary(last.flatten()))


def _action_centric(
    agent: ActionCentric, words: Tensor, actions: list[int], places: list[int]
) -> Tensor:
    space = agent.space
    embedded, states, summary = _encode(agent, words)
    arguments, keys = agent.arguments(), embedded + torch.tanh(agent.query(states))
    first, second = arguments[agent.first], arguments[agent.second]
    static = [agent.type_embedding(agent.types), first, second]
    static += [(query @ keys.T).softmax(1) @ states for query in (first, second)]
    hidden = summary.expand(len(space), -1)
    counts = torch.zeros(len(space), dtype=torch.long)
    previous = states.new_zeros(3 * agent.type_embedding.embedding_dim)
    loss = torch.zeros(())
    for action, place in zip(actions, places, strict=False):
        inputs = list(static)
        if agent.counter != "none":
            inputs.append(agent.count_embedding(counts.clamp(max=3)))
        if agent.sees_place:
            inputs.append(arguments[place].expand(len(space), -1))
        if agent.sees_previous:
            inputs.append(previous.expand(len(space), -1))
        hidden = agent.cell(torch.cat(inputs, 1), hidden)
        loss = loss + F.cross_entropy(agent.score(hidden).squeeze(1), torch.tensor(action))
        counts = counts + _shared_arguments(agent, action)
        chosen_type = agent.type_embedding(agent.types[action])
        previous = torch.cat([chosen_type, first[action], second[action]])
    return loss


def _shared_arguments(agent: ActionCentric, action: int) -> Tensor:
    chosen = agent.space.actions[action]
    counts = []
    for other in agent.space.actions:
        if agent.counter == "first argument":
            counts.append(int(other[1] == chosen[1] != ""))
        else:
            counts.append(len(set(other[1:]) & set(chosen[1:]) - {""}))
    return torch.tensor(counts)


def _seq2seq(agent: Seq2Seq, words: Tensor, actions: list[int], places: list[int]) -> Tensor:
    _, states, hidden = _encode(agent, words)
    previous, loss = states.new_zeros(len(agent.space)), torch.zeros(())
    for action in actions:
        hidden = agent.cell(previous, hidden)
        weights = (states @ agent.query(hidden)).softmax(0)
        logits = agent.output(torch.cat([hidden, weights @ states]))
        loss = loss + F.cross_entropy(logits, torch.tensor(action))
        previous = F.one_hot(torch.tensor(action), len(agent.space)).to(states.dtype)
    return loss
