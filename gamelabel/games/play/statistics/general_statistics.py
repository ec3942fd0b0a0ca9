"""Statistics of any environment: score, episodes, time, share of an action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamelabel.games.play.statistics.collector import Collector, share_of

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition


class Score(Collector):
    """The sum of the rewards of a seat."""

    unit = "points"

    def start(self, task: Task, seat: str) -> None:
        """Begin at 0 points."""
        super().start(task, seat)
        self._score = 0.0

    def _read(self, transition: Transition, counts: bool) -> None:
        if counts:
            self._score += float(transition.rewards.get(self.seat, 0.0))

    def value(self) -> float:
        """Return the points so far."""
        return self._score


class Episodes(Collector):
    """The number of episodes that were begun."""

    unit = "episodes"

    def start(self, task: Task, seat: str) -> None:
        """Begin at 0 episodes."""
        super().start(task, seat)
        self._begun = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        self._begun += counts and transition.frame == 1

    def value(self) -> float:
        """Return the number of episodes so far."""
        return float(self._begun)


class PlayTime(Collector):
    """Seconds of play: frames over the rate of the task.

    In a turn-based task, whose rate is an upper limit, it is the least time that play took.
    """

    unit = "seconds"

    def start(self, task: Task, seat: str) -> None:
        """Begin at 0 seconds."""
        super().start(task, seat)
        self._rate, self._frames = task.pacing.rate, 0

    def _read(self, transition: Transition, counts: bool) -> None:
        self._frames += counts

    def value(self) -> float:
        """Return the seconds so far."""
        return self._frames / self._rate


class ActiveTime(Collector):
    """Seconds of play with a recent key press and a recent reward.

    Parameters
    ----------
    key_seconds : float
        A frame counts if the seat did something other than its idle action at most this long ago.
    reward_seconds : float
        And if a reward other than 0 came at most this long ago.
    from_start : bool
        Whether the start counts as a key press and a reward, so that the first seconds are active
        whatever happens.

    Notes
    -----
    The defaults are those of CrowdPlay's text: time counts "if there was at least one user keypress
    in the last 30 seconds, and at least one non-zero game reward in the last 60 seconds" (appendix
    A.4). Its program has 20 and 60 seconds, and counts from the start: `key_seconds=20,
    from_start=True`.

    References
    ----------
    Gerstgrasser, Trivedi and Parkes, "CrowdPlay: Crowdsourcing Human Demonstrations for Offline
    Learning" (2022).

    Examples
    --------
    >>> from gamelabel.games.play.tasks import Pacing, Task
    >>> from gamelabel.games.play.transition import Transition
    >>> active = ActiveTime(key_seconds=2, reward_seconds=3)
    >>> active.start(Task("toy", "CartPole-v1", pacing=Pacing(rate=1)), "player")
    >>> for frame, (action, reward) in enumerate([(0, 0), (1, 1), (0, 0), (0, 0), (0, 0)], 1):
    ...     active.add(Transition(frame, {"player": action}, {"player": reward}, {}, {}))
    >>> active.value()  # the frame of the key and the reward, and the two after it
    3.0
    """

    unit = "seconds"

    def __init__(
        self, key_seconds: float = 30.0, reward_seconds: float = 60.0, from_start: bool = False
    ) -> None:
        self.key_seconds = key_seconds
        self.reward_seconds = reward_seconds
        self.from_start = from_start

    def start(self, task: Task, seat: str) -> None:
        """Begin at 0 seconds."""
        super().start(task, seat)
        self._rate, self._idle = task.pacing.rate, task.idle_action
        self._frames = self._active = 0
        never = 0.0 if self.from_start else -float("inf")
        self._last_key, self._last_reward = never, never

    def _read(self, transition: Transition, counts: bool) -> None:
        if not counts:
            return
        self._frames += 1
        if not _is_idle(transition.actions.get(self.seat), self._idle):
            self._last_key = self._frames
        if transition.rewards.get(self.seat, 0.0):
            self._last_reward = self._frames
        has_key = self._frames - self._last_key <= self.key_seconds * self._rate
        has_reward = self._frames - self._last_reward <= self.reward_seconds * self._rate
        self._active += has_key and has_reward

    def value(self) -> float:
        """Return the active seconds so far."""
        return self._active / self._rate


def _is_idle(action: Any, idle: Any) -> bool:
    """Whether an action is what happens while no key is held."""
    if action is None:
        return True
    reference = 0 if idle is None or isinstance(idle, str) else idle
    return bool(np.all(np.asarray(action) == np.asarray(reference)))


class ActionShare(Collector):
    """The share of frames in which a seat did one of some actions.

    Parameters
    ----------
    actions : int or list of int
        The actions, of a discrete space.
    """

    unit = "share"

    def __init__(self, actions: int | list[int]) -> None:
        self.actions = frozenset([actions] if isinstance(actions, int) else actions)

    def start(self, task: Task, seat: str) -> None:
        """Begin with no frame."""
        super().start(task, seat)
        self._frames = self._chosen = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        if counts:
            self._frames += 1
            self._chosen += int(transition.actions[self.seat]) in self.actions

    def value(self) -> float:
        """Return the share so far."""
        return share_of(self._chosen, self._frames)

    @property
    def progress(self) -> dict[str, float]:
        """Frames, and those with one of the actions."""
        return {"frames": self._frames, "chosen": self._chosen}
