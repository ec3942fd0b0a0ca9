"""Which shape a patch of a picture has: its overlap with templates of every shape at every tilt."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.draw import signed_distance
from gamelabel.scenes.grammar import SHAPES

# Least overlap at which a patch has a shape: the shapes overlap each other by at most 0.92 (a circle and a square),
# drawn ones overlap their own template by 0.95, after JPEG at quality 80 or a blur of 0.7 pixels by 0.93.
UNCLEAR = 0.93
_PERIODS = {
    "circle": 5,
    "square": 90,
    "triangle": 120,
    "star": 72,
}  # degrees after which a shape repeats
_STEP = 5  # degrees between templates
_GRID = 24  # samples across the window in which a patch is compared
_REACH = 0.95  # half of the window in units of sqrt(area); the farthest corner, a triangle's, lies at 0.88
_CELL = (2 * _REACH / _GRID) ** 2  # area of a sample, the patch being 1
_SOFT = 0.12  # width of a template's edge, in the same units: about a pixel of the smallest things


@cache
def _templates() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """Shapes of area 1: unit vectors (_GRID ** 2, T), the shape of each (T,); area / r ** 2 of each shape (4,)."""
    fine = np.linspace(-2, 2, 801, dtype=np.float32)
    areas = np.array(
        [(signed_distance(s, *np.meshgrid(fine, fine), 1.0) < 0).sum() * 0.005**2 for s in SHAPES]
    )
    x, y = _window()
    rows, owners = [], []
    for i, shape in enumerate(SHAPES):
        for tilt in np.radians(np.arange(0, _PERIODS[shape], _STEP)):
            c, s = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
            distance = signed_distance(shape, c * x + s * y, c * y - s * x, float(areas[i] ** -0.5))
            mask = np.clip(0.5 - distance / _SOFT, 0, 1)
            rows.append(mask / np.sqrt((mask * mask).sum()))
            owners.append(i)
    return np.ascontiguousarray(np.array(rows, np.float32).T), np.array(owners), areas


@cache
def _window() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    line = ((np.arange(_GRID) + 0.5) / _GRID * 2 - 1) * _REACH
    across, down = np.meshgrid(line, line)
    return across.astype(np.float32).ravel(), down.astype(np.float32).ravel()


def match(
    cover: NDArray[np.float32],
    patches: NDArray[np.int32],
    picture: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    area: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Shape of each of K patches.

    cover: share of each pixel that is covered, (N, side, side), the last row and column of each picture empty;
    patches: the number of the patch that a pixel belongs to, from 1, of the same shape;
    picture, x, y, area: where each patch lies, its centre and its area in pixels, all (K,).

    Returns, all (K,): the index into SHAPES, -1 where unclear; the overlap in [0, 1], the cosine between patch and
    template, both centred and scaled to the same area; the nominal radius in pixels.
    """
    templates, owners, areas = _templates()
    across, down = _window()
    side = cover.shape[1]
    scale = np.sqrt(area).astype(np.float32)[:, None]
    # what lies outside a picture is read from its empty last row or column, or from those of the picture before
    px = np.clip(x.astype(np.float32)[:, None] + scale * across, -1, side - 1.01)
    py = np.clip(y.astype(np.float32)[:, None] + scale * down, -1, side - 1.01)
    left, top = np.floor(px).astype(np.int32), np.floor(py).astype(np.int32)
    px -= left
    py -= top
    corner = (picture.astype(np.int32) * side**2)[:, None] + top * side + left

    def row(at: NDArray[np.int32]) -> NDArray[np.float32]:
        first = cover.take(at, mode="wrap")
        return first + px * (cover.take(at + 1, mode="wrap") - first)

    upper = row(corner)
    sample = upper + py * (row(corner + side) - upper)
    nearest = corner + (px > 0.5) + (py > 0.5) * side
    sample *= (
        patches.take(nearest, mode="wrap") == np.arange(1, len(area) + 1, dtype=np.int32)[:, None]
    )

    dot = sample @ templates
    best = dot.argmax(1) if len(area) else np.zeros(0, np.int64)
    outside = np.maximum(1 / _CELL - sample.sum(1), 0)  # what of the patch lies beyond the window
    norm = np.sqrt((sample * sample).sum(1) + outside)
    overlap = np.minimum(dot[np.arange(len(area)), best] / norm, 1.0).astype(float)
    shape = owners[best]
    return np.where(overlap >= UNCLEAR, shape, -1), overlap, np.sqrt(area / areas[shape])
