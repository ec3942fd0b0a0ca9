"""Aliens shot in and out of the order that CrowdPlay's tasks ask for.

- inside out: columns 3 and 4 first, then 2 and 5, then 1 and 6;
- outside in: columns 1 and 6 first, then 2 and 5, then 3 and 4;
- row by row: from the bottom row up.

An alien is in order if no alien that should come before it stood when it was shot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.statistics.alien_wave import WAVE_COLUMNS, Alien, AlienRows, AlienWave
from gamelabel.games.play.statistics.cannon import is_own_hit, player_number
from gamelabel.games.play.statistics.collector import Collector, share_of

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition

ShotOrder = Literal["inside out", "outside in", "row by row"]


def is_in_order(alien: Alien, before: AlienRows, order: ShotOrder) -> bool:
    """Whether an alien was the next to be shot.

    Parameters
    ----------
    alien : Alien
        The alien that was shot.
    before : tuple of int
        The rows of aliens before the shot, as bits of the wave's columns.
    order : {"inside out", "outside in", "row by row"}
        The order that was asked for.

    Examples
    --------
    >>> full = (0b111111,) * 6
    >>> is_in_order(Alien(row=3, column=2), full, "inside out")
    True
    >>> is_in_order(Alien(row=3, column=1), full, "inside out")
    False
    >>> is_in_order(Alien(row=3, column=1), (0b110011,) * 6, "inside out")
    True
    """
    if order == "row by row":
        return not any(before[: alien.row])
    ring = _ring(alien.column, order)
    earlier = sum(1 << column for column in range(WAVE_COLUMNS) if _ring(column, order) < ring)
    return not any(row & earlier for row in before)


def _ring(column: int, order: ShotOrder) -> int:
    """Return when the columns at this distance from the center come: 0 first, 2 last."""
    from_outside = min(column, WAVE_COLUMNS - 1 - column)
    return from_outside if order == "outside in" else WAVE_COLUMNS // 2 - 1 - from_outside


class _OrderedShots(Collector):
    """Counts the aliens that a seat shot in and out of order."""

    def __init__(self, order: ShotOrder) -> None:
        if order not in get_args(ShotOrder):
            raise ValueError(f"order is one of {', '.join(get_args(ShotOrder))}, not {order!r}")
        self.order = order

    def start(self, task: Task, seat: str) -> None:
        """Begin with no alien shot."""
        super().start(task, seat)
        self._player = player_number(seat)
        self._is_alone = len(task.seats) == 1
        self._wave = AlienWave()
        self._last_memory: NDArray[np.uint8] | None = None
        self.in_order = self.out_of_order = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        memory = transition.memory
        if memory is None:
            raise ValueError(f"the aliens of frame {transition.frame} need the emulator's memory")
        if transition.frame == 0:
            self._wave.restart()
            self._last_memory = None
        shot = self._wave.update(memory)
        last, self._last_memory = self._last_memory, memory
        if not counts or not shot:
            return
        if self._is_alone or (last is not None and is_own_hit(last, memory, self._player)):
            right = sum(is_in_order(alien, self._wave.before, self.order) for alien in shot)
            self.in_order += right
            self.out_of_order += len(shot) - right

    @property
    def progress(self) -> dict[str, float]:
        """Aliens in and out of order."""
        return {"in order": self.in_order, "out of order": self.out_of_order}


class AliensInOrder(_OrderedShots):
    """The number of aliens of Space Invaders shot in an order."""

    unit = "aliens"

    def value(self) -> float:
        """Return the number of aliens so far."""
        return float(self.in_order)


class AliensOutOfOrder(_OrderedShots):
    """The number of aliens of Space Invaders not shot in an order."""

    unit = "aliens"

    def value(self) -> float:
        """Return the number of aliens so far."""
        return float(self.out_of_order)


class ShareInOrder(_OrderedShots):
    """The share of aliens of Space Invaders that were shot in an order; NaN before the first."""

    unit = "share"

    def value(self) -> float:
        """Return the share so far."""
        return share_of(self.in_order, self.in_order + self.out_of_order)
