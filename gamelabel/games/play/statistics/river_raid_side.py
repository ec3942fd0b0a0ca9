"""River Raid: the side of the screen on which the plane flies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamelabel.games.play.statistics.cannon import check_side
from gamelabel.games.play.statistics.collector import Collector, share_of

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition

_PLANE_X, _CENTER = 51, 76


class RiverRaidSide(Collector):
    """The share of frames in which the plane is on one half of the screen.

    Parameters
    ----------
    side : {"left", "right"}
        The half. The middle, where the plane starts, belongs to both.
    margin : int
        How many pixels beyond the middle count too; 5 in CrowdPlay's program.
    """

    unit = "share"

    def __init__(self, side: str, margin: int = 0) -> None:
        self.side = check_side(side)
        self.margin = margin

    def start(self, task: Task, seat: str) -> None:
        """Begin with no frame."""
        super().start(task, seat)
        self._frames = self._there = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        if not counts:
            return
        if transition.memory is None:
            raise ValueError(f"the plane of frame {transition.frame} needs the emulator's memory")
        distance = int(transition.memory[_PLANE_X]) - _CENTER
        self._frames += 1
        self._there += (distance if self.side == "left" else -distance) <= self.margin

    def value(self) -> float:
        """Return the share so far."""
        return share_of(self._there, self._frames)
