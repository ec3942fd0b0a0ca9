"""A small world with a known answer: a corridor with a good exit and a poor one.

0 <- 1 - 2 - 3 - 4 - 5 ->     left exit: reward 0.3, right exit: reward 1
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gamelabel.offline import Demonstration, OfflineLearner, Transitions, fit, make_transitions
from gamelabel.offline.networks import Encoder
from gamelabel.offline.quantile_networks import ImplicitQuantileQ

STATES, LEFT, RIGHT = 6, 0, 1
DISCOUNT = 0.8
SETTINGS: dict[str, Any] = {"learning_rate": 0.05, "batch_size": 128, "discount": DISCOUNT}
SETTINGS |= {"target_interval": 10}


class OneHot(Encoder):
    """No features but the state itself, so that what a learner learns is a table.

    Where another network multiplies the features, as IQN's does, a state has several `copies`.
    """

    def __init__(self, size: int, copies: int = 1) -> None:
        super().__init__()
        self.copies, self.size = copies, size * copies

    def forward(self, observations: Tensor) -> Tensor:
        return observations.float().repeat_interleave(self.copies, 1)


def one_hot(state: int, size: int = STATES) -> np.ndarray:
    return np.eye(size, dtype=np.float32)[state]


def step(state: int, action: int) -> tuple[int, float, bool]:
    """Return the next state, the reward, and whether the corridor is left."""
    following = state + (1 if action == RIGHT else -1)
    if following < 0:
        return state, 0.3, True
    if following == STATES:
        return state, 1.0, True
    return following, 0.0, False


class ChainEnvironment:
    """The corridor as a Gymnasium environment, without Gymnasium."""

    closed = 0

    def reset(self, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
        self.state = int(np.random.default_rng(seed).integers(STATES))
        return one_hot(self.state), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.state, reward, terminated = step(self.state, action)
        return one_hot(self.state), reward, terminated, False, {}

    def close(self) -> None:
        type(self).closed += 1


def optimal_values(temperature: float = 0.0) -> np.ndarray:
    """Return Q (S, 2) by value iteration; with a temperature, that of maximum entropy."""
    values = np.zeros((STATES, 2))
    for _ in range(200):
        if temperature:
            state_values = temperature * np.log(np.exp(values / temperature).sum(1))
        else:
            state_values = values.max(1)
        for state in range(STATES):
            for action in (LEFT, RIGHT):
                following, reward, ended = step(state, action)
                values[state, action] = reward + (
                    0 if ended else DISCOUNT * state_values[following]
                )
    return values


def played(n: int, p_right: float = 0.5, seed: int = 0) -> list[Demonstration]:
    """Episodes of players who go right with this probability."""
    rng = np.random.default_rng(seed)
    episodes = []
    for _ in range(n):
        states, actions, rewards = [int(rng.integers(STATES))], [], []
        ended = False
        while not ended:
            actions.append(int(rng.random() < p_right))
            state, reward, ended = step(states[-1], actions[-1])
            states.append(state)
            rewards.append(reward)
        last = np.arange(len(actions)) == len(actions) - 1
        observations = np.stack([one_hot(state) for state in states])
        episodes.append(
            Demonstration(observations, np.array(actions), np.array(rewards), last, last & False)
        )
    return episodes


def one_step(actions: np.ndarray, rewards: np.ndarray, n_actions: int) -> Transitions:
    """A data set of one state: each episode is one action and its reward."""
    episodes = [
        Demonstration(np.ones((2, 1)), np.array([a]), np.array([r]), np.ones(1), np.zeros(1))
        for a, r in zip(actions, rewards, strict=True)
    ]
    return make_transitions(episodes, n_actions)


def trained(
    learner_class: Any, config: Any, transitions: Transitions, folder: Path, updates: int
) -> OfflineLearner:
    """Train a learner that has a table in place of a network."""
    torch.manual_seed(0)
    size = transitions.observation_shape[0]
    copies = 16 if learner_class is ImplicitQuantileQ else 1
    learner = learner_class(partial(OneHot, size, copies), transitions.n_actions, config)
    return fit(learner, transitions, updates, folder)


def table(learner: OfflineLearner, states: int = STATES) -> np.ndarray:
    """Return the scores of each action in each state."""
    with torch.no_grad():
        return learner.action_scores(torch.eye(states)).numpy()
