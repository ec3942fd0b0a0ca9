"""Picture files that come with labels: decoded once to see that they are complete."""

from __future__ import annotations

import base64
import binascii
import io
from pathlib import Path

import pandas as pd

from gamelabel.files import write_bytes
from gamelabel.tables.rows import RejectedRow

_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_JPEG_START = b"\xff\xd8"


def picture_suffix(content: bytes, formats: tuple[str, ...] = tuple(_SUFFIXES)) -> str:
    """Return the file suffix of a picture that decodes to its last row.

    Parameters
    ----------
    content : bytes
        The file.
    formats : tuple of str
        Formats that are accepted, as Pillow names them.

    Returns
    -------
    str
        "jpg", "png" or "webp".

    Raises
    ------
    RejectedRow
        If the picture has another format or is damaged.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(file, "PNG")
    >>> picture_suffix(file.getvalue())
    'png'
    >>> picture_suffix(b"GIF89a")
    Traceback (most recent call last):
    ...
    gamelabel.tables.rows.RejectedRow: : the picture is not a readable JPEG or PNG or WEBP
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=list(formats)) as image:
            image.load()
            return _SUFFIXES[str(image.format)]
    except Exception as error:  # Pillow raises what its decoders raise
        reason = f"is not a readable {' or '.join(formats)}"
        if "truncated" in str(error):
            reason = "is truncated"
        raise RejectedRow(("", f"the picture {reason}")) from error


def from_literal(cell: str) -> bytes:
    """Decode a JPEG from base64 in a Python bytes literal, the form that GameLabel-10K uses.

    Parameters
    ----------
    cell : str
        Such as "b'/9j/4AAQSkZJRg…'".

    Returns
    -------
    bytes
        The JPEG file.

    Raises
    ------
    RejectedRow
        If the text is not of this form or the picture is damaged.

    Examples
    --------
    >>> from_literal("b'/9j/4A")
    Traceback (most recent call last):
    ...
    gamelabel.tables.rows.RejectedRow: : has no closing quotation mark (is the file truncated?)
    """
    text = cell.strip()
    if text[:2] in ("b'", 'b"'):
        if len(text) < 3 or text[-1] != text[1]:
            raise RejectedRow(("", "has no closing quotation mark (is the file truncated?)"))
        text = text[2:-1]
    if not text:
        raise RejectedRow(("", "is empty"))
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RejectedRow(("", "is not base64")) from None
    picture_suffix(content, ("JPEG",))
    return content


def to_literal(content: bytes) -> str:
    """Encode a picture as base64 in a Python bytes literal; see `from_literal`.

    A picture of another format becomes a JPEG of quality 95.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(file, "PNG")
    >>> to_literal(file.getvalue())[:10]
    "b'/9j/4AAQ"
    """
    from PIL import Image

    if not content.startswith(_JPEG_START):
        jpeg = io.BytesIO()
        with Image.open(io.BytesIO(content)) as image:
            image.convert("RGB").save(jpeg, "JPEG", quality=95, subsampling=0)
        content = jpeg.getvalue()
    return f"b'{base64.b64encode(content).decode()}'"


def write_picture(path: Path, content: bytes) -> None:
    """Write a picture; a file with the same content is not written again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "images/1.jpg"
    ...     write_picture(path, b"content")
    ...     path.read_bytes()
    b'content'
    """
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    write_bytes(path, content)


def image_paths(pairs: pd.DataFrame) -> list[str]:
    """Return the different pictures of the table `pairs`, ordered.

    Examples
    --------
    >>> import pandas as pd
    >>> image_paths(pd.DataFrame({"image_a": ["1.png", "1.png"], "image_b": ["2.png", None]}))
    ['1.png', '2.png']
    """
    return sorted({*pairs["image_a"].dropna(), *pairs["image_b"].dropna()})


def require_pictures(pairs: pd.DataFrame, folder: str | Path) -> None:
    """Raise FileNotFoundError if a picture of the table `pairs` is not in the folder.

    Examples
    --------
    >>> import pandas as pd
    >>> require_pictures(pd.DataFrame({"image_a": ["1.png"], "image_b": ["2.png"]}), "nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: /.../nowhere/1.png not found: run the notebook that made the pairs again
    """
    for image in image_paths(pairs):
        path = Path(folder).absolute() / image
        if not path.is_file():
            raise FileNotFoundError(f"{path} not found: run the notebook that made the pairs again")
