"""Conservative Q-learning (CQL): values of actions that players did not take are pushed down.

    L = L_DQN + alpha E[log sum_a exp Q(s, a) - Q(s, a_data)]

The second term is the negative log probability of the player's action under softmax(Q). Where alpha
is large enough, the policy's value under Q is a lower bound of its true value.

Reference: Kumar, Zhou, Tucker and Levine, "Conservative Q-learning for offline reinforcement
learning" (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, smooth_l1_loss

from gamelabel.offline.deep_q import DeepQ
from gamelabel.offline.learner import LearnerConfig
from gamelabel.offline.networks import MakeEncoder
from gamelabel.offline.transitions import Batch
from gamelabel.training import Metrics


@dataclass(frozen=True)
class ConservativeQConfig(LearnerConfig):
    """Settings of CQL.

    Attributes
    ----------
    conservatism : float
        Alpha, the weight of the second term.
    """

    conservatism: float = 1.0


class ConservativeQ(DeepQ):
    """Double DQN with the conservative term."""

    config: ConservativeQConfig

    def __init__(
        self,
        make_encoder: MakeEncoder,
        n_actions: int,
        config: ConservativeQConfig | None = None,
    ) -> None:
        super().__init__(make_encoder, n_actions, config or ConservativeQConfig())

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the loss of the temporal difference and the conservative term."""
        values = self.critic(batch.observations)
        chosen = values.gather(1, batch.actions[:, None]).squeeze(1)
        difference = smooth_l1_loss(chosen, self.target_values(batch))
        conservative = cross_entropy(values, batch.actions)
        metrics = {"value": chosen.mean().detach(), "conservative": conservative.detach()}
        return difference + self.config.conservatism * conservative, metrics
