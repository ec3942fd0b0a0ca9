"""A full disk, told in one sentence whatever program it was that could not write."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_SAID = re.compile(r"No space left|[Qq]uota exceeded|ENOSPC|no room for")
_LEAST = 10**6  # bytes: some programs do not say why they could not write


def full(folder: Path, said: str = "") -> str:
    """The sentence, where an error said so or the folder's disk has no room left; else empty."""
    if not folder.is_dir():
        return ""
    free = shutil.disk_usage(folder).free
    if not _SAID.search(said) and free >= _LEAST:
        return ""
    return (
        f"the disk of {folder} is full ({free / 1e6:,.1f} MB free): make room, and the same command goes on from there;"
        " what is done is kept"
    )
