"""Many small pictures on one sheet, and those of a sheet again."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.draw import SIDE

_SCALE, _GAP = 2, 4


def contact_sheet(
    pictures: Iterable[NDArray[np.uint8]],
    path: Path,
    columns: int = 8,
    scale: int = _SCALE,
    gap: int = _GAP,
) -> None:
    """Write pictures as a grid on white.

    Parameters
    ----------
    pictures : iterable of array, uint8 (H, W, 3)
        At least one picture; all have the same size.
    path : Path
        The image file to write.
    columns : int
        Pictures in a row.
    scale : int
        Enlargement: pixels of the sheet for each pixel of a picture.
    gap : int
        Pixels of the sheet between pictures.

    Examples
    --------
    >>> import tempfile
    >>> from gamelabel.scenes.draw import draw
    >>> from gamelabel.scenes.grammar import parse
    >>> folder = Path(tempfile.mkdtemp())
    >>> contact_sheet([draw(parse("a blue star"), seed) for seed in range(8)], folder / "stars.png")
    """
    from PIL import Image

    tiles = list(pictures)
    side = tiles[0].shape[0] * scale
    columns = min(columns, len(tiles))
    rows = ceil(len(tiles) / columns)
    sheet = Image.new("RGB", (columns * (side + gap) + gap, rows * (side + gap) + gap), "white")
    for i, picture in enumerate(tiles):
        row, column = divmod(i, columns)
        tile = Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(tile, (gap + column * (side + gap), gap + row * (side + gap)))
    sheet.save(path)


def sheet_pictures(sheet: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the pictures of a sheet that `contact_sheet` wrote; none of another image.

    Parameters
    ----------
    sheet : array, uint8 (H, W, 3)
        A sheet of pictures of the drawn world, with the default scale and gap.

    Returns
    -------
    list of array, uint8 (64, 64, 3)
        In the order of the sheet.

    Examples
    --------
    >>> len(sheet_pictures(np.zeros((136, 268, 3), np.uint8)))
    2
    >>> sheet_pictures(np.zeros((64, 64, 3), np.uint8))
    []
    """
    pitch = _SCALE * SIDE + _GAP
    rows, columns = (length // pitch for length in sheet.shape[:2])
    if sheet.shape[:2] != (rows * pitch + _GAP, columns * pitch + _GAP):
        return []
    places = [(row, column) for row in range(rows) for column in range(columns)]
    corners = [(_GAP + row * pitch, _GAP + column * pitch) for row, column in places]
    end = _SCALE * SIDE
    tiles = [sheet[y : y + end : _SCALE, x : x + end : _SCALE] for y, x in corners]
    return [tile for tile in tiles if (tile != 255).any()]  # the last row may have empty places
