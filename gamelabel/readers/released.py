"""GameLabel-10K as it was released: one CSV of 2.26 GB, or the hub's Parquet of it -> tables and picture files.

Columns: a number, prompt, img0_votes, img0_encoding, img1_votes, img1_encoding. A picture is base64 of a JPEG in the
text of a Python bytes literal, b'...' or b"...". The release names no players and has no comparison points. Files of
ours in the same layout have one column more, label_source, which says where their labels come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.readers.picture_files import from_literal, write_picture
from gamelabel.readers.reading import Reading, Rejection, blank_labels, rejections
from gamelabel.tables.csv_rows import Row, csv_rows, is_text
from gamelabel.tables.parquet_rows import parquet_files, parquet_rows
from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import check_table

HUB_NAME = "Jonathan-Zhou/GameLabel-10k"
COLUMNS = ("prompt", "img0_votes", "img0_encoding", "img1_votes", "img1_encoding")
SOURCE = "label_source"
MODEL = "black-forest-labs/FLUX.1-schnell"
_MOST_VOTES = 1_000_000  # the release has 0 to 5; more than this is no count of votes
_HUB = {"hub": ("main", "data.csv"), "hub-parquet": ("refs/convert/parquet", "*/train/*.parquet")}


class _Point(NamedTuple):
    prompt: str
    votes: tuple[int, int]
    pictures: tuple[bytes, bytes]
    source: str


def read_released(
    source: str | Path, run_dir: str | Path, images: str = "outside/images"
) -> Reading:
    """Read the release row by row and write its pictures to `run_dir/images`.

    source: the CSV's path (memory is bounded by one row), a Parquet file or a folder of such (by a page of it), "hub"
    to get the CSV from the hub, or "hub-parquet" for the hub's own conversion of it. Each vote becomes a label without
    a player. A row with a bad cell is left out, each such cell is in `rejected` with its reason; a row that repeats an
    earlier one is one. A picture that is already there is not written again. Raises ValueError where the file is empty
    or lacks a column, FileNotFoundError where there is none, OSError where a picture cannot be written.
    """
    path = _from_hub(str(source)) if str(source) in _HUB else Path(source)
    folder = Path(run_dir) / images
    faults: list[tuple[int, str, str]] = []
    first_with: dict[bytes, int] = {}
    points, voted, chosen, sources = [], [], [], []
    for row in _rows(path):
        try:
            point = _parse(row)
            same = first_with.setdefault(hashlib.sha256(repr(point).encode()).digest(), row.number)
            if same != row.number:
                raise Rejection(("prompt", f"the same point as row {same}"))
        except Rejection as rejection:
            faults += [(row.number, *fault) for fault in rejection.faults]
            continue
        pair_id = f"gl10k-{row.number:05d}"
        names = [f"{pair_id}-{side}.jpg" for side in "ab"]
        for name, picture in zip(names, point.pictures, strict=True):
            write_picture(folder / name, picture)
        points.append(
            (pair_id, point.prompt, *(f"{images}/{name}" for name in names), point.source)
        )
        for side, votes in zip("ab", point.votes, strict=True):
            voted += [pair_id] * votes
            chosen += [side] * votes
        sources += [point.source] * sum(point.votes)
    labels = blank_labels(voted, chosen, "released").assign(source=sources)
    pairs = check_table(_pairs(points), "pairs", str(path))
    return Reading(pairs, check_table(labels, "labels", str(path)), rejections(faults))


def _pairs(points: list[tuple[str, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        points, columns=["pair_id", "prompt", "image_a", "image_b", "source"], dtype=object
    )
    prompt_id = (
        frame.groupby("prompt").pair_id.transform("first") + "-prompt"
        if len(frame)
        else frame.pair_id
    )
    model = [MODEL if source == "released" else None for source in frame.pop("source")]
    return frame.assign(
        prompt_id=prompt_id, kind="preference", seed_a=None, seed_b=None, model=model, gold=None
    )


def _rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV, of a Parquet file, or of a folder of either, every value as text."""
    files = parquet_files(path) if path.is_dir() else []
    if path.suffix == ".parquet" or files:
        for number, values, wrong in parquet_rows(files or [path], COLUMNS, [SOURCE]):
            cells = {name: "" if value is None else str(value) for name, value in values.items()}
            yield Row(number, cells, wrong)
        return
    path = path / "data.csv" if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(
            f"no file {path}: give the path of GameLabel-10K's data.csv, or hub"
        )
    yield from csv_rows(path, COLUMNS)


def _parse(row: Row) -> _Point:
    """A row's content. Raises Rejection with everything that is wrong in it."""
    if row.wrong:
        raise Rejection(("", row.wrong))
    faults, votes, pictures = [], [], []
    prompt, source = row.cells["prompt"], row.cells.get(SOURCE, "released").lower()
    if not prompt.strip():
        faults.append(("prompt", "is empty"))
    elif not is_text(prompt):
        faults.append(("prompt", "is not UTF-8"))
    for column in ("img0_votes", "img1_votes"):
        try:
            votes.append(_votes(row.cells[column]))
        except Rejection as rejection:
            faults.append((column, str(rejection.faults[0][1])))
    for column in ("img0_encoding", "img1_encoding"):
        try:
            pictures.append(from_literal(row.cells[column]))
        except Rejection as rejection:
            faults.append((column, str(rejection.faults[0][1])))
    if source not in TABLES["labels"]["source"].among:
        faults.append((SOURCE, f"is not one of {', '.join(TABLES['labels']['source'].among)}"))
    if faults:
        raise Rejection(*faults)
    return _Point(prompt, (votes[0], votes[1]), (pictures[0], pictures[1]), source)


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


def _from_hub(which: str) -> Path:
    """The folder that the hub's files now lie in."""
    from huggingface_hub import snapshot_download

    revision, files = _HUB[which]
    try:
        return Path(
            snapshot_download(
                HUB_NAME, repo_type="dataset", revision=revision, allow_patterns=[files]
            )
        )
    except Exception as error:  # of the hub's client, of its transport, of the disk
        raise FileNotFoundError(
            f"cannot get {HUB_NAME} from the hub ({type(error).__name__}): give the path of its data.csv instead"
        ) from error
