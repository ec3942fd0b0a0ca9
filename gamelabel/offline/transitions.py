"""The data set that learners draw from: transitions of recorded episodes, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor


class EpisodeArrays(Protocol):
    """What is read of an episode of T steps: any object with these attributes.

    Attributes
    ----------
    observations : array_like, shape (T + 1, ...)
        What the player saw before each action, and after the last one.
    actions : array_like, shape (T,)
        The number of each action, from 0.
    rewards : array_like, shape (T,)
        The reward of each action.
    terminated, truncated : array_like, shape (T,)
        Whether the game ended with the action, or was only left or cut off: after a truncation the
        state still has a value. Both are false before the last step.
    """

    @property
    def observations(self) -> ArrayLike: ...  # noqa: D102
    @property
    def actions(self) -> ArrayLike: ...  # noqa: D102
    @property
    def rewards(self) -> ArrayLike: ...  # noqa: D102
    @property
    def terminated(self) -> ArrayLike: ...  # noqa: D102
    @property
    def truncated(self) -> ArrayLike: ...  # noqa: D102


class Demonstration(NamedTuple):
    """One episode as arrays; see `EpisodeArrays`. `info` is what the environment said last."""

    observations: NDArray[Any]
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    info: Mapping[str, Any] = MappingProxyType({})


class Batch(NamedTuple):
    """Some transitions as tensors with n rows each; truncated ones count as not terminated."""

    observations: Tensor
    actions: Tensor
    rewards: Tensor
    terminated: Tensor  # 1.0 where the game ended: the next observation has no value
    next_observations: Tensor


@dataclass(frozen=True)
class Transitions:
    """Transitions of several episodes. Observations are stored once, not once as the next ones.

    Attributes
    ----------
    observations : Tensor, shape (N + E, ...)
        The observations of all E episodes in order, T + 1 of an episode of T steps.
    rows : Tensor of int, shape (N,)
        The row of the observation before each action; the next row is the one after it.
    first_rows : Tensor of int, shape (N,)
        The row of the first observation of the same episode.
    actions, rewards, terminated, truncated : Tensor, shape (N,)
        See `EpisodeArrays`.
    episode : Tensor of int, shape (N,)
        The number of the episode.
    n_actions : int
        The number of actions that the environment has, whether they occur or not.
    frame_stack : int
        How many of the latest observations a learner sees as one. Before there are as many in the
        episode, the first is repeated, as Gymnasium's `FrameStackObservation` does.

    Examples
    --------
    >>> episode = Demonstration(np.arange(4.0)[:, None], [0, 1, 1], [0, 0, 5], [0, 0, 1], [0, 0, 0])
    >>> transitions = make_transitions([episode], n_actions=2)
    >>> len(transitions), transitions.episode_returns().tolist()
    (3, [5.0])
    >>> batch = transitions.batch(torch.tensor([2]))
    >>> batch.observations.tolist(), batch.next_observations.tolist(), batch.terminated.tolist()
    ([[2.0]], [[3.0]], [1.0])
    """

    observations: Tensor
    rows: Tensor
    first_rows: Tensor
    actions: Tensor
    rewards: Tensor
    terminated: Tensor
    truncated: Tensor
    episode: Tensor
    n_actions: int
    frame_stack: int = 1

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """The shape of what a learner sees: with stacked frames, they come first."""
        shape = tuple(self.observations.shape[1:])
        return (self.frame_stack, *shape) if self.frame_stack > 1 else shape

    def batch(self, index: Tensor, device: str = "cpu") -> Batch:
        """Return the transitions with these numbers (n,) as tensors on a device."""
        rows = self.rows.index_select(0, index)
        first = self.first_rows.index_select(0, index) if self.frame_stack > 1 else rows
        batch = Batch(
            self._observations_at(rows, first),
            self.actions.index_select(0, index),
            self.rewards.index_select(0, index),
            self.terminated.index_select(0, index).float(),
            self._observations_at(rows + 1, first),
        )
        return batch if device == "cpu" else Batch(*(part.to(device) for part in batch))

    def _observations_at(self, rows: Tensor, first: Tensor) -> Tensor:
        """Return the observations of rows (n,) of episodes that begin at the rows `first` (n,)."""
        if self.frame_stack == 1:
            return self.observations.index_select(0, rows)
        ages = torch.arange(self.frame_stack - 1, -1, -1)
        stacked = torch.maximum(rows[:, None] - ages, first[:, None])
        return self.observations[stacked]

    def episode_returns(self) -> Tensor:
        """Return the sum of the rewards of each episode."""
        episodes = int(self.episode[-1]) + 1
        returns = torch.zeros(episodes, dtype=torch.float64)
        return returns.index_add_(0, self.episode, self.rewards.double())

    def fingerprint(self) -> str:
        """Return a short hash of the data."""
        digest = hashlib.sha256(f"{self.n_actions} {self.frame_stack}".encode())
        for part in (self.observations, self.rows, self.actions, self.rewards, self.terminated):
            digest.update(part.contiguous().numpy().data)
        return digest.hexdigest()[:16]


def make_transitions(
    episodes: Iterable[EpisodeArrays], n_actions: int, frame_stack: int = 1
) -> Transitions:
    """Combine episodes to the data set of a learner.

    Parameters
    ----------
    episodes : iterable of EpisodeArrays
        The episodes. Observations of bytes (uint8), such as screens, stay bytes; others become
        float32.
    n_actions : int
        The number of actions that the environment has.
    frame_stack : int
        How many of the latest observations a learner sees as one; see `Transitions`.

    Raises
    ------
    ValueError
        If there is no step, or an episode is not as `EpisodeArrays` says; the message has its
        number, counted from 0.
    """
    checked = [_checked(episode, number, n_actions) for number, episode in enumerate(episodes)]
    if not sum(len(episode.actions) for episode in checked):
        raise ValueError("there is no step to learn from: the episodes are none, or empty")
    shapes = {episode.observations.shape[1:] for episode in checked}
    if len(shapes) > 1:
        raise ValueError(f"episodes have observations of different shapes: {sorted(shapes)}")
    lengths = np.array([len(episode.actions) for episode in checked])
    starts = np.concatenate([[0], np.cumsum(lengths + 1)[:-1]])
    steps = np.concatenate([np.arange(length) for length in lengths])
    observations = np.concatenate([episode.observations for episode in checked])
    first_rows = np.repeat(starts, lengths)
    return Transitions(
        observations=torch.from_numpy(observations),
        rows=torch.from_numpy(first_rows + steps),
        first_rows=torch.from_numpy(first_rows),
        actions=torch.from_numpy(np.concatenate([e.actions for e in checked])),
        rewards=torch.from_numpy(np.concatenate([e.rewards for e in checked])).float(),
        terminated=torch.from_numpy(np.concatenate([e.terminated for e in checked])),
        truncated=torch.from_numpy(np.concatenate([e.truncated for e in checked])),
        episode=torch.from_numpy(np.repeat(np.arange(len(checked)), lengths)),
        n_actions=n_actions,
        frame_stack=frame_stack,
    )


def _checked(episode: EpisodeArrays, number: int, n_actions: int) -> Demonstration:
    """Return an episode as arrays of the types that are stored, or raise ValueError."""
    observations = np.asarray(episode.observations)
    if observations.dtype != np.uint8:
        observations = observations.astype(np.float32)
    actions = np.asarray(episode.actions, np.int64)
    rewards = np.asarray(episode.rewards, np.float64)
    terminated, truncated = (np.asarray(x, bool) for x in (episode.terminated, episode.truncated))
    steps = len(actions)
    problem = ""
    if any(x.shape != (steps,) for x in (actions, rewards, terminated, truncated)):
        problem = "actions, rewards, terminated and truncated are not one number a step each"
    elif len(observations) != steps + 1:
        problem = (
            f"{steps} steps need {steps + 1} observations, one after the last action too; "
            f"it has {len(observations)}"
        )
    elif steps and not (actions.min() >= 0 and actions.max() < n_actions):
        problem = f"an action is not from 0 to {n_actions - 1}"
    elif not np.isfinite(rewards).all():
        problem = f"the reward of step {int(np.argmin(np.isfinite(rewards)))} is not finite"
    elif observations.dtype != np.uint8 and not np.isfinite(observations).all():
        finite = np.isfinite(observations).reshape(steps + 1, -1).all(1)
        problem = f"observation {int(np.argmin(finite))} is not finite"
    elif (terminated | truncated)[:-1].any():
        problem = f"it goes on after step {int(np.argmax(terminated | truncated))}, where it ended"
    if problem:
        raise ValueError(f"episode {number}: {problem}")
    return Demonstration(observations, actions, rewards, terminated, truncated)


def best_episodes(episodes: Sequence[EpisodeArrays], share: float) -> list[EpisodeArrays]:
    """Return the share of episodes with the highest returns, at least one, in their order.

    Behavior cloning of these is filtered behavior cloning.

    >>> played = [Demonstration(np.zeros((2, 1)), [0], [r], [1], [0]) for r in (3.0, 1.0, 2.0)]
    >>> [episode.rewards for episode in best_episodes(played, 0.67)]
    [[3.0], [2.0]]
    """
    if not 0 < share <= 1:
        raise ValueError(f"the share of episodes is above 0 and at most 1, not {share}")
    returns = np.array([np.sum(episode.rewards) for episode in episodes])
    count = max(1, round(share * len(episodes)))
    kept = np.sort(np.argsort(-returns, kind="stable")[:count])
    return [episodes[number] for number in kept]


def skip_frames(episode: EpisodeArrays, skip: int, offset: int = 0) -> Demonstration:
    """Return an episode as an agent plays it that acts at every n-th frame only.

    The action is that of the frame at which the agent would act, and the reward the sum until it
    acts again. Before `offset` nothing is kept. Each offset from 0 to `skip` - 1 gives another
    episode; all together have as many transitions as the original.

    Parameters
    ----------
    episode : EpisodeArrays
        The episode, with an action at every frame.
    skip : int
        Frames of an action.
    offset : int
        The frame of the first action.

    References
    ----------
    Gerstgrasser, Trivedi and Parkes, "CrowdPlay" (2022), appendix A.7.

    Examples
    --------
    >>> frames = Demonstration(np.arange(6.0), np.arange(5), np.ones(5), np.eye(5)[4], np.zeros(5))
    >>> later = skip_frames(frames, 2, offset=1)
    >>> later.observations.tolist(), later.actions.tolist(), later.rewards.tolist()
    ([1.0, 3.0, 5.0], [1, 3], [2.0, 2.0])
    """
    rewards = np.asarray(episode.rewards, np.float64)
    steps = len(rewards)
    at = np.arange(offset, steps, skip)
    ends = np.minimum(at + skip, steps)
    until = np.concatenate([[0.0], np.cumsum(rewards)])
    terminated, truncated = (
        np.asarray(flags, bool)[ends - 1] for flags in (episode.terminated, episode.truncated)
    )
    return Demonstration(
        np.asarray(episode.observations)[np.append(at, steps) if len(at) else [steps]],
        np.asarray(episode.actions)[at],
        until[ends] - until[at],
        terminated,
        truncated,
    )
