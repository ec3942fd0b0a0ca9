"""Pictures as bytes for a browser: lossless, and as small as what changed.

A message is one picture. Numbers are little endian.

====== ======= ==================================================================================
offset type    meaning
====== ======= ==================================================================================
0      uint8   kind: 0 the picture is as before, 1 whole, 2 changed rows, 3 PNG
1      uint32  number of the frame, which clients send back with their actions
5      uint16  width in pixels
7      uint16  height in pixels
9      uint16  n, number of colors that the message adds to the palette (0 for kinds 0 and 3)
11     bytes   body
====== ======= ==================================================================================

The body of kind 0 is empty, of kind 3 a PNG file in RGB. Of kinds 1 and 2 it is a zlib stream
(``DecompressionStream("deflate")`` in a browser) of these parts, one after the other:

1. 3 n bytes: red, green and blue of the colors to add. In kind 1 the palette starts anew with
   them; in kind 2 they are appended to it.
2. kind 2 only, ceil(height / 8) bytes: a bit for each row, whether it changed. Row r is bit
   r % 8, counted from the least significant, of byte r // 8.
3. height x width bytes (kind 1), or width bytes for each changed row from the top (kind 2): the
   palette index of each pixel.

Kinds 0 and 2 say what differs from the message before. A receiver that missed a message, or
received one of kind 3 before, needs one of kind 1 or 3 next.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.pictures import ScreenPicture, changed_rows

HEADER = struct.Struct("<BIHHH")
KIND_SAME, KIND_WHOLE, KIND_ROWS, KIND_PNG = range(4)
_LEVEL = 1  # higher levels take several times as long and save a few percent


def encode(picture: ScreenPicture, previous: ScreenPicture | None, frame: int) -> bytes:
    """Return a picture as a message for a receiver that has the previous one.

    Parameters
    ----------
    picture : ScreenPicture
        The picture to send.
    previous : ScreenPicture or None
        The picture that was sent last, with a palette that begins `picture`'s; None to send it
        whole.
    frame : int
        Its frame's number.

    Returns
    -------
    bytes
        See the module's documentation.

    Examples
    --------
    >>> palette = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    >>> black = ScreenPicture(np.zeros((210, 160), np.uint8), palette)
    >>> dot = ScreenPicture(black.pixels.copy(), palette)
    >>> dot.pixels[100, 80] = 1
    >>> whole, change = encode(black, None, frame=0), encode(dot, black, frame=1)
    >>> len(change) < len(whole) < 250
    True
    >>> decoder = FrameDecoder()
    >>> _ = decoder.decode(whole)
    >>> bool((decoder.decode(change) == dot.rgb()).all())
    True
    """
    height, width = picture.pixels.shape[:2]
    same_form = previous is not None and previous.pixels.shape == picture.pixels.shape
    if same_form and previous is not None:
        rows = changed_rows(picture.pixels, previous.pixels)
        if not rows.any():
            return HEADER.pack(KIND_SAME, frame, width, height, 0)
    if picture.palette is None:
        return HEADER.pack(KIND_PNG, frame, width, height, 0) + _png(picture.pixels)
    if same_form and previous is not None and previous.palette is not None:
        new = picture.palette[len(previous.palette) :]
        mask = np.packbits(rows, bitorder="little")
        body = new.tobytes() + mask.tobytes() + picture.pixels[rows].tobytes()
        return HEADER.pack(KIND_ROWS, frame, width, height, len(new)) + zlib.compress(body, _LEVEL)
    body = picture.palette.tobytes() + picture.pixels.tobytes()
    return HEADER.pack(KIND_WHOLE, frame, width, height, len(picture.palette)) + zlib.compress(
        body, _LEVEL
    )


class FrameDecoder:
    """Makes pictures of the messages of one game, as a browser does."""

    def __init__(self) -> None:
        self.frame = -1
        self._palette = np.zeros((0, 3), np.uint8)
        self._pixels: NDArray[np.uint8] | None = None

    def decode(self, message: bytes) -> NDArray[np.uint8]:
        """Return the picture after a message as RGB, shape (height, width, 3).

        Raises
        ------
        ValueError
            If the message does not follow from those before it, or is malformed.
        """
        if len(message) < HEADER.size:
            raise ValueError(
                f"a frame message has at least {HEADER.size} bytes, not {len(message)}"
            )
        kind, self.frame, width, height, colors = HEADER.unpack_from(message)
        body = message[HEADER.size :]
        if kind in (KIND_SAME, KIND_ROWS) and (
            self._pixels is None or self._pixels.shape[:2] != (height, width)
        ):
            raise ValueError(f"frame {self.frame} is a change, but the picture before is missing")
        if kind == KIND_PNG:
            self._pixels = _read_png(body)
        elif kind in (KIND_WHOLE, KIND_ROWS):
            self._apply(kind, zlib.decompress(body), width, height, colors)
        elif kind != KIND_SAME:
            raise ValueError(
                f"frame {self.frame} is of kind {kind}; there are {KIND_SAME} to {KIND_PNG}"
            )
        assert self._pixels is not None
        return self._pixels if self._pixels.ndim == 3 else self._palette[self._pixels]

    def _apply(self, kind: int, body: bytes, width: int, height: int, colors: int) -> None:
        data = np.frombuffer(body, np.uint8)
        added, data = data[: 3 * colors].reshape(-1, 3), data[3 * colors :]
        if kind == KIND_WHOLE:
            self._palette, self._pixels = added, data.reshape(height, width).copy()
            return
        if self._pixels is None or self._pixels.ndim != 2:
            raise ValueError(f"frame {self.frame} has changed rows, but the one before no palette")
        self._palette = np.concatenate([self._palette, added])
        size = -(-height // 8)
        rows = np.unpackbits(data[:size], count=height, bitorder="little").astype(bool)
        self._pixels[rows] = data[size:].reshape(-1, width)


def _png(rgb: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG", compress_level=_LEVEL)
    return file.getvalue()


def _read_png(content: bytes) -> NDArray[np.uint8]:
    from PIL import Image

    return np.array(Image.open(io.BytesIO(content)).convert("RGB"))
