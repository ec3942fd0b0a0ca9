"""Drawing of the small games: a canvas with a sky, boxes and discs in few colors."""

from __future__ import annotations

import numpy as np

Color = tuple[int, int, int]


class Canvas:
    """An RGB picture of a few flat colors.

    Parameters
    ----------
    width, height : int
        Size in pixels.
    top, bottom : Color
        The background is banded from one to the other.

    Examples
    --------
    >>> canvas = Canvas(8, 4, (0, 0, 0), (0, 0, 0))
    >>> canvas.box(1, 1, 3, 2, (255, 255, 255))
    >>> canvas.pixels[..., 0].tolist()[1]
    [0, 255, 255, 0, 0, 0, 0, 0]
    """

    bands = 8

    def __init__(self, width: int, height: int, top: Color, bottom: Color) -> None:
        share = np.floor(np.arange(height) / height * self.bands)[:, None] / (self.bands - 1)
        colors = (1 - share) * np.array(top) + share * np.array(bottom)
        self._background = np.repeat(colors.astype(np.uint8)[:, None], width, axis=1)
        self._y, self._x = np.ogrid[:height, :width]
        self.pixels = self._background.copy()

    def clear(self) -> None:
        """Start a new picture."""
        self.pixels = self._background.copy()

    def box(self, left: float, top: float, right: float, bottom: float, color: Color) -> None:
        """Fill a rectangle; its right and lower edges are not part of it."""
        columns = slice(max(0, round(left)), max(0, round(right)))
        self.pixels[max(0, round(top)) : max(0, round(bottom)), columns] = color

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        """Fill a disc."""
        self.pixels[(self._x - x) ** 2 + (self._y - y) ** 2 <= radius**2] = color

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float, color: Color) -> None:
        """Draw a line of a width with round ends."""
        dx, dy = x1 - x0, y1 - y0
        length = max(dx * dx + dy * dy, 1e-9)
        along = np.clip(((self._x - x0) * dx + (self._y - y0) * dy) / length, 0, 1)
        distance = (self._x - x0 - along * dx) ** 2 + (self._y - y0 - along * dy) ** 2
        self.pixels[distance <= (width / 2) ** 2] = color
