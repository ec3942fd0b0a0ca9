"""The shape of a patch: its overlap with templates of every shape at every tilt."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.draw import signed_distance
from gamelabel.scenes.grammar import SHAPES

# Least overlap at which a patch has a shape. Two shapes overlap by at most 0.92 (a circle and a
# square); a drawn shape overlaps its template by 0.95, and by 0.93 after JPEG at quality 80 or a
# blur of 0.7 pixels.
MIN_OVERLAP = 0.93
_PERIODS = {"circle": 5, "square": 90, "triangle": 120, "star": 72}  # degrees of symmetry
_STEP = 5  # degrees between templates
_GRID = 24  # samples across the window in which a patch is compared
_REACH = 0.95  # half of the window in units of sqrt(area); a triangle's corner lies at 0.88
_CELL = (2 * _REACH / _GRID) ** 2  # area of a sample, the patch being 1
_SOFT = 0.12  # width of a template's edge, same units: about a pixel of the smallest objects


@cache
def _templates() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """Return unit vectors of templates (576, T), their shapes (T,), area / r ** 2 by shape (4,)."""
    fine = np.linspace(-2, 2, 801, dtype=np.float32)
    grid = np.meshgrid(fine, fine)
    areas = np.array([(signed_distance(s, *grid, 1.0) < 0).sum() * 0.005**2 for s in SHAPES])
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


def match_shapes(
    cover: NDArray[np.float32],
    patches: NDArray[np.int32],
    picture: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    area: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the shape of each of K patches.

    Parameters
    ----------
    cover : float32 (N, side, side)
        Share of each pixel that is covered; the last row and column of each picture are empty.
    patches : int32 (N, side, side)
        The patch of each pixel, counted from 1.
    picture : int64 (K,)
        The picture of each patch.
    x, y : float64 (K,)
        Centre of each patch, pixels.
    area : float64 (K,)
        Area of each patch, pixels.

    Returns
    -------
    shape : int64 (K,)
        Index into `SHAPES`, -1 where the shape is unclear.
    overlap : float64 (K,)
        Cosine between patch and best template, both centred and scaled to area 1; in [0, 1].
    r : float64 (K,)
        Nominal radius, pixels.

    Examples
    --------
    >>> cover, patches = np.zeros((1, 65, 65), np.float32), np.zeros((1, 65, 65), np.int32)
    >>> cover[0, 20:40, 20:40] = 1
    >>> patches[0, 19:41, 19:41] = 1
    >>> centre, area = np.array([29.5]), np.array([400.0])
    >>> shape, overlap, r = match_shapes(cover, patches, np.array([0]), centre, centre, area)
    >>> SHAPES[shape[0]]
    'square'
    """
    templates, owners, areas = _templates()
    sample = _sampled(cover, patches, picture, x, y, np.sqrt(area))
    dot = sample @ templates
    best = dot.argmax(1) if len(area) else np.zeros(0, np.int64)
    outside = np.maximum(1 / _CELL - sample.sum(1), 0)  # what of the patch lies beyond the window
    norm = np.sqrt((sample * sample).sum(1) + outside)
    overlap = np.minimum(dot[np.arange(len(area)), best] / norm, 1.0).astype(float)
    shape = owners[best]
    return np.where(overlap >= MIN_OVERLAP, shape, -1), overlap, np.sqrt(area / areas[shape])


def _sampled(
    cover: NDArray[np.float32],
    patches: NDArray[np.int32],
    picture: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    size: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Sample each patch on the window of the templates, with bilinear interpolation: (K, 576)."""
    across, down = _window()
    side = cover.shape[1]
    scale = size.astype(np.float32)[:, None]
    # outside a picture is its empty last row or column, or those of the picture before
    px = np.clip(x.astype(np.float32)[:, None] + scale * across, -1, side - 1.01)
    py = np.clip(y.astype(np.float32)[:, None] + scale * down, -1, side - 1.01)
    left, top = np.floor(px).astype(np.int32), np.floor(py).astype(np.int32)
    px -= left
    py -= top
    corner = (picture.astype(np.int32) * side**2)[:, None] + top * side + left

    def row(at: NDArray[np.int32]) -> NDArray[np.float32]:
        first = cover.take(at, mode="wrap")
        return np.asarray(first + px * (cover.take(at + 1, mode="wrap") - first))

    upper = row(corner)
    sample = upper + py * (row(corner + side) - upper)
    nearest = corner + (px > 0.5) + (py > 0.5) * side
    own = np.arange(1, len(size) + 1, dtype=np.int32)[:, None]
    return np.asarray(sample * (patches.take(nearest, mode="wrap") == own))
