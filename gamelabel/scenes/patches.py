"""Which pixels of a picture are coloured, and which of them hang together: the patches that may be objects.

Pictures are handled as a stack in which each is widened by one row and one column of nothing, so that neighbouring
pixels of two pictures never touch and whole batches are labelled, shifted and compared at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gamelabel.scenes.draw import HUES, SIDE
from gamelabel.scenes.grammar import COLOURS

WIDE = SIDE + 1
INKS = len(COLOURS)
PAPER, BOARD, NOTHING = 0, INKS + 1, INKS + 2  # kinds of pixel; 1 to INKS are the colours
SPECK = 20  # pixels; the smallest object that `draw` makes covers about 80
_CHROMA = 48  # max - min of RGB from which a pixel is coloured: the most tinted paper has 26, the palest ink 75
_DARK = 95  # max of RGB below which a pixel is board or outline: they have at most 60, the darkest ink 173
_DEPTH = 3  # pixels from the edge, along rows and columns, at which a pixel lies deep: beyond the crayon's rim


@dataclass(frozen=True)
class Patches:
    """The K patches of N pictures, and their P pixels, with those that they cover in part.

    number: int (N, 65, 65), the patch of each pixel, from 1, 0 for none. Of each of the P pixels: spots, the flat
    position in `number`; owner, the patch, from 0; kind; inner, whether it and all its neighbours are coloured; deep,
    whether it lies far from the edge. picture: int (K,).
    """

    number: NDArray[np.int32]
    spots: NDArray[np.int64]
    owner: NDArray[np.int64]
    kind: NDArray[np.uint8]
    inner: NDArray[np.bool_]
    deep: NDArray[np.bool_]
    picture: NDArray[np.int64]


def find(kinds: NDArray[np.uint8]) -> Patches:
    """Find the patches of at least SPECK coloured pixels in the kinds of pixel of N pictures, (N, 65, 65)."""
    coloured = (kinds - np.uint8(1)) < INKS  # paper, 0, wraps to 255
    number = ndimage.label(coloured.reshape(-1, WIDE))[0].reshape(kinds.shape)
    flat = number.ravel()
    spots = np.flatnonzero(flat)
    kept = np.bincount(flat[spots], minlength=1) >= SPECK
    flat[spots] = np.where(kept, np.cumsum(kept), 0)[flat[spots]]
    grown = np.where(kinds == NOTHING, 0, np.where(number > 0, number, _of_neighbours(number)))
    whole = number.ravel() > 0
    inner = _eroded(whole, 1) & _eroded(whole, WIDE)
    across = down = whole
    for _ in range(_DEPTH):
        across, down = _eroded(across, 1), _eroded(down, WIDE)
    spots = np.flatnonzero(grown)
    owner = grown.ravel()[spots].astype(np.int64) - 1
    picture = np.zeros(int(kept.sum()), np.int64)
    picture[owner] = spots // WIDE**2
    return Patches(
        grown, spots, owner, kinds.ravel()[spots], inner[spots], (across & down)[spots], picture
    )


def _of_neighbours(number: NDArray[np.int32]) -> NDArray[np.int32]:
    """Largest of the four neighbours of each pixel."""
    flat, largest = number.ravel(), np.zeros(number.size, np.int32)
    for step in (1, WIDE):
        np.maximum(largest[step:], flat[:-step], out=largest[step:])
        np.maximum(largest[:-step], flat[step:], out=largest[:-step])
    return largest.reshape(number.shape)


def _eroded(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Pixels of a flat mask whose neighbours at a distance of `step`, before and behind, are in it too."""
    smaller = np.zeros_like(mask)
    smaller[step:-step] = mask[step:-step] & mask[: -2 * step] & mask[2 * step :]
    return smaller


@cache
def _kind_of_rgb() -> NDArray[np.uint8]:
    """Kind of pixel by RGB, five bits a channel: (32768,)."""
    levels = np.arange(4, 256, 8)
    r, g, b = (channel.ravel() for channel in np.meshgrid(levels, levels, levels, indexing="ij"))
    top, chroma = np.maximum(np.maximum(r, g), b), np.ptp((r, g, b), axis=0)
    turn = 60.0 / np.maximum(chroma, 1)
    hue = np.select(
        [top == r, top == g], [(g - b) * turn, (b - r) * turn + 120], (r - g) * turn + 240
    )
    apart = np.abs((hue[:, None] - np.array(list(HUES.values())) + 180) % 360 - 180)
    kinds = np.where(chroma >= _CHROMA, 1 + apart.argmin(1), PAPER)  # the colour of the nearest hue
    return np.where(top < _DARK, BOARD, kinds).astype(np.uint8)


def kinds_of(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Kind of every pixel of N pictures, uint8 (N, 64, 64, 3) -> (N, 65, 65); the last row and column are nothing."""
    five = (images >> 3).astype(np.uint16)
    kinds = np.full((len(images), WIDE, WIDE), NOTHING, np.uint8)
    kinds[:, :SIDE, :SIDE] = _kind_of_rgb()[
        (five[..., 0] << 10) | (five[..., 1] << 5) | five[..., 2]
    ]
    return kinds
