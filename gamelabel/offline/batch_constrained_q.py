"""Discrete batch-constrained Q-learning (BCQ): choose among actions that players take, by value.

    allowed(s) = {a: G(a|s) / max_a' G(a'|s) > threshold}
    y = r + gamma Q_target(s', argmax_{a in allowed(s')} Q(s', a))
    L = huber(Q(s, a) - y) - log G(a|s) + beta mean(z²),   G = softmax(z)

G imitates the players. With a threshold of 0 this is double DQN, with 1 behavior cloning.

Reference: Fujimoto, Conti, Ghavamzadeh and Pineau, "Benchmarking batch deep reinforcement learning
algorithms" (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, smooth_l1_loss

from gamelabel.offline.learner import LearnerConfig, OfflineLearner
from gamelabel.offline.networks import MakeEncoder, frozen_copy, value_network
from gamelabel.offline.transitions import Batch
from gamelabel.training import Metrics


@dataclass(frozen=True)
class BatchConstrainedQConfig(LearnerConfig):
    """Settings of discrete BCQ.

    Attributes
    ----------
    threshold : float
        How probable an action must be, as a share of the probability of the most probable one.
    logit_penalty : float
        Beta: how much large logits of the imitator cost; 0.5 in CrowdPlay, 0.01 in the reference.
    """

    threshold: float = 0.3
    logit_penalty: float = 0.01


class BatchConstrainedQ(OfflineLearner):
    """Double DQN over the actions that an imitator of the players finds probable."""

    config: BatchConstrainedQConfig

    def __init__(
        self,
        make_encoder: MakeEncoder,
        n_actions: int,
        config: BatchConstrainedQConfig | None = None,
    ) -> None:
        super().__init__(config or BatchConstrainedQConfig())
        self.critic = value_network(make_encoder, n_actions)
        self.target = frozen_copy(self.critic)
        self.imitator = value_network(make_encoder, n_actions)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the loss of the temporal difference and that of the imitator."""
        values, logits = self.critic(batch.observations), self.imitator(batch.observations)
        chosen = values.gather(1, batch.actions[:, None]).squeeze(1)
        difference = smooth_l1_loss(chosen, self.target_values(batch))
        imitation = cross_entropy(logits, batch.actions)
        penalty = self.config.logit_penalty * logits.square().mean()
        metrics = {"value": chosen.mean().detach(), "imitation": imitation.detach()}
        return difference + imitation + penalty, metrics

    @torch.no_grad()
    def target_values(self, batch: Batch) -> Tensor:
        """Return what the values of the actions taken should be, (n,)."""
        best = self.action_scores(batch.next_observations).argmax(1, keepdim=True)
        next_value = self.target(batch.next_observations).gather(1, best).squeeze(1)
        return batch.rewards + self.config.discount * (1.0 - batch.terminated) * next_value

    def action_scores(self, observations: Tensor) -> Tensor:
        """Return Q(s, a), and minus infinity for actions that are not allowed."""
        logits = self.imitator(observations)
        relative = logits - logits.amax(1, keepdim=True)  # log of G(a|s) / max G
        threshold = self.config.threshold
        is_allowed = relative > (math.log(threshold) if threshold > 0 else -math.inf)
        is_allowed |= relative == 0  # with a threshold of 1, the most probable action
        values: Tensor = self.critic(observations)
        return values.masked_fill(~is_allowed, -math.inf)
