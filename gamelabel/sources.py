"""Outside data by name: from a folder that has it, or from its public address, and never without its checksum.

`data/sources.yaml` says what there is. A file is looked for, always as `<set>/<file>`, in the folder that the
environment variable GAMELABEL_DATA names, in `data/cache`, and in `../shared/data` beside the repository.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml

from gamelabel.files import shipped

ROOT = Path(__file__).parents[1]
CATALOGUE = shipped("data/sources.yaml")
CACHE = ROOT / "data/cache"
SHARED = ROOT.parent / "shared/data"
TIMEOUT_S = 10.0  # for a connection, and for a server that falls silent
DEADLINE_S = 120.0  # for a whole file, the look-up of its host's name included


class NoData(FileNotFoundError):
    """A file of an outside set that is nowhere to be had: the message names set, file, address, licence and cure."""


@dataclass(frozen=True)
class DataFile:
    """A file as it lies in `<set>/`. `by_hand` says how it was made where no address has it.

    Where lines were left out, `drop_lines` holds the (first, last) of them in the file at the address, counted from 1,
    and `source_sha256` that file's own checksum.
    """

    sha256: str
    address: str = ""
    source_sha256: str = ""
    drop_lines: tuple[tuple[int, int], ...] = ()
    dropped: str = ""
    by_hand: str = ""


@dataclass(frozen=True)
class Source:
    """An outside set of data: who made it, under which licence, and its files by name."""

    key: str
    name: str
    about: str
    address: str
    licence: str
    citation: str
    files: dict[str, DataFile]


def sources() -> dict[str, Source]:
    """Every outside set that `data/sources.yaml` documents, by its key."""
    return _read(CATALOGUE)


@cache
def _read(catalogue: Path) -> dict[str, Source]:
    entries: dict[str, dict[str, Any]] = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    found = {}
    for key, entry in entries.items():
        at, files = entry.pop("at"), {}
        for name, fields in entry.pop("files").items():
            part = fields.pop("from", "")
            lines = tuple((first, last) for first, last in fields.pop("drop_lines", ()))
            files[name] = DataFile(
                address=urljoin(at, part) if part else "", drop_lines=lines, **fields
            )
        found[key] = Source(key=key, files=files, **entry)
    return found


def data_file(key: str, name: str, fetch: bool = True) -> Path:
    """The path of a file of an outside set, its checksum verified.

    key, name: as in `data/sources.yaml`, such as "prompts_parti", "PartiPrompts.tsv". fetch: whether to download what
    no folder has; that gives up after at most DEADLINE_S seconds. Raises ValueError for a set or file that is not
    documented, NoData where it is nowhere.
    """
    source, entry = _entry(key, name)
    damaged = []
    for place in _places():
        path = place / key / name
        if path.is_file():
            if _sha256(path.read_bytes()) == entry.sha256:
                return path
            damaged.append(path)
    why = [f"{path} is not the file meant: its sha256 differs" for path in damaged]
    if fetch and entry.address:
        try:
            return _download(entry, CACHE / key / name)
        except (OSError, ValueError) as error:
            why.append(f"The download failed: {textwrap.shorten(str(error), 200)}")
    raise NoData(_advice(source, name, why))


def at_hand(key: str) -> bool:
    """Whether every file of a set is here and whole, so that `data_file` needs no network."""
    known = sources()
    if key not in known:
        raise ValueError(_unknown_set(key))
    try:
        return all(data_file(key, name, fetch=False) for name in known[key].files)
    except NoData:
        return False


def _places() -> Iterator[Path]:
    if os.environ.get("GAMELABEL_DATA"):
        yield Path(os.environ["GAMELABEL_DATA"])
    yield CACHE
    yield SHARED


def _entry(key: str, name: str) -> tuple[Source, DataFile]:
    source = sources().get(key)
    if source is None:
        raise ValueError(_unknown_set(key))
    if name not in source.files:
        raise ValueError(f"the set {key!r} has no file {name!r}: it has {', '.join(source.files)}")
    return source, source.files[name]


def _unknown_set(key: str) -> str:
    return f"no outside set is called {key!r}: data/sources.yaml documents {', '.join(sources())}"


def _advice(source: Source, name: str, why: list[str]) -> str:
    entry, lies = source.files[name], f"{source.key}/{name}"
    lines = [
        f"the file {name} of {source.name} (set {source.key}, licence {source.licence}) is not here.",
        *why,
    ]
    lines.append(f"Its address: {entry.address or source.address}")
    cure = "with a network, ask again; or put it"
    if entry.by_hand:
        cure = f"no address has it as such, so it must be put there by hand. It is {entry.by_hand}. Put it"
    lines.append(f"Cure: {cure} at {CACHE / lies},")
    lines.append(
        f"or at {lies} in a folder that the environment variable GAMELABEL_DATA names; sha256 {entry.sha256}"
    )
    if entry.drop_lines:
        cut = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in entry.drop_lines)
        lines.append(
            f"By hand: leave out the lines {cut} of what lies at the address ({entry.dropped}),"
        )
        lines.append("and end it with one line break.")
    return "\n".join(lines)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(entry: DataFile, path: Path) -> Path:
    """Fetch a file to `path`, all of it or nothing. Raises OSError or ValueError with the reason."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=".fetching-", ignore_cleanup_errors=True
    ) as folder:
        raw = _within_deadline(entry, Path(folder))
        content = _without_lines(raw, entry.drop_lines) if entry.drop_lines else raw
        if _sha256(content) != entry.sha256:
            raise ValueError(
                "what was made of the download is not the file meant: its sha256 differs"
            )
        whole = Path(folder) / "whole"
        whole.write_bytes(content)
        whole.replace(path)
    return path


def _within_deadline(entry: DataFile, folder: Path) -> bytes:
    """What lies at the address; a thread of its own, because nothing else bounds a look-up or a server that drips."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    outcome: list[bytes | BaseException] = []

    def fetch() -> None:
        try:
            downloader = pooch.HTTPDownloader(timeout=TIMEOUT_S)
            expected = f"sha256:{entry.source_sha256 or entry.sha256}"
            got = pooch.retrieve(
                entry.address, expected, fname="raw", path=folder, downloader=downloader
            )
            outcome.append(Path(got).read_bytes())
        except BaseException as error:  # handed to the thread that waits
            outcome.append(error)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(DEADLINE_S)
    if not outcome:
        raise TimeoutError(f"nothing whole came from the address within {DEADLINE_S:g} s")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _without_lines(content: bytes, drop: tuple[tuple[int, int], ...]) -> bytes:
    gone = {number for first, last in drop for number in range(first, last + 1)}
    kept = [line for number, line in enumerate(content.split(b"\n"), 1) if number not in gone]
    return b"\n".join(kept).rstrip(b"\n") + b"\n"
