"""Pictures as people see them: upright, in RGB, on white where they are transparent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATION = 0x0112  # the EXIF tag of cameras and phones
_ON_ITS_SIDE = (5, 6, 7, 8)


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """Return width and height of a picture as it is seen; its pixels are not read.

    Examples
    --------
    >>> from PIL import Image
    >>> upright_size(Image.new("RGB", (8, 6)))
    (8, 6)
    """
    width, height = picture.size
    is_on_its_side = picture.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
    return (height, width) if is_on_its_side else (width, height)


def check_depth(picture: Image.Image) -> None:
    """Raise ValueError if a picture has more than 8 bits a channel.

    Which of its values are black and white is not known, so it would be shown too light or dark.
    Pillow reads 16-bit pictures in color with 8 bits, which is right.
    """
    if picture.mode[0] in "IF":
        raise ValueError(
            f"it has more than 8 bits a channel (mode {picture.mode}), of which nobody knows which "
            "values are black and white: save it with 8 bits"
        )


def upright_rgb(picture: Image.Image) -> Image.Image:
    """Return a picture turned as its EXIF data says, in RGB, on white where it is transparent.

    Parameters
    ----------
    picture : PIL.Image.Image
        The picture, of any mode; of an animation the first frame.

    Raises
    ------
    ValueError
        If it has more than 8 bits a channel.

    Examples
    --------
    >>> from PIL import Image
    >>> upright_rgb(Image.new("RGBA", (1, 1), (255, 0, 0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    from PIL import Image, ImageOps

    check_depth(picture)
    upright = ImageOps.exif_transpose(picture)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    white = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(white, upright.convert("RGBA")).convert("RGB")
