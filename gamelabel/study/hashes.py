"""The sha256 of files and folders, cached so that thousands of images cost little."""

from __future__ import annotations

import json
from pathlib import Path

from gamelabel.files import sha256, sha256_text, write_text

MISSING = "missing"


class Hashes:
    """The sha256 of files and folders.

    A file is read again only if its size or modification time has changed.

    Parameters
    ----------
    store : Path, optional
        A JSON file that keeps the hashes from run to run. Without it every file is read.
    """

    def __init__(self, store: Path | None = None) -> None:
        self.store = store
        self._known: dict[str, list[int | str]] = {}
        self._changed = False
        if store is not None and store.exists():
            try:
                self._known = json.loads(store.read_text(encoding="utf-8"))
            except ValueError:  # it only saves time
                self._known = {}

    def file(self, path: Path) -> str:
        """Return the sha256 of one file."""
        stat = path.stat()
        key, version = str(path), [stat.st_mtime_ns, stat.st_size]
        known = self._known.get(key)
        if known is None or known[:2] != version:
            known = self._known[key] = [*version, sha256(path)]
            self._changed = True
        return str(known[2])

    def listing(self, folder: Path) -> str:
        """Return one line for each file of a folder, sorted, in the format of `sha256sum`.

        Hidden files and partial files are left out.
        """
        paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
        names = [path.relative_to(folder) for path in paths]
        visible = [n for n in names if not any(part.startswith(".") for part in n.parts)]
        return "".join(f"{self.file(folder / n)}  {n.as_posix()}\n" for n in sorted(visible))

    def digest(self, path: Path) -> str:
        """Return the sha256 of a file or of a folder's listing, or `MISSING`."""
        if path.is_dir():
            return sha256_text(self.listing(path))
        return self.file(path) if path.exists() else MISSING

    def save(self) -> None:
        """Write the store for the next run."""
        if self.store is not None and self._changed:
            write_text(self.store, json.dumps(self._known))
