"""The cannons and shots of Space Invaders: side of the screen, shots, hits, accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.statistics.alien_wave import AlienWave
from gamelabel.games.play.statistics.collector import Collector, share_of

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition

LEFTMOST, RIGHTMOST = 35, 117  # where a cannon can be
_CANNON_X = (28, 29)  # bytes with the place of the first and the second player's cannon
_SHOT_Y = (85, 86)  # bytes with the height of two shots
_SHOT_OWNER = 24  # bits 2 and 3: whether each shot is the second player's
_JUST_FIRED, _NO_SHOT = 85, 246  # heights


def player_number(seat: str) -> int:
    """Return 1 for PettingZoo's seat of the second player, otherwise 0.

    >>> player_number("player"), player_number("second_0")
    (0, 1)
    """
    return int(seat.startswith("second"))


def cannon_place(memory: NDArray[np.uint8], player: int = 0) -> int:
    """Return where a player's cannon is, from `LEFTMOST` to `RIGHTMOST`."""
    return int(memory[_CANNON_X[player]])


def _is_shot_of(memory: NDArray[np.uint8], slot: int, player: int) -> bool:
    return (int(memory[_SHOT_OWNER]) >> (2 + slot) & 1) == player


def is_own_hit(last: NDArray[np.uint8], memory: NDArray[np.uint8], player: int) -> bool:
    """Whether a shot of a player ended in a frame: it flew in the last one and is gone.

    Parameters
    ----------
    last, memory : ndarray of uint8, shape (128,)
        The memory before and after the frame.
    player : int
        0 or 1.
    """
    return any(
        last[y] != _NO_SHOT and memory[y] == _NO_SHOT and _is_shot_of(last, slot, player)
        for slot, y in enumerate(_SHOT_Y)
    )


def was_fired(last: NDArray[np.uint8], memory: NDArray[np.uint8], player: int) -> bool:
    """Whether a shot of a player left the cannon in a frame; see `is_own_hit`."""
    return any(
        memory[y] == _JUST_FIRED and last[y] != _JUST_FIRED and _is_shot_of(memory, slot, player)
        for slot, y in enumerate(_SHOT_Y)
    )


class SpaceInvadersSide(Collector):
    """The share of frames in which the cannon is on one half of the screen.

    Parameters
    ----------
    side : {"left", "right"}
        The half. The middle belongs to both.
    """

    unit = "share"

    def __init__(self, side: str) -> None:
        self.side = check_side(side)

    def start(self, task: Task, seat: str) -> None:
        """Begin with no frame."""
        super().start(task, seat)
        self._player = player_number(seat)
        self._frames = self._there = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        if not counts:
            return
        if transition.memory is None:
            raise ValueError(f"the cannon of frame {transition.frame} needs the emulator's memory")
        distance = 2 * cannon_place(transition.memory, self._player) - LEFTMOST - RIGHTMOST
        self._frames += 1
        self._there += distance <= 0 if self.side == "left" else distance >= 0

    def value(self) -> float:
        """Return the share so far."""
        return share_of(self._there, self._frames)


def check_side(side: str) -> str:
    """Return a side of the screen, or raise a ValueError.

    >>> check_side("left")
    'left'
    """
    if side not in ("left", "right"):
        raise ValueError(f"side is left or right, not {side!r}")
    return side


class _Shooting(Collector):
    """Counts the shots of a seat, and the aliens that they hit."""

    def start(self, task: Task, seat: str) -> None:
        """Begin with no shot."""
        super().start(task, seat)
        self._player = player_number(seat)
        self._is_alone = len(task.seats) == 1
        self._wave = AlienWave()
        self._last_memory: NDArray[np.uint8] | None = None
        self.shots = self.hits = 0

    def _read(self, transition: Transition, counts: bool) -> None:
        memory = transition.memory
        if memory is None:
            raise ValueError(f"the shots of frame {transition.frame} need the emulator's memory")
        if transition.frame == 0:
            self._wave.restart()
            self._last_memory = None
        shot = self._wave.update(memory)
        last, self._last_memory = self._last_memory, memory
        if counts and last is not None:
            self.shots += was_fired(last, memory, self._player)
            if self._is_alone or is_own_hit(last, memory, self._player):
                self.hits += len(shot)

    @property
    def progress(self) -> dict[str, float]:
        """Shots fired and aliens hit."""
        return {"shots": self.shots, "hits": self.hits}


class Shots(_Shooting):
    """The number of shots fired in Space Invaders."""

    unit = "shots"

    def value(self) -> float:
        """Return the number of shots so far."""
        return float(self.shots)


class AliensHit(_Shooting):
    """The number of aliens shot in Space Invaders, without the mothership."""

    unit = "aliens"

    def value(self) -> float:
        """Return the number of aliens so far."""
        return float(self.hits)


class ShotAccuracy(_Shooting):
    """The share of shots in Space Invaders that hit an alien; NaN before the first shot."""

    unit = "share"

    def value(self) -> float:
        """Return the share so far."""
        return share_of(self.hits, self.shots)
