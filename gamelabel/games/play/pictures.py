"""Pictures of environments, as palette indices where they have up to 256 colors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_COLORS = 256
_BITS = 24


@dataclass(frozen=True, slots=True)
class ScreenPicture:
    """What an environment shows at one frame.

    Attributes
    ----------
    pixels : ndarray of uint8
        Palette indices of shape (height, width), or RGB of shape (height, width, 3).
    palette : ndarray of uint8, shape (n, 3), or None
        RGB of the palette's first n <= 256 colors; None if `pixels` is RGB. From frame to frame of
        a game it grows at its end, and entries that exist do not change.
    """

    pixels: NDArray[np.uint8]
    palette: NDArray[np.uint8] | None = None

    def rgb(self) -> NDArray[np.uint8]:
        """Return the picture as RGB, shape (height, width, 3)."""
        return self.pixels if self.palette is None else self.palette[self.pixels]


def changed_rows(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows of two pictures of one shape differ, shape (height,).

    Examples
    --------
    >>> before = np.zeros((3, 8), np.uint8)
    >>> after = before.copy()
    >>> after[1, 5] = 7
    >>> changed_rows(before, after).tolist()
    [False, True, False]
    """
    rows = [np.ascontiguousarray(picture).reshape(len(picture), -1) for picture in (first, second)]
    if rows[0].shape[1] % 8 == 0:  # eight pixels at once
        rows = [row.view(np.uint64) for row in rows]
    differs: NDArray[np.bool_] = (rows[0] != rows[1]).any(axis=1)
    return differs


class ColorTable:
    """Gives colors indices in the order in which they appear, up to 256 of them.

    Examples
    --------
    >>> table = ColorTable()
    >>> picture = table.picture(np.array([[[9, 0, 0], [0, 0, 9], [9, 0, 0]]], np.uint8))
    >>> picture.pixels.tolist(), picture.palette.tolist()
    ([[1, 0, 1]], [[0, 0, 9], [9, 0, 0]])
    """

    def __init__(self) -> None:
        self.palette = np.zeros((0, 3), np.uint8)
        # Sparse: the operating system provides only the pages of colors that occur.
        self._index = np.zeros(1 << _BITS, np.uint16)
        self._previous: ScreenPicture | None = None
        self._previous_rgb = np.zeros((0, 0, 3), np.uint8)
        self._is_full = False

    def picture(self, rgb: NDArray[np.uint8]) -> ScreenPicture:
        """Return an RGB picture with palette indices, or as it is once there are more colors."""
        if self._is_full:
            return ScreenPicture(rgb.copy())
        previous = self._previous
        if previous is None or rgb.shape != self._previous_rgb.shape:
            pixels = self._indices(rgb)
        else:
            changed = changed_rows(rgb, self._previous_rgb)
            pixels = previous.pixels
            if changed.any():
                pixels = pixels.copy()
                pixels[changed] = self._indices(rgb[changed])
        if self._is_full:
            return ScreenPicture(rgb.copy())
        self._previous_rgb = rgb.copy()
        self._previous = ScreenPicture(pixels, self.palette)
        return self._previous

    def _indices(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
        packed = red << 16 | green << 8 | blue
        numbers = self._index[packed]  # from 1; 0 is a new color
        if not numbers.all():
            new = np.unique(packed[numbers == 0])
            known = len(self.palette)
            if known + len(new) > MOST_COLORS:
                self._is_full = True
                return np.zeros(packed.shape, np.uint8)
            self._index[new] = np.arange(known + 1, known + 1 + len(new))
            colors = np.stack([new >> 16, new >> 8 & 255, new & 255], axis=1).astype(np.uint8)
            self.palette = np.concatenate([self.palette, colors])
            numbers = self._index[packed]
        indices: NDArray[np.uint8] = (numbers - 1).astype(np.uint8)
        return indices
