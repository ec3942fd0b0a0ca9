"""What every statistic has in common: it reads transitions, one at a time."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition


class Collector(abc.ABC):
    """A statistic of one seat over the episodes of a session, or over one episode.

    Transitions come in order, each episode beginning with its frame 0, the frame of the reset. A
    collector knows nothing else, so that it gives the same numbers while people play and over a
    recording. What a fallback policy does in a player's seat is not the player's and is not
    counted.

    Attributes
    ----------
    unit : str
        The unit of the value: points, episodes, seconds, share, aliens or shots.
    """

    unit: ClassVar[str]

    def start(self, task: Task, seat: str) -> None:
        """Begin to count for a seat of a task; forget what was counted before."""
        self.seat = seat

    def add(self, transition: Transition) -> None:
        """Read the next transition."""
        is_own = transition.controllers.get(self.seat) != "fallback"
        self._read(transition, is_own and transition.frame > 0)

    @abc.abstractmethod
    def _read(self, transition: Transition, counts: bool) -> None:
        """Read a transition; `counts` is False for a reset and for what a fallback did."""

    @abc.abstractmethod
    def value(self) -> float:
        """Return the statistic so far; NaN while it is undefined, as a share of nothing."""

    @property
    def progress(self) -> dict[str, float]:
        """What the value is made of, by name."""
        return {}


def share_of(part: float, total: float) -> float:
    """Return a share; NaN if the total is 0.

    >>> share_of(1, 4), share_of(0, 0)
    (0.25, nan)
    """
    return part / total if total else float("nan")
