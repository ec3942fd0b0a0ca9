"""Data of others by name: from a local folder or from its public address, always checked.

`data/sources.yaml` lists the data sets. A file `<set>/<file>` is looked for in the folder that the
environment variable GAMELABEL_DATA names, in `data/cache` (`~/.cache/gamelabel` if the package is
installed from a wheel), in `../shared/data` beside the repository, and among the few that ship with
the project, in `data/sets`. `gamelabel data fetch` downloads it to the first of these that is set.
"""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from gamelabel.download import OnBytes, fetch_file
from gamelabel.files import replacing, sha256, shipped

ROOT = Path(__file__).parents[1]
CATALOGUE = shipped("data/sources.yaml")
_IN_CHECKOUT = CATALOGUE.is_relative_to(ROOT / "data")
DATA_CACHE = ROOT / "data/cache" if _IN_CHECKOUT else Path.home() / ".cache/gamelabel"
SHARED_DATA = ROOT.parent / "shared/data"
SHIPPED_DATA = shipped("data/sets")
TIMEOUT_S = 10.0  # seconds without an answer from a server


class DataNotFound(FileNotFoundError):
    """A file that is not available; the message has its address, licence and what to do."""


@dataclass(frozen=True)
class DataFile:
    """A file of a data set.

    Attributes
    ----------
    sha256 : str
        Its hash.
    address : str
        Where it can be downloaded; empty if it cannot.
    drop_lines : tuple of (int, int)
        First and last number, from 1, of lines of the download that are left out.
    dropped : str
        What these lines contain.
    by_hand : str
        How the file was made, if it cannot be downloaded.
    """

    sha256: str
    address: str = ""
    drop_lines: tuple[tuple[int, int], ...] = ()
    dropped: str = ""
    by_hand: str = ""


@dataclass(frozen=True)
class Source:
    """A data set of others: who made it, its licence, and its files by name."""

    key: str
    name: str
    about: str
    address: str
    licence: str
    citation: str
    files: dict[str, DataFile]


def sources() -> dict[str, Source]:
    """Return the data sets of `data/sources.yaml` by their keys.

    Examples
    --------
    >>> sources()["prompts_parti"].licence
    'Apache-2.0'
    """
    return _read_catalogue(CATALOGUE)


def data_file(key: str, name: str, download: bool = True, on_bytes: OnBytes | None = None) -> Path:
    """Return the path of a file of a data set after checking its hash.

    Parameters
    ----------
    key, name : str
        The data set and the file, such as "prompts_parti" and "PartiPrompts.tsv".
    download : bool, default True
        Whether to download a file that no folder has.
    on_bytes : callable, optional
        Called during a download; see `fetch_file`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If `data/sources.yaml` has no such data set or file.
    DataNotFound
        If the file is not available.

    Examples
    --------
    >>> data_file("prompts_parti", "prompts.csv")
    Traceback (most recent call last):
    ...
    ValueError: the data set prompts_parti has no file 'prompts.csv'; it has PartiPrompts.tsv
    """
    source = find_source(key)
    if name not in source.files:
        files = ", ".join(source.files)
        raise ValueError(f"the data set {key} has no file {name!r}; it has {files}")
    file = source.files[name]
    problems = []
    for folder in _folders():
        path = folder / key / name
        if path.is_file():
            if sha256(path) == file.sha256:
                return path
            problems.append(f"{path} is a different file: its sha256 differs.")
    if download and file.address:
        try:
            return _download(key, name, file, on_bytes)
        except (OSError, ValueError) as error:
            problems.append(f"The download failed: {textwrap.shorten(str(error), 200)}.")
            raise DataNotFound(_advice(source, name, problems)) from error
    raise DataNotFound(_advice(source, name, problems))


def is_available(key: str) -> bool:
    """Return whether every file of a data set is available without a download.

    Examples
    --------
    >>> is_available("parti")
    Traceback (most recent call last):
    ...
    ValueError: there is no data set 'parti'; data/sources.yaml has agiqa3k, ...
    """
    return not missing_files(key)


