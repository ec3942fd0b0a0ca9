"""The order of shots as CrowdPlay's program counts it, for comparison with `alien_order`.

It reads the bits of a row as columns, so after the leftmost column is cleared every shift of the
rows counts as shots, and columns have the wrong number. It asks of each half of the screen by
itself whether the columns that come before are cleared, and looks at the aliens after the shot
instead of before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamelabel.games.play.statistics.alien_order import ShotOrder
from gamelabel.games.play.statistics.alien_wave import (
    WAVE_COLUMNS,
    WAVE_ROWS,
    Alien,
    AlienRows,
    alien_bits,
    shot_aliens,
)
from gamelabel.games.play.statistics.collector import Collector

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition

_ALL = (1 << WAVE_COLUMNS) - 1
# column -> the columns of its half that come before it
_BEFORE_OUTSIDE_IN = {0: (), 1: (0,), 2: (0, 1), 3: (4, 5), 4: (5,), 5: ()}
_BEFORE_INSIDE_OUT = {0: (1, 2), 1: (2,), 2: (), 3: (), 4: (3,), 5: (3, 4)}


def published_in_order(alien: Alien, after: AlienRows, order: ShotOrder) -> bool:
    """Whether CrowdPlay's program takes a shot to be in order.

    Parameters
    ----------
    alien : Alien
        The bit that vanished.
    after : tuple of int
        The rows after the shot.
    order : {"inside out", "outside in", "row by row"}
        The order that was asked for.

    Examples
    --------
    >>> rows = [0b111111] * 6
    >>> rows[0] = 0b111101
    >>> published_in_order(Alien(row=0, column=1), tuple(rows), "outside in")
    False
    """
    if order == "row by row":
        return not any(after[: alien.row])
    table = _BEFORE_OUTSIDE_IN if order == "outside in" else _BEFORE_INSIDE_OUT
    earlier = sum(1 << column for column in table[alien.column])
    return not any(row & earlier for row in after)


class _PublishedOrder(Collector):
    def __init__(self, order: ShotOrder) -> None:
        self.order = order

    def start(self, task: Task, seat: str) -> None:
        """Begin with no alien shot, and a full wave."""
        super().start(task, seat)
        self._rows: AlienRows = (_ALL,) * WAVE_ROWS
        self.in_order = self.out_of_order = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        if transition.frame == 0:  # the program sees steps only
            return
        if transition.memory is None:
            raise ValueError(f"the aliens of frame {transition.frame} need the emulator's memory")
        now = alien_bits(transition.memory)
        shot = shot_aliens(self._rows, now) if now != self._rows else []
        self._rows = now
        if counts:
            right = sum(published_in_order(alien, now, self.order) for alien in shot)
            self.in_order += right
            self.out_of_order += len(shot) - right

    @property
    def progress(self) -> dict[str, float]:
        """Aliens in and out of order, as the program counts them."""
        return {"in order": self.in_order, "out of order": self.out_of_order}


class PublishedAliensInOrder(_PublishedOrder):
    """The number of aliens shot in order, as CrowdPlay's program counts them."""

    unit = "aliens"

    def value(self) -> float:
        """Return the number so far."""
        return float(self.in_order)


class PublishedShareInOrder(_PublishedOrder):
    """The share of aliens shot in order, as CrowdPlay's program counts them; 0 before the first."""

    unit = "share"

    def value(self) -> float:
        """Return the share so far."""
        return self.in_order / max(1, self.in_order + self.out_of_order)
