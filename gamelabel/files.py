"""Files written whole or not at all, and their hashes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_DISK_FULL = re.compile(r"No space left|[Qq]uota exceeded|ENOSPC|no room for")
_LEAST_FREE_BYTES = 10**6  # some programs do not say why they could not write


def snake(text: str) -> str:
    """Return a text as the name of a file or a result: "DPO, own noise" -> "dpo_own_noise"."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that replaces it when the block ends without an error.

    Readers see the old file or the new one, never a part. The folder is created if needed. On an
    error the temporary file is removed and `path` stays as it was.

    Parameters
    ----------
    path : str or Path
        The file to write.

    Yields
    ------
    Path
        Where to write. It has the suffix of `path`, since some libraries choose a format by it.

    Raises
    ------
    OSError
        If the file cannot be written; the message names `path`.
    """
    path = Path(path)
    owner = f"{os.getpid()}-{threading.get_ident()}"
    partial = path.with_name(f".{path.stem}.{owner}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):  # the file, or its folder, may not exist
            partial.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise OSError(error.errno or errno.EIO, reason, str(path)) from error
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all; see `replacing`."""
    write_bytes(path, text.encode())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file of bytes, whole or not at all; see `replacing`."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def shipped(relative: str) -> Path:
    """Return the path of a file or folder that ships with the project.

    Parameters
    ----------
    relative : str
        The path in the repository, such as ``"data/models/scenes-flux"``.

    Returns
    -------
    Path
        The repository's own file if the package lies in a checkout, else the copy that the wheel
        carries (``[tool.hatch.build.targets.wheel.force-include]`` in ``pyproject.toml``).
    """
    package = Path(__file__).parent
    packaged = package / "_shipped" / relative
    return packaged if packaged.exists() else package.parent / relative


def full_disk_message(folder: Path, error: str = "") -> str:
    """Return a sentence for a full disk; empty if the disk of the folder is not full.

    Parameters
    ----------
    folder : Path
        A folder that a program could not write to.
    error : str
        What the program said, whichever program it was.
    """
    if not folder.is_dir():
        return ""
    free = shutil.disk_usage(folder).free
    if not _DISK_FULL.search(error) and free >= _LEAST_FREE_BYTES:
        return ""
    return (
        f"the disk of {folder} is full ({free / 1e6:,.1f} MB free): free some space and run the"
        " same command again; it resumes there"
    )