def missing_files(key: str) -> list[str]:
    """Return the files of a data set that are not available without a download."""
    missing = []
    for name in find_source(key).files:
        try:
            data_file(key, name, download=False)
        except DataNotFound:
            missing.append(name)
    return missing


def find_source(key: str) -> Source:
    """Return a data set by its key.

    Raises
    ------
    ValueError
        If `data/sources.yaml` has no such data set.

    Examples
    --------
    >>> find_source("prompts_parti").name
    'PartiPrompts'
    """
    if key not in sources():
        raise ValueError(
            f"there is no data set {key!r}; data/sources.yaml has {', '.join(sources())}"
        )
    return sources()[key]


@cache
def _read_catalogue(catalogue: Path) -> dict[str, Source]:
    import yaml

    entries: dict[str, dict[str, Any]] = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    return {key: _parse(key, **entry) for key, entry in entries.items()}


def _parse(key: str, at: str, files: dict[str, dict[str, Any]], **fields: str) -> Source:
    parsed = {}
    for name, file in files.items():
        relative = file.pop("from", "")
        lines = tuple((first, last) for first, last in file.pop("drop_lines", ()))
        address = urljoin(at, relative) if relative else ""
        parsed[name] = DataFile(address=address, drop_lines=lines, **file)
    return Source(key=key, files=parsed, **fields)


def _folders() -> Iterator[Path]:
    if os.environ.get("GAMELABEL_DATA"):
        yield Path(os.environ["GAMELABEL_DATA"])
    yield DATA_CACHE
    yield SHARED_DATA
    yield SHIPPED_DATA


def download_folder() -> Path:
    """Return where downloads go: the folder that GAMELABEL_DATA names, or the cache."""
    return next(_folders())


def _download(key: str, name: str, file: DataFile, on_bytes: OnBytes | None) -> Path:
    """Download a file; a partial one is continued by the next call, a wrong one is removed."""
    path = download_folder() / key / name
    partial = path.with_name(f".{path.name}.part")
    fetch_file(file.address, partial, TIMEOUT_S, on_bytes)
    content = partial.read_bytes()
    partial.unlink()
    if file.drop_lines:
        content = _without_lines(content, file.drop_lines)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise ValueError(f"what lies there now is a different file (sha256 {digest[:12]}...)")
    with replacing(path) as whole:
        whole.write_bytes(content)
    return path


def _without_lines(content: bytes, drop: tuple[tuple[int, int], ...]) -> bytes:
    """Leave out lines, and end the file with one line break."""
    dropped = {number for first, last in drop for number in range(first, last + 1)}
    lines = enumerate(content.split(b"\n"), 1)
    return b"\n".join(line for number, line in lines if number not in dropped).rstrip(b"\n") + b"\n"


def _advice(source: Source, name: str, problems: list[str]) -> str:
    file, path = source.files[name], f"{source.key}/{name}"
    lines = [
        f"the file {name} of {source.name} (data set {source.key}, licence {source.licence}) "
        "is not available.",
        *problems,
    ]
    if file.by_hand:
        lines.append(f"It cannot be downloaded as such. It is {file.by_hand}.")
        lines.append(f"Its address: {source.address}")
    else:
        lines.append(f"`gamelabel data fetch {source.key}` downloads it, or continues a download.")
        lines.append(f"Its address: {file.address}")
    lines.append(f"Without a network, put it at {download_folder() / path}, or at {path} in a")
    lines.append(f"folder that GAMELABEL_DATA names; its sha256 is {file.sha256}.")
    if file.drop_lines:
        numbers = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in file.drop_lines)
        lines.append(f"By hand: delete the lines {numbers} of the file at its address")
        lines.append(f"({file.dropped}), and end it with one line break.")
    return "\n".join(lines)
