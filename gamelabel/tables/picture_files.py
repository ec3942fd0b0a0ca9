"""Picture files that come with labels: decoded once to see that they are complete."""

from __future__ import annotations

import base64
import binascii
import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd

from gamelabel.files import write_bytes
from gamelabel.tables.rows import RejectedRow

_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_JPEG_START = b"\xff\xd8"
# the letters for addresses, and the blanks of wrapped lines
_TO_BASE64 = str.maketrans("-_", "+/", " \t\r\n")


def picture_suffix(content: bytes) -> str:
    """Return the file suffix of a picture that decodes to its last row.

    Parameters
    ----------
    content : bytes
        The file.

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
        with Image.open(io.BytesIO(content), formats=list(_SUFFIXES)) as image:
            image.load()
            return _SUFFIXES[str(image.format)]
    except Exception as error:  # Pillow raises what its decoders raise
        reason = f"is not a readable {' or '.join(_SUFFIXES)}"
        if "truncated" in str(error):
            reason = "is truncated"
        raise RejectedRow(("", f"the picture {reason}")) from error


def suffix_of(content: bytes) -> str:
    r"""Return the file suffix of a picture that is known to be readable, by its first bytes.

    >>> suffix_of(b"\x89PNG...")
    'png'
    """
    if content.startswith(_JPEG_START):
        return "jpg"
    return "png" if content.startswith(b"\x89PNG") else "webp"


def is_literal(name: str) -> bool:
    """Return whether the name of a picture is the picture itself: a data URI or a bytes literal.

    >>> [is_literal(name) for name in ("data:image/png;base64,iVBO", "b'/9j/'", "1.png")]
    [True, True, False]
    """
    return name[:5].lower() == "data:" or name[:2] in ("b'", 'b"')


def path_of_address(name: str) -> str:
    """Return the path of a file that an address stores, such as that of an upload.

    >>> [path_of_address(name) for name in ("/data/local-files/?d=set/1.png", "http://[", "1.png")]
    ['set/1.png', 'http://[', '1.png']
    """
    try:
        address = urlsplit(name)
    except ValueError:  # not an address
        return name
    return parse_qs(address.query).get("d", [unquote(address.path)])[0]


def from_literal(cell: str) -> bytes:
    """Decode a picture from base64 in a Python bytes literal, the form that GameLabel-10K uses.

    Other forms of base64 are decoded too: plain, with line breaks, with the letters for addresses
    (- and _), and data URIs.

    Parameters
    ----------
    cell : str
        Such as "b'/9j/4AAQSkZJRg…'".

    Returns
    -------
    bytes
        The file.

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
        text = text[2:-1].replace("\\n", "")
    elif text[:5].lower() == "data:":
        text = text.partition(",")[2]
        text = unquote(text) if "%" in text else text
    if not text:
        raise RejectedRow(("", "is empty"))
    if not text.isascii():
        raise RejectedRow(("", "is not base64"))
    letters = text.translate(_TO_BASE64)
    if "=" not in letters:  # addresses leave the padding out
        letters += "=" * (-len(letters) % 4)
    try:
        content = base64.b64decode(letters, validate=True)
    except (binascii.Error, ValueError):
        raise RejectedRow(("", "is not base64")) from None
    picture_suffix(content)
    return content


def picture_content(value: Any) -> bytes:
    """Return the file of a picture in any form that a column of a table may have.

    Parameters
    ----------
    value : bytes, str or dict
        The file itself, its base64 as read by `from_literal`, or a struct with `bytes`, the form
        of the datasets library.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    RejectedRow
        If there is no picture, only its name, or it is damaged.

    Examples
    --------
    >>> picture_content({"bytes": None, "path": "1.png"})
    Traceback (most recent call last):
    ...
    gamelabel.tables.rows.RejectedRow: : has only the name of a picture, 1.png, and not its content
    """
    if isinstance(value, dict):
        if value.get("bytes") is None:
            name = value.get("path")
            reason = f"has only the name of a picture, {name}, and not its content"
            raise RejectedRow(("", reason if name else "is empty"))
        value = value["bytes"]
    if isinstance(value, str):
        return from_literal(value)
    if not isinstance(value, (bytes, bytearray, memoryview)):
        missing = value is None or value != value  # NaN
        raise RejectedRow(("", "is empty" if missing else "is not a picture"))
    content = bytes(value)
    picture_suffix(content)
    return content


def named_picture(name: str, folder: Path) -> bytes:
    """Return the file of a picture that a table or an export names.

    Parameters
    ----------
    name : str
        A path in the folder or an absolute one, the address of an upload (whose file is looked for
        in the folder, with and without the folders of the address), or a data URI.
    folder : Path
        Where to look.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    RejectedRow
        If there is no such file, or it is damaged.

    Examples
    --------
    >>> named_picture("/data/local-files/?d=set/1.png", Path("nowhere"))
    Traceback (most recent call last):
    ...
    gamelabel.tables.rows.RejectedRow: : names '/data/local-files/?d=set/1.png', but there is no ...
    """
    if is_literal(name):
        return from_literal(name)
    stored = path_of_address(name)
    candidates = [folder / name, folder / stored.lstrip("/"), folder / Path(stored).name]
    for path in candidates:
        if path.is_file():
            return picture_content(path.read_bytes())
    raise RejectedRow(("", f"names {name!r}, but there is no file {candidates[0].absolute()}"))


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
