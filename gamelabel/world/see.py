"""Pixels -> the objects and the style found in each picture of a batch, with no prompt in mind.

Rules: an object is a connected patch of colour; objects that touch are one object; patches under `SPECK` pixels are
specks and do not count; a patch that resembles no shape well enough counts as an object of unclear shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gamelabel.world.draw import HUES, SIDE, SMALL_BELOW
from gamelabel.world.match import match
from gamelabel.world.pictures import Pictures, as_stack
from gamelabel.world.scenes import COLOURS, SHAPES, SIZES, STYLES

MOST = 6  # objects described in a picture, the largest first; `Seen.count` counts the others too
SPECK = 20  # pixels; the smallest object that `draw` makes covers about 80
PURE = 0.75  # least share of a patch's pixels that must agree on its colour
_CHROMA = 48  # max - min of RGB from which a pixel is coloured: the most tinted paper has 26, the palest ink 81
_DARK = 95  # max of RGB below which a pixel is board or outline: they have at most 60, the darkest stroke 130
_OUTLINED = 0.5  # least share of the pixels around the objects of a comic book that is dark
_STROKED = 9.0  # least amplitude, of 255, of a crayon's strokes: they have 38, 13 once blurred, plain inks at most 6
_STROKE_GAIN = 1.15  # a crayon's light strokes cover less than its mean ink does; this evens them out
_STYLES = ("", *STYLES)
_INKS = len(COLOURS)
_PAPER, _BOARD, _NOTHING = 0, _INKS + 1, _INKS + 2  # kinds of pixel; 1 to _INKS are the colours
_WIDE = SIDE + 1  # a picture and one row and column of nothing, so that pictures in a stack never touch
_AROUND = (-1, 1, -_WIDE, _WIDE)
_LUMA = np.array((0.299, 0.587, 0.114), np.float32)
_CHUNK = 128  # pictures at a time, so that what lies in between stays in the processor's cache

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """An object in a picture: its centre (x, y) and nominal radius r in pixels, its overlap with its shape in [0, 1].

    An empty shape is unclear, an empty colour is mixed.
    """

    shape: str
    colour: str
    size: str
    x: float
    y: float
    r: float
    overlap: float


@dataclass(frozen=True)
class Seen:
    """What N pictures show, in columns; slots beyond a picture's objects hold -1, or 0 in x, y, r and overlap.

    shape, colour, size: int (N, MOST), indices into SHAPES, COLOURS, SIZES, -1 where unclear or mixed;
    x, y, r, overlap: float (N, MOST), pixels, and a share in [0, 1];
    count: int (N,), all objects; style: int (N,), index into ("", *STYLES).
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

    def objects(self, i: int) -> list[Found]:
        """Return the objects of picture i, the largest first, at most MOST of them."""
        columns = (self.shape, self.colour, self.size, self.x, self.y, self.r, self.overlap)
        rows = zip(*(column[i, : self.count[i]].tolist() for column in columns), strict=True)
        shapes, colours, sizes = (*SHAPES, ""), (*COLOURS, ""), (*SIZES, "")  # -1 is the last
        return [Found(shapes[shape], colours[colour], sizes[size], *where) for shape, colour, size, *where in rows]

    def style_of(self, i: int) -> str:
        """Return the style of picture i; "" is plain."""
        return _STYLES[self.style[i]]


def see(images: Pictures) -> Seen:
    """Find the objects and the style of N pictures: uint8 (N, 64, 64, 3), or a sequence of PIL images or arrays.

    Raises ValueError for pictures that are not RGB, 64 x 64, 8 bits a channel.
    """
    stack = as_stack(images)
    chunks = [_see(stack[i : i + _CHUNK]) for i in range(0, max(len(stack), 1), _CHUNK)]
    return Seen(*(np.concatenate(column) for column in zip(*chunks, strict=True)))


def _see(images: NDArray[np.uint8]) -> tuple[NDArray[Any], ...]:
    kinds = _kinds(images)
    patches, spots = _patches(kinds)
    owner, pixels = patches.ravel()[spots] - 1, _pixels(images, spots)
    style, ground = _style(images, kinds, spots, pixels)
    total = int(owner.max(initial=-1)) + 1
    picture = np.zeros(total, np.int64)
    picture[owner] = spots // _WIDE**2

    hues = np.bincount(owner * _INKS + kinds.ravel()[spots] - 1, minlength=total * _INKS).reshape(total, _INKS)
    number = hues.sum(1)
    colour = np.where(hues.max(1) >= PURE * number, hues.argmax(1), -1)
    ink = np.stack([np.bincount(owner, pixels[:, c], total) for c in range(3)], 1) / number[:, None]

    # cover: how far a pixel has gone from the ground to the mean ink, so that edges are known to a part of a pixel
    spots = _grow(kinds, patches, spots)
    owner = patches.ravel()[spots] - 1
    axis = ink - ground[picture]
    axis /= (axis * axis).sum(1, keepdims=True)
    axis[style[picture] == _STYLES.index("crayon drawing")] *= _STROKE_GAIN
    share = np.clip(((_pixels(images, spots) - ground[picture[owner]]) * axis[owner]).sum(1), 0, 1)
    cover = np.zeros(kinds.shape, np.float32)
    cover.ravel()[spots] = share
    rows, column = np.divmod(spots, _WIDE)
    area = np.bincount(owner, share, total).astype(float)
    x, y = (np.bincount(owner, share * place, total) / area for place in (column, rows % _WIDE))
    shape, overlap, r = match(cover, patches, picture, x, y, area)
    size = (r >= SMALL_BELOW).astype(np.int64)

    order = np.lexsort((-area, picture))
    count = np.bincount(picture, minlength=len(images))
    rank = np.arange(total) - (np.cumsum(count) - count)[picture[order]]
    order, slot = order[rank < MOST], (picture[order][rank < MOST], rank[rank < MOST])
    columns = []
    for values, empty in ((shape, -1), (colour, -1), (size, -1), (x, 0), (y, 0), (r, 0), (overlap, 0)):
        table = np.full((len(images), MOST), empty, values.dtype)
        table[slot] = values[order]
        columns.append(table)
    return (*columns, count, style)


