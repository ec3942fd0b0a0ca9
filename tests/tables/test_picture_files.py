import io

import numpy as np
from PIL import Image

from gamelabel.tables.picture_files import from_literal, to_literal


def test_a_png_becomes_a_jpeg_with_the_colors_of_every_column() -> None:
    """Red and blue columns of one pixel: a JPEG that halves the resolution of colors mixes them."""
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, ::2] = (200, 40, 40)
    pixels[:, 1::2] = (40, 40, 200)
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    with Image.open(io.BytesIO(from_literal(to_literal(png.getvalue())))) as image:
        error = np.asarray(image).astype(int) - pixels
    assert abs(error).max() <= 10
