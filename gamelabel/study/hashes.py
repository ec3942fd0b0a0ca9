"""sha256 of files and folders, remembered by size and time of change so that thousands of pictures cost little."""

from __future__ import annotations

import json
from pathlib import Path

from gamelabel.files import sha256, sha256_text, write_text


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
