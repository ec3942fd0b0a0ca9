"""Double DQN: learn the value of each action from the value of the state that it leads to.

    y = r + gamma Q_target(s', argmax_a Q(s', a)),   L = huber(Q(s, a) - y)

After a terminal transition y = r. The network chooses the next action and the target network, an
older copy, says what it is worth, which overestimates less than one network for both. Nothing here
knows that the data are offline: the value of actions that no player took is whatever the network
makes of it.

References: Mnih et al., "Human-level control through deep reinforcement learning" (2015); van
Hasselt, Guez and Silver, "Deep reinforcement learning with double Q-learning" (2016).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from gamelabel.offline.learner import LearnerConfig, OfflineLearner
from gamelabel.offline.networks import MakeEncoder, frozen_copy, value_network
from gamelabel.offline.transitions import Batch
from gamelabel.training import Metrics


class DeepQ(OfflineLearner):
    """Double Q-learning with a network."""

    def __init__(
        self, make_encoder: MakeEncoder, n_actions: int, config: LearnerConfig | None = None
    ) -> None:
        super().__init__(config or LearnerConfig())
        self.critic = value_network(make_encoder, n_actions)
        self.target = frozen_copy(self.critic)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Metrics]:
        """Return the Huber loss of the temporal difference."""
        values = self.critic(batch.observations)
        chosen = values.gather(1, batch.actions[:, None]).squeeze(1)
        return smooth_l1_loss(chosen, self.target_values(batch)), {"value": chosen.mean().detach()}

    @torch.no_grad()
    def target_values(self, batch: Batch) -> Tensor:
        """Return what the values of the actions taken should be, (n,)."""
        best = self.critic(batch.next_observations).argmax(1, keepdim=True)
        next_value = self.target(batch.next_observations).gather(1, best).squeeze(1)
        return batch.rewards + self.config.discount * (1.0 - batch.terminated) * next_value

    def action_scores(self, observations: Tensor) -> Tensor:
        """Return Q(s, a)."""
        values: Tensor = self.critic(observations)
        return values
