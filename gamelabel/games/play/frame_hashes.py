"""Hashes over the frames of an episode, by which a replay is compared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.emulator import Emulator
from gamelabel.games.play.observation_bytes import to_bytes
from gamelabel.games.play.pictures import changed_rows
from gamelabel.games.play.transition import Transition

CHECKPOINT_FRAMES = 600
"""A checkpoint is kept after so many frames, so that a difference can be located."""
_CHECKPOINT_BYTES = 4


class FrameHashes:
    """SHA-256 of what an episode showed, frame by frame from frame 0.

    For an emulator these are its screens, in the emulator's colors, and its memory; for other
    environments the observations of all seats. Of screens the first is hashed whole, of each other
    one which rows changed (a bit a row) and those rows: as exact, and five times as fast.

    Parameters
    ----------
    emulator : Emulator or None
        The environment's emulator.
    """

    def __init__(self, emulator: Emulator | None) -> None:
        self._emulator = emulator
        self._frames, self._memory = hashlib.sha256(), hashlib.sha256()
        self._screen: NDArray[np.uint8] | None = None
        self.checkpoints = b""

    def add(self, transition: Transition) -> None:
        """Add a frame."""
        if self._emulator is None:
            for seat in sorted(transition.observations):
                self._frames.update(to_bytes(transition.observations[seat]))
        else:
            self._add_screen(self._emulator.screen())
            self._memory.update(memory_bytes(transition))
        if transition.frame and transition.frame % CHECKPOINT_FRAMES == 0:
            self.checkpoints += self._frames.copy().digest()[:_CHECKPOINT_BYTES]

    def _add_screen(self, screen: NDArray[np.uint8]) -> None:
        if self._screen is None:
            self._frames.update(screen.tobytes())
        else:
            rows = changed_rows(screen, self._screen)
            self._frames.update(np.packbits(rows).tobytes() + screen[rows].tobytes())
        self._screen = screen.copy()

    def columns(self) -> dict[str, Any]:
        """Return the columns of the table of episodes."""
        frames = self._frames.hexdigest()
        is_emulator = self._emulator is not None
        return {
            "screen_sha256": frames if is_emulator else None,
            "memory_sha256": self._memory.hexdigest() if is_emulator else None,
            "observation_sha256": None if is_emulator else frames,
        }


def memory_bytes(transition: Transition) -> bytes:
    """Return the memory after a step as bytes, empty where there is none."""
    return b"" if transition.memory is None else transition.memory.tobytes()


def first_difference(expected: bytes, computed: bytes) -> tuple[int, int] | None:
    """Return the first and last frame between which two lists of checkpoints begin to differ.

    Examples
    --------
    >>> first_difference(b"aaaabbbb", b"aaaaBBBB")
    (601, 1200)
    >>> first_difference(b"aaaa", b"aaaa") is None
    True
    """
    for number in range(min(len(expected), len(computed)) // _CHECKPOINT_BYTES):
        part = slice(number * _CHECKPOINT_BYTES, (number + 1) * _CHECKPOINT_BYTES)
        if expected[part] != computed[part]:
            return number * CHECKPOINT_FRAMES + 1, (number + 1) * CHECKPOINT_FRAMES
    return None


def first_other_column(expected: Mapping[str, Any], computed: Mapping[str, Any]) -> str:
    """Return the name of the first hash that differs, "" if all are equal."""
    return next((name for name in computed if expected[name] != computed[name]), "")
