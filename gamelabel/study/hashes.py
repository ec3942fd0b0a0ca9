"""sha256 of files and folders, remembered by size and time of change so that thousands of pictures cost little."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_text(text: str) -> str:
    """The sha256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all. Raises OSError, with the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


class Hashes:
    """sha256 of files and folders; a file whose size and time of change are as remembered is not read again.

    `store` is the JSON file that remembers from run to run; None reads everything anew, as `verify` must.
    """

    def __init__(self, store: Path | None = None) -> None:
        self.store = store
        self._known: dict[str, list[int | str]] = {}
        self._changed = False
        if store is not None and store.exists():
            try:
                self._known = json.loads(store.read_text())
            except ValueError:  # it only saves time
                self._known = {}

    def file(self, path: Path) -> str:
        """The sha256 of one file."""
        stat = path.stat()
        key, seen = str(path), [stat.st_mtime_ns, stat.st_size]
        known = self._known.get(key)
        if known is None or known[:2] != seen:
            known = self._known[key] = [*seen, sha256(path)]
            self._changed = True
        return str(known[2])

    def listing(self, folder: Path) -> str:
        """Every file of a folder in the form of `sha256sum`, sorted by name; part files and hidden ones left out."""
        names = [
            p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and p.suffix != ".part"
        ]
        shown = sorted(
            name for name in names if not any(part.startswith(".") for part in name.parts)
        )
        return "".join(f"{self.file(folder / name)}  {name.as_posix()}\n" for name in shown)

    def of(self, path: Path) -> str:
        """The sha256 of a file, or of a folder's listing; `missing` where nothing is there."""
        if path.is_dir():
            return sha256_text(self.listing(path))
        return self.file(path) if path.exists() else "missing"

    def save(self) -> None:
        """Remember for the next time."""
        if self.store is not None and self._changed:
            write_text(self.store, json.dumps(self._known))
