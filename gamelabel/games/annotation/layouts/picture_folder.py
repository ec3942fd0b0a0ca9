"""Pictures that answers name, from the folder that the user gave and from nowhere else.

Names come from archives of others: one that led out of the folder could bring any picture of this
computer into what is written and passed on.
"""

from __future__ import annotations

import re
from pathlib import Path

from gamelabel.tables.picture_files import (
    from_literal,
    is_literal,
    path_of_address,
    picture_suffix,
)
from gamelabel.tables.rows import RejectedRow

_CURE = "put the picture into the folder, and name it by its path there"
_SEPARATORS = re.compile(r"[/\\]")
_WINDOWS_ROOT = re.compile(r"[A-Za-z]:|\\")  # a drive, a share, or the root of this drive


def picture_in_folder(name: str, folder: Path) -> bytes:
    """Return the file of a picture in a folder.

    Parameters
    ----------
    name : str
        A path in the folder, the address of an upload (whose file is looked for in the folder, with
        and without the folders of the address), or a data URI.
    folder : Path
        The folder.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    RejectedRow
        If the name leads out of the folder, also by a symbolic link; if there is no such file in
        it; or if the file is damaged.

    Examples
    --------
    >>> picture_in_folder("../1.png", Path("/pictures"))
    Traceback (most recent call last):
    ...
    gamelabel.tables.rows.RejectedRow: : names '../1.png', which leads out of /pictures: put the ...
    """
    content = _read(name, folder)
    try:
        picture_suffix(content)
    except RejectedRow as rejection:
        [(_, reason)] = rejection.faults
        reason = f"names {name!r:.100}, but {reason}: save it as PNG in the folder"
        raise RejectedRow(("", reason)) from rejection
    return content


def picture_to_write(name: str, folder: Path) -> bytes:
    """Return the file of a picture in a folder, for a writer that needs all of them.

    Parameters
    ----------
    name : str
        See `picture_in_folder`.
    folder : Path
        The folder.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ValueError
        If it cannot be had; the message says why, and what to do.
    """
    try:
        return _read(name, folder)
    except RejectedRow as rejection:
        [(_, reason)] = rejection.faults
        raise ValueError(f"an answer {reason}") from rejection


def _read(name: str, folder: Path) -> bytes:
    if is_literal(name):
        return from_literal(name)
    folder = folder.absolute()
    leads_out = RejectedRow(("", f"names {name!r:.100}, which leads out of {folder}: {_CURE}"))
    stored = path_of_address(name)
    if any(map(_leads_up, (name, stored))) or _WINDOWS_ROOT.match(name):
        raise leads_out
    root, is_elsewhere = folder.resolve(), False
    for candidate in (name, stored.lstrip("/"), _SEPARATORS.split(stored)[-1]):
        try:
            file = (root / candidate).resolve()
            is_file = file.is_file()
        except (OSError, ValueError, RuntimeError):  # too long, a null byte, links in a circle
            continue
        if is_file and file.is_relative_to(root):
            return file.read_bytes()
        is_elsewhere |= is_file
    if is_elsewhere:
        raise leads_out
    raise RejectedRow(("", f"names {name!r:.100}, which is not in {folder}: {_CURE}"))


def _leads_up(path: str) -> bool:
    return ".." in _SEPARATORS.split(path)
