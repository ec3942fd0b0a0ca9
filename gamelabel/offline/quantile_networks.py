"""Distributional Q-learning: the quantiles of the return of each action, not only its mean.

    Z(s, a, tau): the quantile of the return at the level tau
    delta_ij = r + gamma Z_target(s', a*, tau'_j) - Z(s, a, tau_i)
    L = mean_ij |tau_i - 1(delta_ij < 0)| huber(delta_ij)

with a* the best action by the mean over tau'. An implicit quantile network (IQN) draws the levels
anew for each update and reads them through cosines; quantile regression (QR) has one output for
each of a few fixed levels, which costs half.

References: Dabney, Ostrovski, Silver and Munos, "Implicit quantile networks for distributional
reinforcement learning" (2018); Dabney, Rowland, Bellemare and Munos, "Distributional reinforcement
learning with quantile regression" (2018).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from gamelabel.offline.learner import LearnerConfig, OfflineLearner
from gamelabel.offline.networks import CosineEmbedding, MakeEncoder, frozen_copy
from gamelabel.offline.transitions import Batch
from gamelabel.training import Metrics


@dataclass(frozen=True)
class QuantileConfig(LearnerConfig):
    """Settings of both.

    Attributes
    ----------
    quantiles : int
        Levels of an update; those of a policy are as many, evenly spaced.
    """

    quantiles: int = 32


def quantile_huber_loss(quantiles: Tensor, levels: Tensor, targets: Tensor) -> Tensor:
    """Return the quantile regression loss with Huber's in place of the absolute error.

    Parameters
    ----------
    quantiles : Tensor, shape (n, N)
        The estimated quantiles.
    levels : Tensor, shape (n, N)
        The level of each, between 0 and 1.
    targets : Tensor, shape (n, M)
        Samples of the distribution.

    Returns
    -------
    Tensor
        The mean over rows, quantiles and samples.
    """
    shape = torch.broadcast_shapes(quantiles[:, :, None].shape, targets[:, None, :].shape)
    estimate, sample = quantiles[:, :, None].expand(shape), targets[:, None, :].expand(shape)
    huber = smooth_l1_loss(estimate, sample, reduction="none")
    weight = (levels[:, :, None] - (sample < estimate).float()).abs()
    return (weight * huber).mean()


def even_levels(quantiles: int) -> Tensor:
    """Return the middles of evenly spaced levels: (0.5, 1.5, ...) / N."""
    return (torch.arange(quantiles) + 0.5) / quantiles


class QuantileQ(OfflineLearner):
    """What both have in common: the loss, and acting by the mean of the quantiles."""

    config: QuantileConfig

    @abstractmethod
    def draw_levels(self, n: int, generator: torch.Generator) -> Tensor:
        """Return the levels of an update, (n, N)."""

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the quantile loss of the temporal difference."""
        n, device = len(batch.actions), batch.rewards.device
        levels = self.draw_levels(n, generator).to(device)
        chosen = _of_action(self.critic(batch.observations, levels), batch.actions)
        with torch.no_grad():
            next_levels = self.draw_levels(n, generator).to(device)
            next_quantiles = self.target(batch.next_observations, next_levels)
            best = next_quantiles.mean(1).argmax(1)
            discount = self.config.discount * (1.0 - batch.terminated)[:, None]
            targets = batch.rewards[:, None] + discount * _of_action(next_quantiles, best)
        return quantile_huber_loss(chosen, levels, targets), {"value": chosen.mean().detach()}

    def quantiles(self, observations: Tensor, levels: Tensor) -> Tensor:
        """Return the quantiles at levels (N,) of the return of each action, (n, N, A)."""
        levels = levels.to(next(self.parameters()).device).expand(len(observations), -1)
        quantiles: Tensor = self.critic(observations, levels)
        return quantiles

    def action_scores(self, observations: Tensor) -> Tensor:
        """Return the mean of the quantiles at even levels."""
        return self.quantiles(observations, even_levels(self.config.quantiles)).mean(1)


def _of_action(quantiles: Tensor, actions: Tensor) -> Tensor:
    """Return the quantiles (n, N) of one action for each row of (n, N, A)."""
    index = actions[:, None, None].expand(-1, quantiles.shape[1], 1)
    return quantiles.gather(2, index).squeeze(2)


class ImplicitQuantileNetwork(nn.Module):
    """Z(s, a, tau) = linear(features(s) * cosine features(tau))."""

    def __init__(self, make_encoder: MakeEncoder, n_actions: int) -> None:
        super().__init__()
        self.encoder = make_encoder()
        self.embedding = CosineEmbedding(self.encoder.size)
        self.head = nn.Linear(self.encoder.size, n_actions)

    def forward(self, observations: Tensor, levels: Tensor) -> Tensor:
        """Return quantiles (n, N, A) at levels (n, N)."""
        features = self.encoder(observations)[:, None] * self.embedding(levels)
        quantiles: Tensor = self.head(features)
        return quantiles


class ImplicitQuantileQ(QuantileQ):
    """IQN: levels are drawn anew for each update."""

    def __init__(
        self, make_encoder: MakeEncoder, n_actions: int, config: QuantileConfig | None = None
    ) -> None:
        super().__init__(config or QuantileConfig())
        self.critic = ImplicitQuantileNetwork(make_encoder, n_actions)
        self.target = frozen_copy(self.critic)

    def draw_levels(self, n: int, generator: torch.Generator) -> Tensor:
        """Return uniformly distributed levels, (n, N)."""
        return torch.rand(n, self.config.quantiles, generator=generator)


class FixedQuantileNetwork(nn.Module):
    """One output for each action and each of N evenly spaced levels."""

    def __init__(self, make_encoder: MakeEncoder, n_actions: int, quantiles: int) -> None:
        super().__init__()
        self.encoder = make_encoder()
        self.head = nn.Linear(self.encoder.size, quantiles * n_actions)
        self.shape = (quantiles, n_actions)

    def forward(self, observations: Tensor, levels: Tensor) -> Tensor:
        """Return quantiles (n, N, A); `levels` must be the even ones."""
        quantiles: Tensor = self.head(self.encoder(observations))
        return quantiles.unflatten(1, self.shape)


class QuantileRegressionQ(QuantileQ):
    """QR-DQN: the levels are fixed."""

    def __init__(
        self, make_encoder: MakeEncoder, n_actions: int, config: QuantileConfig | None = None
    ) -> None:
        super().__init__(config or QuantileConfig())
        self.critic = FixedQuantileNetwork(make_encoder, n_actions, self.config.quantiles)
        self.target = frozen_copy(self.critic)

    def draw_levels(self, n: int, generator: torch.Generator) -> Tensor:
        """Return the even levels, (n, N)."""
        return even_levels(self.config.quantiles).expand(n, -1)
