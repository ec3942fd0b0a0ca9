"""Many small pictures on one sheet."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def contact_sheet(
    pictures: Iterable[NDArray[np.uint8]],
    path: Path,
    columns: int = 8,
    scale: int = 2,
    gap: int = 4,
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
        tile = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
        sheet.paste(tile, (gap + column * (side + gap), gap + row * (side + gap)))
    sheet.save(path)
