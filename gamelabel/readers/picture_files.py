"""Pictures that come with outside labels, or go with ours: decoded once to see that they are whole, written whole."""

from __future__ import annotations

import base64
import binascii
import io
import os
from pathlib import Path

from gamelabel.readers.reading import Rejection

_KINDS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


def kind_of(content: bytes, kinds: tuple[str, ...] = ("JPEG", "PNG", "WEBP")) -> str:
    """The suffix of a picture's format, its content seen to decode to its last row; else Rejection is raised."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=list(kinds)) as image:
            image.load()
            return _KINDS[str(image.format)]
    except Exception as error:  # Pillow raises what its decoders raise
        reason = (
            "is cut off"
            if "truncated" in str(error)
            else f"is no {' or '.join(kinds)} that can be read"
        )
        raise Rejection(("", f"the picture {reason}")) from error


def from_literal(cell: str) -> bytes:
    """The JPEG in base64 in the text of a Python bytes literal, as GameLabel-10K has it. Raises Rejection."""
    text = cell.strip()
    if text[:2] in ("b'", 'b"'):
        if len(text) < 3 or text[-1] != text[1]:
            raise Rejection(("", "has no closing quote: the file may be cut off here"))
        text = text[2:-1]
    if not text:
        raise Rejection(("", "is empty"))
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Rejection(("", "is no base64")) from None
    kind_of(content, ("JPEG",))
    return content


def to_literal(content: bytes) -> str:
    """A picture in base64 in the text of a Python bytes literal; one that is no JPEG becomes one, of quality 95."""
    from PIL import Image

    if not content.startswith(b"\xff\xd8"):
        made = io.BytesIO()
        with Image.open(io.BytesIO(content)) as image:
            image.convert("RGB").save(made, "JPEG", quality=95, subsampling=0)
        content = made.getvalue()
    return f"b'{base64.b64encode(content).decode()}'"


def write_picture(path: Path, content: bytes) -> None:
    """Write a picture, all of it or nothing; one that is there already is not written again. Raises OSError."""
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OSError(
            f"cannot write {path}: {error}; free some space or choose another folder, then run again"
        ) from error
