"""Make an agent and train it on examples, by the project's training loop."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gamelabel.following.action_centric import ActionCentric
from gamelabel.following.action_space import ActionSpace
from gamelabel.following.action_transformer import ActionTransformer
from gamelabel.following.agent import Agent
from gamelabel.following.command_examples import (
    CommandExample,
    encode_examples,
    make_action_space,
    make_vocabulary,
)
from gamelabel.following.encoded_examples import EncodedExamples, negative_log_likelihood
from gamelabel.following.seq2seq import Seq2Seq
from gamelabel.following.vocabulary import Vocabulary
from gamelabel.games.dungeon import WorldSetting
from gamelabel.training import Loss, Metrics, TrainingConfig, TrainingStep, train

AGENTS: dict[str, type[Agent]] = {
    "AC-Seq2Seq": ActionCentric,
    "Seq2Seq": Seq2Seq,
    "Transformer": ActionTransformer,
}


@dataclass(frozen=True)
class AgentConfig:
    """Which agent, and how it is trained.

    Attributes
    ----------
    agent : {"AC-Seq2Seq", "Seq2Seq", "Transformer"}
        The model.
    width : int
        Its width; the paper's is not stated, its code's is 350.
    options : mapping
        Further arguments of the model, such as ``{"counter": "none"}``.
    epochs : int
        How often each example is learned from.
    least_steps : int
        Steps of the optimizer at least, for small sets of examples.
    batch_size : int
        Examples a step.
    learning_rate : float
        The highest learning rate.
    min_count : int
        How often a word must occur to be known; see `build_vocabulary`.
    masked : bool
        Whether only possible actions compete in training; the paper constrains decoding alone.
    """

    agent: str = "AC-Seq2Seq"
    width: int = 350
    options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 15
    least_steps: int = 0
    batch_size: int = 16
    learning_rate: float = 3e-3
    min_count: int = 2
    masked: bool = False

    def __post_init__(self) -> None:
        if self.agent not in AGENTS:
            names = ", ".join(AGENTS)
            raise ValueError(f"there is no agent {self.agent!r}; the agents are {names}")


def make_agent(
    config: AgentConfig, space: ActionSpace, vocabulary: Vocabulary, seed: int = 0
) -> Agent:
    """Return an agent with random weights.

    Parameters
    ----------
    config : AgentConfig
        Which agent.
    space : ActionSpace
        Its actions.
    vocabulary : Vocabulary
        Its words.
    seed : int
        Seed of the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make: Any = AGENTS[config.agent]
        return make(space, vocabulary, config.width, **config.options)


def train_agent(
    config: AgentConfig,
    examples: Sequence[CommandExample],
    folder: Path,
    setting: WorldSetting,
    seed: int = 0,
    start: Agent | None = None,
    show_progress: bool = True,
) -> Agent:
    """Train an agent.

    Parameters
    ----------
    config : AgentConfig
        Which agent, and how.
    examples : sequence of CommandExample
        What it learns from.
    folder : Path
        Where the checkpoint and the log are written; an interrupted training goes on from there.
    setting : WorldSetting
        The nodes and actions of the worlds.
    seed : int
        Seed of the weights, of the order of the examples and of dropout.
    start : Agent, optional
        Start from a copy of its weights, with its vocabulary.
    show_progress : bool
        Whether to write a progress bar to the standard error.

    Returns
    -------
    Agent
        In evaluation mode.

    Raises
    ------
    ValueError
        If there are no examples, or one cannot be read; the message has its id.
    FloatingPointError
        If the loss or its gradient is not finite; the message has the rows of its batch.
    """
    if not examples:
        raise ValueError("an agent learns from examples, and there are none")
    vocabulary = start.vocabulary if start else make_vocabulary(examples, setting, config.min_count)
    agent = make_agent(config, make_action_space(setting), vocabulary, seed)
    if start:
        agent.load_state_dict(start.state_dict())
    encoded = encode_examples(examples, agent)
    n_steps = max(config.least_steps, config.epochs * ceil(len(encoded) / config.batch_size))
    training = TrainingConfig(
        steps=n_steps,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        decay_start=0.5,
        warmup_steps=min(50, n_steps // 10),
        ema_decay=0.0,
        bf16=False,
        betas=(0.9, 0.999),
        log_every=max(1, n_steps // 10),
    )
    data = f"{config} {_fingerprint(examples)} {_fingerprint(start.state_dict()) if start else ''}"
    loss = answer_loss(agent, encoded, config.batch_size, config.masked, seed)
    train(agent, loss, training, folder, seed, data, show_progress=show_progress)
    return agent


def answer_loss(
    agent: Agent, examples: EncodedExamples, batch_size: int, masked: bool = False, seed: int = 0
) -> Loss:
    """Return a loss for `training.train`: the mean over the actions of a batch of answers.

    Every epoch has each example once, in an order of its own.

    Parameters
    ----------
    agent : Agent
        The model.
    examples : EncodedExamples
        What it learns from.
    batch_size : int
        Examples a step.
    masked : bool
        See `negative_log_likelihood`.
    seed : int
        Seed of the orders.
    """
    per_epoch = ceil(len(examples) / batch_size)

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        epoch, batch = divmod(step.index, per_epoch)
        order = np.random.default_rng([seed, epoch]).permutation(len(examples))
        rows = torch.from_numpy(order[batch * batch_size : (batch + 1) * batch_size])
        chosen = examples.rows(rows)
        total = negative_log_likelihood(agent, chosen, masked).sum()
        return total / chosen.steps.sum(), {"rows": rows}

    return loss


def _fingerprint(content: Sequence[CommandExample] | Mapping[str, Tensor]) -> str:
    """Return a hash of examples or of weights."""
    digest = hashlib.sha256()
    if isinstance(content, Mapping):
        for name, values in content.items():
            digest.update(name.encode() + values.numpy().tobytes())
    else:
        for example in content:
            digest.update(repr((example.command, example.actions)).encode())
            digest.update(example.world.to_json().encode())
    return digest.hexdigest()