@cache
def _kind_of_rgb() -> NDArray[np.uint8]:
    """Kind of pixel by RGB, five bits a channel: (32768,)."""
    levels = np.arange(4, 256, 8)
    r, g, b = (channel.ravel() for channel in np.meshgrid(levels, levels, levels, indexing="ij"))
    top, chroma = np.maximum(np.maximum(r, g), b), np.ptp((r, g, b), axis=0)
    turn = 60.0 / np.maximum(chroma, 1)
    hue = np.select([top == r, top == g], [(g - b) * turn, (b - r) * turn + 120], (r - g) * turn + 240)
    apart = np.abs((hue[:, None] - np.array(list(HUES.values())) + 180) % 360 - 180)
    kinds = np.where(chroma >= _CHROMA, 1 + apart.argmin(1), _PAPER)  # the colour of the nearest hue
    return np.where(top < _DARK, _BOARD, kinds).astype(np.uint8)


def _kinds(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Kind of every pixel, (N, 65, 65); the last row and column are nothing."""
    five = (images >> 3).astype(np.uint16)
    kinds = np.full((len(images), _WIDE, _WIDE), _NOTHING, np.uint8)
    kinds[:, :SIDE, :SIDE] = _kind_of_rgb()[(five[..., 0] << 10) | (five[..., 1] << 5) | five[..., 2]]
    return kinds


def _coloured(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (kinds - np.uint8(1)) < _INKS  # paper, 0, wraps to 255


def _patches(kinds: NDArray[np.uint8]) -> tuple[NDArray[np.int32], _Ints]:
    """Number of the patch of each pixel, from 1, without specks, shaped as kinds; flat positions of their pixels."""
    labels = ndimage.label(_coloured(kinds).reshape(-1, _WIDE))[0]
    kept = np.bincount(labels.ravel()) >= SPECK
    kept[0] = False
    patches = np.where(kept, np.cumsum(kept), 0).astype(np.int32)[labels].reshape(kinds.shape)
    return patches, np.flatnonzero(patches)


def _grow(kinds: NDArray[np.uint8], patches: NDArray[np.int32], spots: _Ints) -> _Ints:
    """Let patches take the half-covered pixels next to them, in place; return the positions of all their pixels."""
    flat = patches.ravel()
    owner = flat[spots]
    for step in _AROUND:
        free = (flat[spots + step] == 0) & (kinds.ravel()[spots + step] != _NOTHING)
        flat[spots[free] + step] = owner[free]
    return np.flatnonzero(flat)


def _pixels(images: NDArray[np.uint8], spots: _Ints) -> NDArray[np.float32]:
    """RGB at flat positions of the widened stack, (len(spots), 3)."""
    rows, x = np.divmod(spots, _WIDE)
    picture, y = np.divmod(rows, _WIDE)
    return images[picture, y, x].astype(np.float32)


def _style(
    images: NDArray[np.uint8], kinds: NDArray[np.uint8], spots: _Ints, pixels: NDArray[np.float32]
) -> tuple[_Ints, _Floats]:
    """Style of each picture, an index into ("", *STYLES), (N,), and the RGB that its objects stand out from, (N, 3)."""
    n = len(images)
    rows, x = np.divmod(spots, _WIDE)
    picture, y = np.divmod(rows, _WIDE)
    few = kinds[:, :SIDE:4, :SIDE:4]  # the ground is smooth: one pixel in sixteen tells its colour
    board = (few == _BOARD).sum((1, 2)) > (few == _PAPER).sum((1, 2))
    bare = (few == np.where(board, _BOARD, _PAPER)[:, None, None]).astype(np.float32)
    ground = np.einsum("nyx,nyxc->nc", bare, images[:, ::4, ::4].astype(np.float32))
    ground /= np.maximum(bare.sum((1, 2)), 1)[:, None]

    around = [kinds.ravel()[spots + step] for step in _AROUND]
    dark, light = (sum(np.bincount(picture[k == kind], minlength=n) for k in around) for kind in (_BOARD, _PAPER))
    outlined = (dark > _OUTLINED * (dark + light)) & ~board
    ground[outlined] = 0.0  # the outline's black

    # brightness inside the objects by phase of the stroke; at edges it tells of the ground, not of strokes
    inner = np.logical_and.reduce([_coloured(k) for k in around])
    phase = (picture * 4 + (x + y) % 4)[inner]
    sums, counts = np.bincount(phase, pixels[inner] @ _LUMA, n * 4), np.bincount(phase, minlength=n * 4)
    mean = np.where(counts.reshape(n, 4).all(1, keepdims=True), (sums / np.maximum(counts, 1)).reshape(n, 4), 0.0)
    stroked = np.hypot(mean[:, 0] - mean[:, 2], mean[:, 1] - mean[:, 3]) / 2 >= _STROKED
    conditions = {"chalk drawing": board, "comic book": outlined, "crayon drawing": stroked}
    return np.select(list(conditions.values()), [_STYLES.index(name) for name in conditions], 0), ground
