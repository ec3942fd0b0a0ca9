"""Many small pictures on one sheet that a person can look at."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def contact_sheet(
    pictures: Iterable[NDArray[np.uint8]],
    path: Path,
    columns: int = 8,
    scale: int = 2,
    gap: int = 4,
) -> None:
    """Write N pictures of one size (H, W, 3) as a grid on white, each pixel `scale` pixels wide."""
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
