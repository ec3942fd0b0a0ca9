"""Pixels -> the objects and the style of each picture of a batch, whatever its prompt.

Rules: an object is a connected patch of colour; objects that touch are one object; patches of
fewer than `MIN_PATCH_PIXELS` pixels do not count; a patch that resembles no shape well enough is
an object of unclear shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.draw import SIDE, SIZE_THRESHOLD
from gamelabel.scenes.grammar import COLOURS, SHAPES, SIZES, STYLES
from gamelabel.scenes.image_checks import Images, stack_images
from gamelabel.scenes.patches import (
    BOARD,
    N_COLOURS,
    PADDED_SIDE,
    PAPER,
    Patches,
    find_patches,
    pixel_kinds,
)
from gamelabel.scenes.shape_matching import match_shapes

MAX_OBJECTS = 6  # objects described in a picture; `Detections.count` also counts the others
_PURITY = 0.75  # least share of a patch's pixels that must agree on its colour
_OUTLINED = 0.5  # least share of dark pixels around the objects of a comic book
_PALE = 0.91  # tone of a filling, its rim being 1, below which it is a crayon's (at most 0.90)
_STYLES = ("", *STYLES)
# RGB -> brightness (weighted, for JPEG and a blur keep it best), blue-yellow, red-green
_OPPONENT = np.array(
    ((1.196, -0.169, 0.5), (2.348, -0.331, -0.419), (0.456, 0.5, -0.081)), np.float32
)
_CHUNK = 128  # pictures at a time, so that intermediate arrays stay in the processor's cache

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DetectedObject:
    """An object in a picture.

    Attributes
    ----------
    shape : str
        One of `SHAPES`; "" if unclear.
    colour : str
        One of `COLOURS`; "" if mixed.
    size : str
        One of `SIZES`.
    x, y : float
        Centre, pixels.
    r : float
        Nominal radius, pixels.
    overlap : float
        Overlap with the best template, 0 to 1.
    """

    shape: str
    colour: str
    size: str
    x: float
    y: float
    r: float
    overlap: float


@dataclass(frozen=True)
class Detections:
    """The objects and styles of N pictures, in columns of `MAX_OBJECTS` slots, the largest first.

    Attributes
    ----------
    shape, colour, size : int64 (N, 6)
        Indices into `SHAPES`, `COLOURS`, `SIZES`; -1 if unclear or mixed, and in empty slots.
    x, y, r : float64 (N, 6)
        Centre and nominal radius, pixels; 0 in empty slots.
    overlap : float64 (N, 6)
        Overlap with the best template, 0 to 1.
    count : int64 (N,)
        Number of all objects, those without a slot included.
    style : int64 (N,)
        Index into ``("", *STYLES)``.
    """

    shape: _Ints
    colour: _Ints
    size: _Ints
    x: _Floats
    y: _Floats
    r: _Floats
    overlap: _Floats
    count: _Ints
    style: _Ints

    def objects(self, i: int) -> list[DetectedObject]:
        """Return the objects of picture i, the largest first, at most `MAX_OBJECTS`."""
        columns = (self.shape, self.colour, self.size, self.x, self.y, self.r, self.overlap)
        rows = zip(*(column[i, : self.count[i]].tolist() for column in columns), strict=True)
        shapes, colours, sizes = (*SHAPES, ""), (*COLOURS, ""), (*SIZES, "")  # -1 is the last
        return [
            DetectedObject(shapes[shape], colours[colour], sizes[size], *position)
            for shape, colour, size, *position in rows
        ]

    def style_name(self, i: int) -> str:
        """Return the style of picture i; "" is plain."""
        return _STYLES[self.style[i]]


def detect_objects(images: Images) -> Detections:
    """Find the objects and the style of pictures.

    `images` is an array, uint8 (N, 64, 64, 3), or a sequence of PIL images or arrays. Raises
    ValueError for pictures that are not RGB, 64 x 64, 8 bits a channel.

    >>> from gamelabel.scenes.draw import draw
    >>> from gamelabel.scenes.grammar import parse
    >>> picture = draw(parse("a large red star in the style of a comic book"), seed=0)
    >>> detections = detect_objects([picture])
    >>> detections.style_name(0), [item.colour for item in detections.objects(0)]
    ('comic book', ['red'])
    """
    stack = stack_images(images)
    starts = range(0, max(len(stack), 1), _CHUNK)
    chunks = [_detect(stack[start : start + _CHUNK]) for start in starts]
    return Detections(*(np.concatenate(column) for column in zip(*chunks, strict=True)))


def _detect(images: NDArray[np.uint8]) -> tuple[NDArray[Any], ...]:
    """Return the columns of `Detections`."""
    kinds = pixel_kinds(images)
    patches = find_patches(kinds)
    picture, n_patches, n = patches.picture, len(patches.picture), len(images)
    ground, board, outlined = _ground(images, kinds, patches)
    tone = _tones(images, patches, ground)
    style = _styles(tone, patches, board, outlined, n)

    # the tone of a pixel at the edge says how far it is covered, which places the patch to a
    # fraction of a pixel
    share = np.where(patches.inner, np.float32(1), np.clip(tone, 0.01, 1))
    cover = np.zeros(kinds.shape, np.float32)
    cover.ravel()[patches.pixels] = share
    rows, column = np.divmod(patches.pixels, PADDED_SIDE)
    area = np.bincount(patches.owner, share, n_patches).astype(float)
    x = np.bincount(patches.owner, share * column, n_patches) / area
    y = np.bincount(patches.owner, share * (rows % PADDED_SIDE), n_patches) / area
    shape, overlap, r = match_shapes(cover, patches.number, picture, x, y, area)
    size = (r >= SIZE_THRESHOLD).astype(np.int64)

    order = np.lexsort((-area, picture))
    count = np.bincount(picture, minlength=n)
    rank = np.arange(n_patches) - (np.cumsum(count) - count)[picture[order]]
    described = rank < MAX_OBJECTS
    slot = picture[order][described], rank[described]
    columns = []
    for values in (shape, _colours(patches), size, x, y, r, overlap):
        empty = -1 if values.dtype == np.int64 else 0
        table = np.full((n, MAX_OBJECTS), empty, values.dtype)
        table[slot] = values[order[described]]
        columns.append(table)
    return *columns, count, style


def _colours(patches: Patches) -> _Ints:
    """Return the colour of each patch, an index into `COLOURS`, -1 if mixed: (K,)."""
    total = len(patches.picture)
    coloured = (patches.kind != PAPER) & (patches.kind != BOARD)
    cells = patches.owner[coloured] * N_COLOURS + patches.kind[coloured] - 1
    pixels = np.bincount(cells, minlength=total * N_COLOURS).reshape(total, N_COLOURS)
    return np.where(pixels.max(1) >= _PURITY * pixels.sum(1), pixels.argmax(1), -1)


def _tones(
    images: NDArray[np.uint8], patches: Patches, ground: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return how far each pixel is from the ground (0) to the ink (1): (P,).

    The ink is the strongest colour inside a patch.
    """
    owner = patches.owner
    colours = _opponent_colours(images, patches.pixels) - ground[patches.picture[owner]]
    has_inside = np.bincount(owner, patches.inner, len(patches.picture)) > 0
    solid = patches.inner | ~has_inside[owner]  # a line has no inside
    tone = _tone_along_mean(colours, patches, solid)
    return _tone_along_mean(colours, patches, solid & (tone >= 0.98))


