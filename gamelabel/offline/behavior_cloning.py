"""Behavior cloning (BC): predict the action that the player took.

    L = -log pi(a|s) + beta mean(z²),   pi = softmax(z)

Every demonstration counts alike, so the policy is as good as the average player. Filtered behavior
cloning learns from the best episodes only; see `transitions.best_episodes`.

References: Pomerleau, "ALVINN" (1989); d3rlpy's DiscreteBC has the second term.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gamelabel.offline.learner import LearnerConfig, OfflineLearner
from gamelabel.offline.networks import MakeEncoder, value_network
from gamelabel.offline.transitions import Batch
from gamelabel.training import Metrics


@dataclass(frozen=True)
class BehaviorCloningConfig(LearnerConfig):
    """Settings of behavior cloning.

    Attributes
    ----------
    logit_penalty : float
        Beta: how much large logits cost. CrowdPlay's is 0.5, which makes the policy more random but
        rarely changes which action is the most probable one.
    """

    learning_rate: float = 1e-3
    batch_size: int = 100
    logit_penalty: float = 0.0


class BehaviorCloning(OfflineLearner):
    """A classifier of observations by the action that followed."""

    config: BehaviorCloningConfig

    def __init__(
        self,
        make_encoder: MakeEncoder,
        n_actions: int,
        config: BehaviorCloningConfig | None = None,
    ) -> None:
        super().__init__(config or BehaviorCloningConfig())
        self.imitator = value_network(make_encoder, n_actions)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the cross-entropy of the actions, and the penalty."""
        logits = self.imitator(batch.observations)
        imitation = cross_entropy(logits, batch.actions)
        penalty = self.config.logit_penalty * logits.square().mean()
        return imitation + penalty, {"imitation": imitation.detach()}

    def action_scores(self, observations: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.imitator(observations)
        return logits

    def action_probabilities(self, observations: Tensor) -> Tensor:
        """Return pi(a|s)."""
        return self.imitator(observations).softmax(1)
