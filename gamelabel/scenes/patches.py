"""Which pixels of a picture are coloured, and which are connected: patches that may be objects.

Pictures are a stack in which each is padded by one row and one column, so that pixels of two
pictures are never neighbours, and whole batches are labelled, shifted and compared at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gamelabel.scenes.draw import HUES, SIDE
from gamelabel.scenes.grammar import COLOURS

PADDED_SIDE = SIDE + 1
N_COLOURS = len(COLOURS)
PAPER, BOARD, PADDING = 0, N_COLOURS + 1, N_COLOURS + 2  # kinds of pixel; 1 to 6 are the colours
MIN_PATCH_PIXELS = 20  # the smallest object that `draw` makes covers about 80
_CHROMA = 48  # max - min of RGB from which a pixel is coloured; paper has up to 26, ink at least 75
_DARK = (
    95  # max of RGB below which a pixel is board or outline; they have up to 60, ink at least 173
)
_DEPTH = 3  # pixels from the edge, along rows and columns, that lie beyond the crayon's rim


@dataclass(frozen=True)
class Patches:
    """The K patches of N pictures, and the P pixels that they cover entirely or in part.

    Attributes
    ----------
    number : int32 (N, 65, 65)
        The patch of each pixel, counted from 1; 0 for none.
    pixels : int64 (P,)
        Flat positions of the covered pixels in `number`.
    owner : int64 (P,)
        The patch of each covered pixel, counted from 0.
    kind : uint8 (P,)
        The kind of each covered pixel.
    inner : bool (P,)
        Whether the pixel and all its neighbours are coloured.
    deep : bool (P,)
        Whether the pixel lies far from the edge.
    picture : int64 (K,)
        The picture of each patch.
    """

    number: NDArray[np.int32]
    pixels: NDArray[np.int64]
    owner: NDArray[np.int64]
    kind: NDArray[np.uint8]
    inner: NDArray[np.bool_]
    deep: NDArray[np.bool_]
    picture: NDArray[np.int64]


def find_patches(kinds: NDArray[np.uint8]) -> Patches:
    """Find the connected patches of at least `MIN_PATCH_PIXELS` coloured pixels.

    `kinds`, uint8 (N, 65, 65), are those that `pixel_kinds` returns.

    >>> from gamelabel.scenes.draw import draw
    >>> from gamelabel.scenes.grammar import parse
    >>> find_patches(pixel_kinds(draw(parse("three stars"), 0)[None])).picture
    array([0, 0, 0])
    """
    coloured = (kinds - np.uint8(1)) < N_COLOURS  # paper, 0, wraps to 255
    number = ndimage.label(coloured.reshape(-1, PADDED_SIDE))[0].reshape(kinds.shape)
    flat = number.ravel()
    pixels = np.flatnonzero(flat)
    large_enough = np.bincount(flat[pixels], minlength=1) >= MIN_PATCH_PIXELS
    flat[pixels] = np.where(large_enough, np.cumsum(large_enough), 0)[flat[pixels]]
    grown = np.where(number > 0, number, _largest_neighbour(number))
    grown = np.where(kinds == PADDING, 0, grown)
    covered = number.ravel() > 0
    inner = _eroded(covered, 1) & _eroded(covered, PADDED_SIDE)
    across = down = covered
    for _ in range(_DEPTH):
        across, down = _eroded(across, 1), _eroded(down, PADDED_SIDE)
    pixels = np.flatnonzero(grown)
    owner = grown.ravel()[pixels].astype(np.int64) - 1
    picture = np.zeros(int(large_enough.sum()), np.int64)
    picture[owner] = pixels // PADDED_SIDE**2
    kind, deep = kinds.ravel()[pixels], (across & down)[pixels]
    return Patches(grown, pixels, owner, kind, inner[pixels], deep, picture)


def _largest_neighbour(number: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the largest of the four neighbours of each pixel."""
    flat, largest = number.ravel(), np.zeros(number.size, np.int32)
    for step in (1, PADDED_SIDE):
        np.maximum(largest[step:], flat[:-step], out=largest[step:])
        np.maximum(largest[:-step], flat[step:], out=largest[:-step])
    return largest.reshape(number.shape)


def _eroded(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Keep the pixels of a flat mask whose neighbours at a distance of `step` are in it too."""
    smaller = np.zeros_like(mask)
    smaller[step:-step] = mask[step:-step] & mask[: -2 * step] & mask[2 * step :]
    return smaller


@cache
def _kind_of_rgb() -> NDArray[np.uint8]:
    """Return the kind of pixel by RGB, five bits a channel: (32768,)."""
    levels = np.arange(4, 256, 8)
    r, g, b = (channel.ravel() for channel in np.meshgrid(levels, levels, levels, indexing="ij"))
    top, chroma = np.maximum(np.maximum(r, g), b), np.ptp((r, g, b), axis=0)
    turn = 60.0 / np.maximum(chroma, _CHROMA)  # paler pixels are paper, whatever their hue
    hue = np.select(
        [top == r, top == g], [(g - b) * turn, (b - r) * turn + 120], (r - g) * turn + 240
    )
    distance = np.abs((hue[:, None] - np.array(list(HUES.values())) + 180) % 360 - 180)
    kinds = np.where(chroma >= _CHROMA, 1 + distance.argmin(1), PAPER)
    return np.where(top < _DARK, BOARD, kinds).astype(np.uint8)


def pixel_kinds(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Classify every pixel: uint8 (N, 64, 64, 3) -> (N, 65, 65), the last row and column padding.

    A kind is `PAPER`, `BOARD` (dark), `PADDING`, or 1 + an index into `COLOURS`.

    >>> red_and_white = np.full((1, 64, 64, 3), 255, np.uint8)
    >>> red_and_white[0, 0, 0] = (210, 30, 40)
    >>> pixel_kinds(red_and_white)[0, 0, :3]
    array([1, 0, 0], dtype=uint8)
    """
    five = (images >> 3).astype(np.uint16)
    index = (five[..., 0] << 10) | (five[..., 1] << 5) | five[..., 2]
    kinds = np.full((len(images), PADDED_SIDE, PADDED_SIDE), PADDING, np.uint8)
    kinds[:, :SIDE, :SIDE] = _kind_of_rgb()[index]
    return kinds
