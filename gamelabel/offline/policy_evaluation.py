"""Play episodes with a policy in its environment, several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.offline.learner import BatchPolicy
from gamelabel.offline.transitions import Demonstration

MakeEnvironment = Callable[[], Any]  # a Gymnasium environment with numbered actions


def evaluate_policy(
    policy: BatchPolicy,
    make_environment: MakeEnvironment,
    episodes: int = 10,
    seed: int = 0,
    max_steps: int | None = None,
) -> NDArray[np.float64]:
    """Return the sum of the rewards of each episode that a policy plays.

    Parameters
    ----------
    policy : callable
        Observations (n, ...) -> actions (n,).
    make_environment : callable
        Makes a Gymnasium environment, such as ``partial(gymnasium.make, "CartPole-v1")``.
    episodes : int
        How many to play.
    seed : int
        Each episode has a seed of its own, derived from this one.
    max_steps : int, optional
        Steps after which an episode is cut off; by default the environment decides.

    Returns
    -------
    ndarray of float, shape (episodes,)
        The returns.
    """
    played = play_policy(policy, make_environment, episodes, seed, max_steps)
    return np.array([episode.rewards.sum() for episode in played])


def play_policy(
    policy: BatchPolicy,
    make_environment: MakeEnvironment,
    episodes: int = 10,
    seed: int = 0,
    max_steps: int | None = None,
) -> list[Demonstration]:
    """Return the episodes that a policy plays; see `evaluate_policy` for the parameters.

    All run at once, so that the policy decides for all in one call. An episode that is cut off
    after `max_steps` is truncated.

    Raises
    ------
    ValueError
        If the environment's reward is not a finite number, or `max_steps` is not positive.
    """
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"max_steps is {max_steps}: an episode has at least one step")
    seeds = np.random.SeedSequence(seed).generate_state(episodes)
    environments: list[Any] = []
    records: list[_Record] = []
    try:
        for number in seeds:
            environments.append(make_environment())
            observation, _ = environments[-1].reset(seed=int(number))
            records.append(_Record(observation))
        playing = list(range(episodes))
        while playing:
            actions = policy(np.stack([records[k].observations[-1] for k in playing]))
            for k, action in zip(playing, actions, strict=True):
                records[k].add(int(action), *environments[k].step(int(action)))
                records[k].truncated |= len(records[k].actions) == max_steps
            playing = [k for k in playing if not (records[k].terminated or records[k].truncated)]
    finally:
        for environment in environments:
            environment.close()
    return [record.demonstration() for record in records]


class _Record:
    """An episode while it is played."""

    def __init__(self, observation: Any) -> None:
        self.observations = [np.asarray(observation)]
        self.actions: list[int] = []
        self.rewards: list[float] = []
        self.terminated = False
        self.truncated = False
        self.info: dict[str, Any] = {}

    def add(
        self,
        action: int,
        observation: Any,
        reward: Any,
        terminated: bool,
        truncated: bool,
        info: dict[str, Any],
    ) -> None:
        if not np.isfinite(reward):
            raise ValueError(f"the environment's reward of step {len(self.actions)} is {reward}")
        self.observations.append(np.asarray(observation))
        self.actions.append(action)
        self.rewards.append(float(reward))
        self.terminated, self.truncated, self.info = bool(terminated), bool(truncated), info

    def demonstration(self) -> Demonstration:
        last = np.arange(len(self.actions)) == len(self.actions) - 1
        return Demonstration(
            np.stack(self.observations),
            np.array(self.actions, np.int64),
            np.array(self.rewards),
            last & (self.terminated),
            last & (self.truncated and not self.terminated),
            self.info,
        )


def random_policy(n_actions: int, seed: int = 0) -> BatchPolicy:
    """Return a policy that draws all actions alike.

    >>> actions = random_policy(3)(np.zeros((100, 2)))
    >>> sorted(set(actions.tolist()))
    [0, 1, 2]
    """
    rng = np.random.default_rng(seed)

    def act(observations: NDArray[Any]) -> NDArray[np.int64]:
        return rng.integers(n_actions, size=len(observations))

    return act
