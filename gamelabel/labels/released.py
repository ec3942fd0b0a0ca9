"""GameLabel-10K as it was released: one CSV of 2.26 GB, its pictures inside, -> tables and picture files.

Columns: a number, prompt, img0_votes, img0_encoding, img1_votes, img1_encoding. A picture is base64 of a JPEG in the
text of a Python bytes literal, b'...' or b"...". The release names no players and has no comparison points.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.labels.reading import Reading, Rejection, blank_labels, rejections
from gamelabel.labels.tables import check_table

HUB_NAME = "Jonathan-Zhou/GameLabel-10k"
COLUMNS = ("prompt", "img0_votes", "img0_encoding", "img1_votes", "img1_encoding")
MODEL = "black-forest-labs/FLUX.1-schnell"
_MOST_VOTES = 1000  # the release has 0 to 5; more than this is no count of votes
_LONGEST_CELL = 16 * 2**20  # the release's longest is 667 kB; an unclosed quote must not swallow the file


class _Row(NamedTuple):
    prompt: str
    votes: tuple[int, int]
    pictures: tuple[bytes, bytes]


def read_released(source: str | Path, run_dir: str | Path, images: str = "outside/images") -> Reading:
    """Read the released CSV row by row, in memory bounded by one row, and write its pictures to `run_dir/images`.

    source: the CSV's path, or "hub" to get it from the hub. Each vote becomes a label without a player. A row with a
    bad cell is left out, each such cell is in `rejected` with its reason; a row that repeats an earlier one is one.
    A picture that is already there is not written again. Raises ValueError where the file is empty or lacks a column,
    FileNotFoundError where there is none, OSError where a picture cannot be written.
    """
    path = _from_hub() if str(source) == "hub" else Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: give the path of GameLabel-10K's data.csv, or hub")
    folder = Path(run_dir) / images
    faults: list[tuple[int, str, str]] = []
    first_with: dict[bytes, int] = {}
    points, voted, chosen = [], [], []
    for number, cells in _rows(path):
        try:
            row = _parse(cells)
            same = first_with.setdefault(hashlib.sha256(repr(row).encode()).digest(), number)
            if same != number:
                raise Rejection(("prompt", f"the same point as row {same}"))
        except Rejection as rejection:
            faults += [(number, *fault) for fault in rejection.faults]
            continue
        pair_id = f"gl10k-{number:05d}"
        names = [f"{pair_id}-{side}.jpg" for side in "ab"]
        for name, picture in zip(names, row.pictures, strict=True):
            _write(folder / name, picture)
        points.append((pair_id, row.prompt, *(f"{images}/{name}" for name in names)))
        for side, votes in zip("ab", row.votes, strict=True):
            voted += [pair_id] * votes
            chosen += [side] * votes
    pairs = check_table(_pairs(points), "pairs", str(path))
    labels = check_table(blank_labels(voted, chosen, "released"), "labels", str(path))
    return Reading(pairs, labels, rejections(faults))


def _pairs(points: list[tuple[str, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(points, columns=["pair_id", "prompt", "image_a", "image_b"], dtype=object)
    prompt_id = frame.groupby("prompt").pair_id.transform("first") + "-prompt" if len(frame) else frame.pair_id
    return frame.assign(prompt_id=prompt_id, kind="preference", seed_a=None, seed_b=None, model=MODEL, gold=None)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Number and cells of each row; what is wrong with it in a word where it has not the header's cells."""
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if not header:
                raise ValueError(f"{path} is empty: it has no header; fetch it again")
            missing = [column for column in COLUMNS if column not in header]
            if missing:
                raise ValueError(f"{path} has no column {', '.join(missing)}: it has {', '.join(header)}")
            number = -1
            while True:
                number += 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield number, f"is no row of a CSV: {error}"
                    continue
                if len(cells) == len(header):
                    yield number, dict(zip(header, cells, strict=True))
                elif cells:
                    yield number, f"has {len(cells)} of {len(header)} cells: the file may be cut off here"
    finally:
        csv.field_size_limit(limit)


def _parse(cells: dict[str, str] | str) -> _Row:
    """A row's content. Raises Rejection with everything that is wrong in it."""
    if isinstance(cells, str):
        raise Rejection(("", cells))
    faults, votes, pictures = [], [], []
    prompt = cells["prompt"]
    if not prompt.strip():
        faults.append(("prompt", "is empty"))
    elif any("\ud800" <= letter <= "\udfff" for letter in prompt):
        faults.append(("prompt", "is not UTF-8"))
    for column in ("img0_votes", "img1_votes"):
        try:
            votes.append(_votes(cells[column]))
        except Rejection as rejection:
            faults.append((column, str(rejection.faults[0][1])))
    for column in ("img0_encoding", "img1_encoding"):
        try:
            pictures.append(_picture(cells[column]))
        except Rejection as rejection:
            faults.append((column, str(rejection.faults[0][1])))
    if faults:
        raise Rejection(*faults)
    return _Row(prompt, (votes[0], votes[1]), (pictures[0], pictures[1]))


def _votes(cell: str) -> int:
    try:
        number = float(cell)
    except ValueError:
        raise Rejection(("", "is no number of votes")) from None
    if number < 0:
        raise Rejection(("", "is negative"))
    if not number <= _MOST_VOTES or number != int(number):
        raise Rejection(("", "is no number of votes"))
    return int(number)


def _picture(cell: str) -> bytes:
    """The JPEG of a cell, seen to decode to its last row."""
    from PIL import Image

    text = cell.strip()
    if text[:2] in ("b'", 'b"'):
        if len(text) < 3 or text[-1] != text[1]:
            raise Rejection(("", "has no closing quote: the file may be cut off here"))
        text = text[2:-1]
    if not text:
        raise Rejection(("", "is empty"))
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Rejection(("", "is no base64")) from None
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            image.load()
    except Exception as error:  # Pillow raises what its decoders raise
        reason = "is cut off" if "truncated" in str(error) else "is no JPEG that can be read"
        raise Rejection(("", f"the picture {reason}")) from error
    return content


def _write(path: Path, content: bytes) -> None:
    if path.is_file() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OSError(
            f"cannot write {path}: {error}; free some space or choose another folder, then run again"
        ) from error


def _from_hub() -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(HUB_NAME, "data.csv", repo_type="dataset"))
    except Exception as error:  # of the hub's client, of its transport, of the disk
        raise FileNotFoundError(
            f"cannot get {HUB_NAME} from the hub ({type(error).__name__}): give the path of its data.csv instead"
        ) from error
