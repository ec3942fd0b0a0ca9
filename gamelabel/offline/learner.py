"""What the algorithms share: a loss of a batch, a target network, a policy; and their training."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gamelabel.data_parallel import SINGLE_WORKER, Worker
from gamelabel.offline.transitions import Batch, Transitions
from gamelabel.training import Metrics, TrainingConfig, TrainingStep, train

# observations (n, ...) -> actions (n,)
BatchPolicy = Callable[[NDArray[Any]], NDArray[np.int64]]


@dataclass(frozen=True)
class LearnerConfig:
    """What every algorithm needs to know; the defaults are those of CrowdPlay's Table 7.

    Attributes
    ----------
    learning_rate : float
        Adam's, constant.
    batch_size : int
        Transitions an update.
    discount : float
        Gamma: the value of a reward one step later.
    target_interval : int
        Updates between two copies of the critic to the target network.
    """

    learning_rate: float = 6.25e-5
    batch_size: int = 32
    discount: float = 0.99
    target_interval: int = 8000


class OfflineLearner(nn.Module, ABC):
    """An algorithm of offline learning: its networks, the loss of a batch, and its policy.

    Its `target` is a frozen copy of its `critic`, which `fit` updates; without values to learn,
    both are empty.
    """

    def __init__(self, config: LearnerConfig) -> None:
        super().__init__()
        self.config = config
        self.critic: nn.Module = nn.Identity()
        self.target: nn.Module = nn.Identity()

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the loss of a batch, and metrics for the log.

        Parameters
        ----------
        batch : Batch
            The transitions.
        generator : torch.Generator
            Source of random numbers, on the CPU.
        """

    @abstractmethod
    def action_scores(self, observations: Tensor) -> Tensor:
        """Return a number for each action, (n, ...) -> (n, A); the policy takes the largest."""

    def action_probabilities(self, observations: Tensor) -> Tensor:
        """Return the probability of each action, (n, ...) -> (n, A); by default of the largest."""
        scores = self.action_scores(observations)
        return nn.functional.one_hot(scores.argmax(1), scores.shape[1]).to(scores.dtype)

    def policy(self, sampled: bool = False, seed: int = 0) -> BatchPolicy:
        """Return the policy that was learned.

        Parameters
        ----------
        sampled : bool
            Whether to draw from the probabilities of the actions, instead of the best action.
        seed : int
            Seed of these draws.
        """
        rng = np.random.default_rng(seed)

        def act(observations: NDArray[Any]) -> NDArray[np.int64]:
            device = next(self.parameters()).device
            with torch.no_grad():
                tensor = torch.from_numpy(np.asarray(observations)).to(device)
                if not sampled:
                    return self.action_scores(tensor).argmax(1).cpu().numpy()
                probabilities = self.action_probabilities(tensor).double().cpu().numpy()
            cumulative = probabilities.cumsum(1)
            draws = rng.random((len(cumulative), 1)) * cumulative[:, -1:]
            return (draws >= cumulative).sum(1)

        return act


def fit(
    learner: OfflineLearner,
    transitions: Transitions,
    updates: int,
    folder: Path,
    seed: int = 0,
    worker: Worker = SINGLE_WORKER,
) -> OfflineLearner:
    """Train a learner in place with the project's loop, `gamelabel.training.train`.

    Parameters
    ----------
    learner : OfflineLearner
        The algorithm, with its initial weights, on the worker's device.
    transitions : Transitions
        What it learns from; each update draws a batch at random.
    updates : int
        How many.
    folder : Path
        Where checkpoint and log are written. An interrupted call with the same initial learner,
        data, config and seed resumes there.
    seed : int
        Seed of the batches.
    worker : Worker
        This process and its device.

    Returns
    -------
    OfflineLearner
        The same, in evaluation mode.
    """
    config = learner.config

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        if step.index % config.target_interval == 0:
            learner.target.load_state_dict(learner.critic.state_dict())
        index = torch.randint(len(transitions), (config.batch_size,), generator=step.generator)
        share = index[step.worker.share(config.batch_size)]
        return learner.loss(transitions.batch(share, step.worker.device), step.generator)

    settings = TrainingConfig(
        steps=updates,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        schedule="constant",
        warmup_steps=0,
        ema_decay=0.0,
        bf16=False,
        betas=(0.9, 0.999),
        weight_decay=0.0,
        log_every=max(1, updates // 20),
        max_gradient_norm=math.inf,  # the losses are linear where the error is large
        fused=True,
    )
    data = f"{type(learner).__name__} {config} {transitions.fingerprint()}"
    train(learner, loss, settings, folder, seed, data, worker, state=learner.target)
    return learner
