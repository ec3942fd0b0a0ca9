"""Pixels -> the objects and the style found in each picture of a batch, with no prompt in mind.

Rules: an object is a connected patch of colour; objects that touch are one object; patches under `SPECK` pixels are
specks and do not count; a patch that resembles no shape well enough counts as an object of unclear shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.draw import SIDE, SMALL_BELOW
from gamelabel.scenes.grammar import COLOURS, SHAPES, SIZES, STYLES
from gamelabel.scenes.match import match
from gamelabel.scenes.patches import BOARD, INKS, PAPER, WIDE, Patches, find, kinds_of
from gamelabel.scenes.pictures import Pictures, as_stack

MOST = 6  # objects described in a picture, the largest first; `Seen.count` counts the others too
PURE = 0.75  # least share of a patch's pixels that must agree on its colour
_OUTLINED = 0.5  # least share of the pixels around the objects of a comic book that is dark
_PALE = 0.91  # tone of a filling, its rim being 1, below which it is a crayon's: at most 0.74, 0.90 once blurred
_STYLES = ("", *STYLES)
# Brightness (weighted, for JPEG and the eye blur all but brightness), blue against yellow, red against green, of RGB
_OPPONENT = np.array(
    ((1.196, -0.169, 0.5), (2.348, -0.331, -0.419), (0.456, 0.5, -0.081)), np.float32
)
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
        return [
            Found(shapes[shape], colours[colour], sizes[size], *where)
            for shape, colour, size, *where in rows
        ]

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
    kinds = kinds_of(images)
    patches = find(kinds)
    picture, total = patches.picture, len(patches.picture)
    ground, board, outlined = _ground(images, kinds, patches)

    known = (patches.kind != PAPER) & (patches.kind != BOARD)
    cells = patches.owner[known] * INKS + patches.kind[known] - 1
    hues = np.bincount(cells, minlength=total * INKS).reshape(total, INKS)
    colour = np.where(hues.max(1) >= PURE * hues.sum(1), hues.argmax(1), -1)

    # tone: how far a pixel has gone from the ground (0) to the ink (1); the ink is what is strongest inside a patch
    pixels = _at(images, patches.spots) - ground[picture[patches.owner]]
    thick = np.bincount(patches.owner, patches.inner, total) > 0
    solid = patches.inner | ~thick[patches.owner]  # a line has no inside
    tone = _tone(pixels, patches, solid)
    tone = _tone(pixels, patches, solid & (tone >= 0.98))
    n, deep = len(images), picture[patches.owner[patches.deep]]
    filling = np.bincount(deep, tone[patches.deep], n) / np.maximum(
        np.bincount(deep, minlength=n), 1
    )
    conditions = {
        "chalk drawing": board,
        "comic book": outlined,
        "crayon drawing": (filling > 0) & (filling < _PALE),
    }
    style = np.select(list(conditions.values()), [_STYLES.index(name) for name in conditions], 0)

    # at its edge a patch covers a pixel as far as the pixel's tone tells, which places it to a fraction of a pixel
    share = np.where(patches.inner, np.float32(1), np.clip(tone, 0.01, 1))
    cover = np.zeros(kinds.shape, np.float32)
    cover.ravel()[patches.spots] = share
    rows, column = np.divmod(patches.spots, WIDE)
    area = np.bincount(patches.owner, share, total).astype(float)
    x, y = (
        np.bincount(patches.owner, share * place, total) / area for place in (column, rows % WIDE)
    )
    shape, overlap, r = match(cover, patches.number, picture, x, y, area)
    size = (r >= SMALL_BELOW).astype(np.int64)

    order = np.lexsort((-area, picture))
    count = np.bincount(picture, minlength=n)
    rank = np.arange(total) - (np.cumsum(count) - count)[picture[order]]
    order, slot = order[rank < MOST], (picture[order][rank < MOST], rank[rank < MOST])
    columns = []
    for values, empty in (
        (shape, -1),
        (colour, -1),
        (size, -1),
        (x, 0),
        (y, 0),
        (r, 0),
        (overlap, 0),
    ):
        table = np.full((n, MOST), empty, values.dtype)
        table[slot] = values[order]
        columns.append(table)
    return *columns, count, style


def _at(images: NDArray[np.uint8], spots: _Ints) -> NDArray[np.float32]:
    """Opponent colours at flat positions of the widened stack, (len(spots), 3)."""
    rows, x = np.divmod(spots, WIDE)
    picture, y = np.divmod(rows, WIDE)
    return (
        images.reshape(-1, 3).take((picture * SIDE + y) * SIDE + x, axis=0).astype(np.float32)
        @ _OPPONENT
    )


def _tone(
    pixels: NDArray[np.float32], patches: Patches, of: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Pixels (P, 3), relative to the ground, along the mean of those of their patch that are in the mask `of`: (P,)."""
    owner, chosen, total = patches.owner[of], pixels[of], len(patches.picture)
    ink = np.stack([np.bincount(owner, chosen[:, c], total) for c in range(3)], 1).astype(float)
    ink /= np.maximum(np.bincount(owner, minlength=total), 1)[:, None]
    ink /= np.maximum((ink * ink).sum(1, keepdims=True), 1)
    return np.einsum("pc,pc->p", pixels, ink.astype(np.float32)[patches.owner])


def _ground(
    images: NDArray[np.uint8], kinds: NDArray[np.uint8], patches: Patches
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """What objects stand out from, in opponent colours (N, 3); whether it is a dark board, an outline, both (N,)."""
    n = len(images)
    few = kinds[:, :SIDE:4, :SIDE:4]  # the ground is smooth: one pixel in sixteen tells its colour
    board = (few == BOARD).sum((1, 2)) > (few == PAPER).sum((1, 2))
    bare = (few == np.where(board, BOARD, PAPER)[:, None, None]).astype(np.float32)
    ground = np.einsum("nyx,nyxc->nc", bare, images[:, ::4, ::4].astype(np.float32)) @ _OPPONENT
    ground /= np.maximum(bare.sum((1, 2)), 1)[:, None]

    where = patches.picture[patches.owner]
    dark, light = (np.bincount(where[patches.kind == kind], minlength=n) for kind in (BOARD, PAPER))
    outlined = (dark > _OUTLINED * (dark + light)) & ~board
    ground[outlined] = 0.0  # black
    return ground, board, outlined
