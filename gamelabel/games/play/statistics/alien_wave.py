"""The aliens of Space Invaders, read from the emulator's memory.

Bytes 18 to 23 have a row each, the bottom row first, and a bit for each of six columns. The bits
are not the columns of the wave: whenever the leftmost column that has bits is cleared, the game
shifts all rows by one bit to the right and moves the block to the right by as much on the screen
(byte 26 grows by 16). `AlienWave` counts these shifts and gives each alien the column in which it
came. CrowdPlay's program reads the bits as columns; see `published_order`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WAVE_ROWS = WAVE_COLUMNS = 6
_FIRST_ROW = 18
_ROW_BITS = (1 << WAVE_COLUMNS) - 1
_FULL = (_ROW_BITS,) * WAVE_ROWS

AlienRows = tuple[int, ...]


class Alien(NamedTuple):
    """An alien's place in its wave: row 0 is the bottom row, column 0 the leftmost."""

    row: int
    column: int


class AlienWave:
    """Which aliens stand, from the memory after each frame.

    Examples
    --------
    >>> memory = np.zeros(128, np.uint8)
    >>> memory[18:24] = 0b000011, 0, 0, 0, 0, 0  # two aliens of the bottom row
    >>> wave = AlienWave()
    >>> wave.update(memory)
    []
    >>> memory[18] = 0b000010                    # the left one is shot
    >>> wave.update(memory)
    [Alien(row=0, column=0)]
    >>> memory[18] = 0b000001                    # the game shifts the rows
    >>> wave.update(memory)
    []
    >>> memory[18] = 0                           # the other one is shot
    >>> wave.update(memory)
    [Alien(row=0, column=1)]
    """

    def __init__(self) -> None:
        self.before: AlienRows = ()
        """The rows before the last update, as bits of the wave's columns."""
        self.rows: AlienRows = ()
        """The rows now, as bits of the wave's columns; empty before the first update."""
        self.shift = 0
        """By how many columns the game has shifted the rows."""
        self._seen: AlienRows = ()

    def restart(self) -> None:
        """Forget the wave, as at the start of an episode."""
        self.before = self.rows = self._seen = ()
        self.shift = 0

    def update(self, memory: NDArray[np.uint8]) -> list[Alien]:
        """Read the memory after a frame and return the aliens shot in it, as a rule one or none."""
        seen = alien_bits(memory)
        self.before = self.rows
        if seen == self._seen:
            return []
        shift = self._next_shift(seen)
        self._seen = seen
        if shift is None:  # the first memory of an episode, or a new wave
            self.shift = 0
            self.rows = seen
            return []
        self.shift += shift
        self.rows = tuple(row << self.shift & _ROW_BITS for row in seen)
        return shot_aliens(self.before, self.rows)

    def _next_shift(self, seen: AlienRows) -> int | None:
        """Return by how many columns the rows were shifted; None if these are other aliens."""
        if not self._seen or seen == _FULL or _count(seen) > _count(self._seen):
            return None
        if _count(seen) == 0:
            return 0
        for shift in range(WAVE_COLUMNS):
            if all(not (row << shift) & ~old for row, old in zip(seen, self._seen, strict=True)):
                return shift
        return None


def alien_bits(memory: NDArray[np.uint8]) -> AlienRows:
    """Return the six rows of aliens as the memory has them, the bottom row first."""
    return tuple(value & _ROW_BITS for value in bytes(memory[_FIRST_ROW : _FIRST_ROW + WAVE_ROWS]))


def shot_aliens(before: AlienRows, now: AlienRows) -> list[Alien]:
    """Return the aliens that stood before and do not stand now."""
    gone = [old & ~row for old, row in zip(before, now, strict=True)]
    return [
        Alien(row, column)
        for row in range(WAVE_ROWS)
        for column in range(WAVE_COLUMNS)
        if gone[row] >> column & 1
    ]


def _count(rows: AlienRows) -> int:
    return sum(row.bit_count() for row in rows)
