"""Pictures are shown as a viewer shows them: turned, on white, and never with wrong brightness."""

import io

import numpy as np
import pytest
from PIL import Image

from gamelabel.tables.upright_pictures import upright_rgb, upright_size

ORIENTATION = 0x0112
# where the red pixel of the upper left corner is seen: column and row, in a picture of 3 x 2
SEEN = {
    1: (0, 0),
    2: (-1, 0),
    3: (-1, -1),
    4: (0, -1),
    5: (0, 0),
    6: (-1, 0),
    7: (-1, -1),
    8: (0, -1),
}


@pytest.mark.parametrize("orientation", SEEN)
def test_pictures_of_a_phone_are_turned_as_their_exif_data_says(orientation):
    picture = Image.new("RGB", (3, 2))
    picture.putpixel((0, 0), (255, 0, 0))
    exif = picture.getexif()
    exif[ORIENTATION] = orientation
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif)
    with Image.open(file) as stored:
        size, upright = upright_size(stored), upright_rgb(stored)
    assert size == upright.size == ((3, 2) if orientation < 5 else (2, 3))
    column, row = SEEN[orientation]
    assert np.asarray(upright)[row, column].tolist() == [255, 0, 0]
    assert np.asarray(upright).sum() == 255


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_pixels_are_white(mode):
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (0, 0, 0, 255))
    assert np.asarray(upright_rgb(picture.convert(mode)))[0, :, 1].tolist() == [255, 0]


def test_a_transparent_color_of_a_palette_is_white():
    file = io.BytesIO()
    Image.new("P", (1, 1)).save(file, "PNG", transparency=0)
    with Image.open(file) as picture:
        assert upright_rgb(picture).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_pictures_of_unknown_brightness_are_refused(dtype):
    picture = Image.fromarray(np.zeros((2, 2), dtype))
    with pytest.raises(ValueError, match=r"more than 8 bits a channel .*: save it with 8 bits"):
        upright_rgb(picture)
