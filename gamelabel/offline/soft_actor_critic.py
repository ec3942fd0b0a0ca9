"""Discrete soft actor-critic (SAC): maximize return plus entropy, from recorded transitions.

    V(s') = sum_a pi(a|s') (min_k Q_k,target(s', a) - alpha log pi(a|s'))
    y = r + gamma V(s'),   L_critic = sum_k huber(Q_k(s, a) - y)
    L_actor = sum_a pi(a|s) (alpha log pi(a|s) - min_k Q_k(s, a))
    L_temperature = log alpha (H(pi(.|s)) - target entropy)

Two critics; the lower one counts, which overestimates less. The temperature alpha is learned so
that the policy keeps a given entropy. The three losses have different weights to train, so their
sum has the same gradients as three optimizers would see.

References: Haarnoja et al., "Soft actor-critic algorithms and applications" (2018); Christodoulou,
"Soft actor-critic for discrete action settings" (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from gamelabel.offline.learner import LearnerConfig, OfflineLearner
from gamelabel.offline.networks import MakeEncoder, frozen_copy, value_network
from gamelabel.offline.transitions import Batch
from gamelabel.training import Metrics


@dataclass(frozen=True)
class SoftActorCriticConfig(LearnerConfig):
    """Settings of discrete SAC.

    Attributes
    ----------
    initial_temperature : float
        Alpha at first.
    entropy_share : float
        The target entropy, as a share of that of a policy which draws all actions alike.
    """

    learning_rate: float = 3e-4
    batch_size: int = 64
    initial_temperature: float = 1.0
    entropy_share: float = 0.98


class TwoCritics(nn.Module):
    """Two value networks: the values of both, (n, ...) -> (2, n, A)."""

    def __init__(self, make_encoder: MakeEncoder, n_actions: int) -> None:
        super().__init__()
        self.first = value_network(make_encoder, n_actions)
        self.second = value_network(make_encoder, n_actions)

    def forward(self, observations: Tensor) -> Tensor:
        """Return Q_1 and Q_2."""
        return torch.stack([self.first(observations), self.second(observations)])


class SoftActorCritic(OfflineLearner):
    """A policy network, two critics, and a temperature."""

    config: SoftActorCriticConfig

    def __init__(
        self,
        make_encoder: MakeEncoder,
        n_actions: int,
        config: SoftActorCriticConfig | None = None,
    ) -> None:
        super().__init__(config or SoftActorCriticConfig())
        self.critic = TwoCritics(make_encoder, n_actions)
        self.target = frozen_copy(self.critic)
        self.actor = value_network(make_encoder, n_actions)
        self.log_temperature = nn.Parameter(torch.tensor(self.config.initial_temperature).log())
        self.target_entropy = self.config.entropy_share * math.log(n_actions)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the sum of the losses of critics, actor and temperature."""
        temperature = self.log_temperature.exp().detach()
        values = self.critic(batch.observations)
        index = batch.actions[None, :, None].expand(2, -1, 1)
        chosen = values.gather(2, index).squeeze(2)
        target = self.target_values(batch, temperature).expand_as(chosen)
        critic_loss = 2.0 * smooth_l1_loss(chosen, target)  # the sum of both

        log_policy = self.actor(batch.observations).log_softmax(1)
        lower = values.detach().amin(0)
        actor_loss = (log_policy.exp() * (temperature * log_policy - lower)).sum(1).mean()

        entropy = -(log_policy.exp() * log_policy).sum(1).detach()
        temperature_loss = (self.log_temperature * (entropy - self.target_entropy)).mean()
        metrics = {"value": chosen.mean().detach(), "entropy": entropy.mean()}
        return critic_loss + actor_loss + temperature_loss, metrics

    @torch.no_grad()
    def target_values(self, batch: Batch, temperature: Tensor) -> Tensor:
        """Return what the values of the actions taken should be, (n,)."""
        log_policy = self.actor(batch.next_observations).log_softmax(1)
        lower = self.target(batch.next_observations).amin(0)
        next_value = (log_policy.exp() * (lower - temperature * log_policy)).sum(1)
        return batch.rewards + self.config.discount * (1.0 - batch.terminated) * next_value

    def action_scores(self, observations: Tensor) -> Tensor:
        """Return the logits of the policy."""
        logits: Tensor = self.actor(observations)
        return logits

    def action_probabilities(self, observations: Tensor) -> Tensor:
        """Return pi(a|s)."""
        return self.actor(observations).softmax(1)
