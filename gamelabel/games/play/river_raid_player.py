"""A scripted player of River Raid, who reads the emulator's memory instead of the screen.

The memory has six stretches of river of 32 rows each, the one beside the plane first. Each has the
form of its banks and one thing that lies or flies in it. Where the thing is across the river is
kept as the game draws it: in steps of 15 pixels and a fine motion to the left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.games.play.atari_players import Memory, MemoryPlayer

_PLANE_X, _SCROLL, _FUEL = 51, 2, 55
_FORM, _STEP, _FINE, _KIND, _WIDTH = 14, 20, 26, 32, 38  # first byte of six, a stretch each
_ROWS, _AHEAD = 32, 4  # rows of a stretch, and how many stretches are looked at
_ENEMIES, _BRIDGE, _FUEL_DEPOT = frozenset({4, 5, 6, 7, 8}), 8, 10
_BANKS, _ISLAND = 5, 2  # forms: straight banks, an island in the middle; others are wider
_CENTER = 76


class _Thing(NamedTuple):
    """What lies in a stretch: its kind, the plane's place that meets its middle, its row."""

    kind: int
    x: int
    row: int


class RiverRaidPlayer(MemoryPlayer):
    """Keeps to the river, shoots what comes, steps aside if it comes too near, and takes fuel.

    Of a bridge it knows that there is no way around.
    """

    every = 2
    _low_fuel = 120  # of 255
    _near_row, _past_row = 130, 165  # the plane is at rows 145 to 157
    _gap = 15  # at which things and the plane pass each other

    def _choose(self, memory: Memory) -> str:
        plane = int(memory[_PLANE_X])
        low, high = _free_places(memory, plane)
        target, fires = int(np.clip(_CENTER, low, high)), True
        for thing in _things(memory):
            if thing.row > self._past_row:
                continue
            if thing.kind == _FUEL_DEPOT and memory[_FUEL] < self._low_fuel:
                target, fires = thing.x, False
                break
            if thing.kind not in _ENEMIES:
                continue
            if thing.row <= self._near_row or thing.kind == _BRIDGE:
                target = thing.x
                break
            if abs(thing.x - plane) < self._gap:
                target = self._beside(thing.x, plane, low, high)
                break
        away = int(np.clip(target, low, high)) - plane
        side = ("RIGHT" if away > 0 else "LEFT") if abs(away) > 1 else ""
        return side + ("FIRE" if fires else "") or "NOOP"

    def _beside(self, x: int, plane: int, low: int, high: int) -> int:
        """Return a place beside a thing: on the plane's side of it, if the river is there."""
        side = self._gap if plane >= x else -self._gap
        return x + side if low <= x + side <= high else x - side


def _things(memory: Memory) -> list[_Thing]:
    """Return what lies in the next stretches, the nearest first."""
    scrolled = (3 - int(memory[_SCROLL])) % _ROWS
    things = []
    for number in range(_AHEAD):
        fine = int(memory[_FINE + number]) >> 4
        to_left = fine - 16 if fine > 7 else fine
        x = 15 * int(memory[_STEP + number]) + 5 - to_left
        things.append(_Thing(int(memory[_KIND + number]), x, 150 + scrolled - _ROWS * number))
    return things


def _free_places(memory: Memory, plane: int) -> tuple[int, int]:
    """Return between which places the plane is over water in the next three stretches."""
    forms = [int(memory[_FORM + number]) & 7 for number in range(3)]
    if _ISLAND in forms:
        return (20, 34) if plane < _CENTER else (117, 131)
    halves = [
        (10 if memory[_WIDTH + number] < 20 else 28) if form == _BANKS else 24
        for number, form in enumerate(forms)
    ]
    return _CENTER - min(halves), _CENTER + min(halves)
