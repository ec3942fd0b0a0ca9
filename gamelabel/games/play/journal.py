"""A file that grows while a game is played, of which a crash costs at most the end.

A journal is a line that names the format, then records: the length of the record and its CRC-32
(both uint32, little endian), then a JSON object compressed by zlib. A record that was cut off or
damaged ends the journal: what is before it is good.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORMAT = b"gamelabel journal of a game, format 1\n"
_HEAD = struct.Struct("<II")


class JournalWriter:
    """Appends records to a new journal. Each is in the operating system's hands when written.

    While it is open the file is locked, so that no other process takes it for one that was left.

    Parameters
    ----------
    path : Path
        The file, which must not exist.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.write(FORMAT)

    def write(self, record: dict[str, Any]) -> None:
        """Append a record."""
        content = zlib.compress(json.dumps(record, separators=(",", ":")).encode(), 1)
        self._file.write(_HEAD.pack(len(content), zlib.crc32(content)) + content)

    def close(self) -> None:
        """Write what the operating system holds to the disk, and close."""
        os.fsync(self._file.fileno())
        self._file.close()


def read_journal(path: Path) -> tuple[list[dict[str, Any]], str]:
    """Return the good records of a journal, and what is wrong with its end ("" if nothing).

    Raises
    ------
    ValueError
        If the file is not a journal.
    """
    content = path.read_bytes()
    if not content.startswith(FORMAT):
        raise ValueError(f"{path} is not a journal of a game")
    records: list[dict[str, Any]] = []
    place = len(FORMAT)
    while place < len(content):
        if len(content) - place < _HEAD.size:
            return records, f"cut off in record {len(records) + 1}"
        length, checksum = _HEAD.unpack_from(content, place)
        record = content[place + _HEAD.size : place + _HEAD.size + length]
        if len(record) < length:
            return records, f"cut off in record {len(records) + 1}"
        if zlib.crc32(record) != checksum:
            return records, f"damaged in record {len(records) + 1}"
        records.append(json.loads(zlib.decompress(record)))
        place += _HEAD.size + length
    return records, ""


@contextmanager
def locked_journal(path: Path) -> Iterator[bool]:
    """Lock a journal for a while; gives False if it is gone or another process has it."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path.exists()
    except (FileNotFoundError, BlockingIOError):
        yield False
