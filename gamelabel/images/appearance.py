"""How well a picture of the drawn world is drawn, whatever it shows: edges, colours, artefacts.

Four measures answer to what an eye sees in a picture of the drawn world, each to damage of its own:
blur, washed colours, broken edges, stray marks. They start from the objects that the judge detects
and ignore what the prompt asks for, so an adherent picture can be drawn badly and a wrong one well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gamelabel.scenes.detection import MAX_OBJECTS, detect_objects
from gamelabel.scenes.draw import SIDE
from gamelabel.scenes.patches import BOARD, N_COLOURS, PAPER, find_patches, pixel_kinds

_VISIBLE = 12.0  # gray levels by which a mark stands out; drawn backgrounds deviate by at most 1
_GROUND_MARGIN = 4  # pixels around objects that do not count as background
_WINDOW = 7  # pixels across the window in which an edge rises from the ground to the ink
_FITS = 3  # passes of the background's fit, each with less weight on what deviates
_CHUNK = 128  # pictures at a time, so that intermediate arrays stay small

_Bools = NDArray[np.bool_]
_Floats = NDArray[np.float64]


class Appearance(NamedTuple):
    """How N pictures are drawn; NaN where a picture shows no object.

    Attributes
    ----------
    edge_sharpness : ndarray of float64, shape (N,)
        Greatest slope across the edges of objects, as a share of the contrast per pixel: about
        0.8 in drawings, lower where edges are blurred.
    colour_purity : ndarray of float64, shape (N,)
        Saturation inside objects, 0 to 1: about 0.78 in drawings, lower where colours are washed
        out. A crayon drawing's filling is paler than its rim.
    outline_overlap : ndarray of float64, shape (N,)
        Overlap of objects with the best template of a shape, 0 to 1: 0.99 in drawings, lower where
        edges are broken or bent.
    artefacts : ndarray of float64, shape (N,)
        Number of marks on the background that belong to no object: 0 in drawings. Specks count, and
        remnants of objects that are too faint or too small for the judge.
    """

    edge_sharpness: _Floats
    colour_purity: _Floats
    outline_overlap: _Floats
    artefacts: _Floats


# The unit of each measure, and the sign of a change for the worse.
MEASURES = {
    "edge_sharpness": ("share of the contrast per pixel", -1),
    "colour_purity": ("saturation", -1),
    "outline_overlap": ("share of a shape", -1),
    "artefacts": ("marks a picture", 1),
}


def measure_appearance(images: NDArray[np.uint8]) -> Appearance:
    """Measure edges, colours, outlines and stray marks of pictures, uint8 (N, 64, 64, 3).

    >>> from gamelabel.scenes import draw, parse
    >>> drawing = draw(parse("a large red star"), seed=0)
    >>> washed_out = (0.5 * drawing + 0.5 * 255).astype(np.uint8)
    >>> purity = measure_appearance(np.stack([drawing, washed_out])).colour_purity
    >>> bool(purity[1] < 0.7 * purity[0])
    True
    """
    starts = range(0, max(len(images), 1), _CHUNK)
    parts = [_measure(images[start : start + _CHUNK]) for start in starts]
    return Appearance(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _measure(images: NDArray[np.uint8]) -> Appearance:
    """Measure pictures, all at once."""
    pixels = images.astype(np.float32)
    kinds = pixel_kinds(images)
    objects = find_patches(kinds).number[:, :SIDE, :SIDE] > 0  # with the half-covered pixels
    kinds = kinds[:, :SIDE, :SIDE]
    coloured = objects & ((kinds - np.uint8(1)) < N_COLOURS)  # paper, 0, wraps to 255
    inside = ndimage.binary_erosion(coloured, np.ones((1, 3, 3)))
    saturation = 1.0 - pixels.min(-1) / np.maximum(pixels.max(-1), 1.0)
    return Appearance(
        _mean_where(coloured & ~inside, _relative_slope(pixels)),
        _mean_where(inside, saturation),
        _mean_overlap(images),
        _stray_marks(pixels, kinds, objects),
    )


def _mean_where(mask: _Bools, values: NDArray[np.float32]) -> _Floats:
    """Return each picture's mean of the pixels in a mask, NaN where there are none: (N,)."""
    count = mask.sum((1, 2))
    total = np.where(mask, values, 0.0).sum((1, 2), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _relative_slope(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the steepest slope beside each pixel over the contrast around it: (N, 64, 64)."""
    across, down = np.zeros_like(pixels), np.zeros_like(pixels)
    across[:, :, :-1] = np.diff(pixels, axis=2)
    down[:, :-1] = np.diff(pixels, axis=1)
    slope = np.sqrt((across**2 + down**2).sum(-1))
    window = (1, _WINDOW, _WINDOW, 1)
    lightest, darkest = (
        extreme(pixels, window) for extreme in (ndimage.maximum_filter, ndimage.minimum_filter)
    )
    contrast = np.sqrt(((lightest - darkest) ** 2).sum(-1))
    return np.asarray(ndimage.maximum_filter(slope, (1, 3, 3)) / np.maximum(contrast, 1.0))


def _mean_overlap(images: NDArray[np.uint8]) -> _Floats:
    """Return each picture's mean overlap of an object with the best template: (N,)."""
    detections = detect_objects(images)
    described = np.arange(MAX_OBJECTS) < detections.count[:, None]
    count = described.sum(1)
    total = np.where(described, detections.overlap, 0.0).sum(1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _stray_marks(pixels: NDArray[np.float32], kinds: NDArray[np.uint8], objects: _Bools) -> _Floats:
    """Count the connected marks of each picture that stand out and touch no object: (N,)."""
    n = len(pixels)
    visible = np.zeros((n, SIDE + 1, SIDE), bool)  # a row apart, so that no mark joins the next
    visible[:, :SIDE] = _deviation(pixels, kinds, objects) > _VISIBLE
    marks, total = ndimage.label(visible.reshape(-1, SIDE), np.ones((3, 3)))
    marks = marks.reshape(n, SIDE + 1, SIDE)[:, :SIDE]
    stray = np.ones(total + 1, bool)
    stray[marks[objects]] = False
    stray[0] = False
    picture = np.zeros(total + 1, np.int64)
    picture[marks] = np.arange(n)[:, None, None]
    return np.bincount(picture[stray], minlength=n).astype(np.float64)


def _deviation(
    pixels: NDArray[np.float32], kinds: NDArray[np.uint8], objects: _Bools
) -> NDArray[np.float32]:
    """Return how far pixels are, in gray levels, from a plane fitted to the background.

    The background of a drawing is one tint whose brightness changes evenly from side to side.
    """
    n = len(pixels)
    board = (kinds == BOARD).sum((1, 2)) > (kinds == PAPER).sum((1, 2))
    bare = kinds == np.where(board, BOARD, PAPER)[:, None, None]
    reach = 2 * _GROUND_MARGIN + 1
    bare &= ~ndimage.maximum_filter(objects, (1, reach, reach))
    line = np.linspace(-0.5, 0.5, SIDE, dtype=np.float32)
    x, y = (axis.ravel() for axis in np.meshgrid(line, line))
    basis = np.stack((np.ones_like(x), x, y), 1)
    values, is_ground = pixels.reshape(n, SIDE**2, 3), bare.reshape(n, SIDE**2).astype(np.float32)
    weight, little = is_ground, 1e-3 * np.eye(3, dtype=np.float32)
    for _ in range(_FITS):
        normal = np.einsum("np,pi,pj->nij", weight, basis, basis, optimize=True) + little
        moments = np.einsum("np,pi,npc->nic", weight, basis, values, optimize=True)
        plane = np.einsum("pi,nic->npc", basis, np.linalg.solve(normal, moments))
        deviation = np.abs(values - plane).max(-1)
        weight = is_ground / (1.0 + (deviation / 4.0) ** 2)
    return np.asarray(deviation.reshape(n, SIDE, SIDE))