def _styles(
    tone: NDArray[np.float32],
    patches: Patches,
    board: NDArray[np.bool_],
    outlined: NDArray[np.bool_],
    n: int,
) -> _Ints:
    """Return the style of each of n pictures, an index into _STYLES."""
    deep = patches.picture[patches.owner[patches.deep]]
    pixels = np.maximum(np.bincount(deep, minlength=n), 1)
    filling = np.bincount(deep, tone[patches.deep], n) / pixels
    conditions = {
        "chalk drawing": board,
        "comic book": outlined,
        "crayon drawing": (filling > 0) & (filling < _PALE),
    }
    return np.select(list(conditions.values()), [_STYLES.index(name) for name in conditions], 0)


def _opponent_colours(images: NDArray[np.uint8], pixels: _Ints) -> NDArray[np.float32]:
    """Return opponent colours at flat positions of the padded stack: (P, 3)."""
    rows, x = np.divmod(pixels, PADDED_SIDE)
    picture, y = np.divmod(rows, PADDED_SIDE)
    rgb = images.reshape(-1, 3).take((picture * SIDE + y) * SIDE + x, axis=0)
    return np.asarray(rgb.astype(np.float32) @ _OPPONENT)


def _tone_along_mean(
    colours: NDArray[np.float32], patches: Patches, mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Project colours (P, 3), relative to the ground, on their patch's mean within a mask: (P,)."""
    owner, masked, total = patches.owner[mask], colours[mask], len(patches.picture)
    ink = np.stack([np.bincount(owner, masked[:, c], total) for c in range(3)], 1).astype(float)
    ink /= np.maximum(np.bincount(owner, minlength=total), 1)[:, None]
    ink /= np.maximum((ink * ink).sum(1, keepdims=True), 1)
    return np.asarray(np.einsum("pc,pc->p", colours, ink.astype(np.float32)[patches.owner]))


def _ground(
    images: NDArray[np.uint8], kinds: NDArray[np.uint8], patches: Patches
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return what objects stand out from, and what that says of the style.

    Returns
    -------
    ground : float32 (N, 3)
        Opponent colours of the background, or of the outlines.
    board, outlined : bool (N,)
        Whether the picture is a dark board; whether its objects have outlines.
    """
    n = len(images)
    sample = kinds[:, :SIDE:4, :SIDE:4]  # the ground is smooth: one pixel in sixteen is enough
    board = (sample == BOARD).sum((1, 2)) > (sample == PAPER).sum((1, 2))
    bare = (sample == np.where(board, BOARD, PAPER)[:, None, None]).astype(np.float32)
    ground = np.einsum("nyx,nyxc->nc", bare, images[:, ::4, ::4].astype(np.float32)) @ _OPPONENT
    ground /= np.maximum(bare.sum((1, 2)), 1)[:, None]

    picture = patches.picture[patches.owner]
    dark = np.bincount(picture[patches.kind == BOARD], minlength=n)
    light = np.bincount(picture[patches.kind == PAPER], minlength=n)
    outlined = (dark > _OUTLINED * (dark + light)) & ~board
    ground[outlined] = 0.0  # black
    return ground, board, outlined
