"""Labels as a folder that stands by itself, nothing lost: for the `datasets` library and the hub, or plain Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from gamelabel.readers.dataset_card import Tables, card
from gamelabel.readers.picture_files import write_picture
from gamelabel.readers.released_csv import Written
from gamelabel.tables.parquet_rows import parquet_files, parquet_rows
from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import check_table, read_table, write_table

_IMAGES = ("image_a", "image_b")
_AT_ONCE = 50  # rows whose pictures stand in memory


def write_parquet(
    tables: Tables, run_dir: str | Path, folder: str | Path, licence: str = ""
) -> Written:
    """Write `pairs.parquet`, `labels.parquet`, `players.parquet`, the pictures as files, and a card.

    run_dir: where the pictures of `pairs` lie; licence: see `card`. Raises ValueError where the folder holds something,
    FileNotFoundError where a picture is missing, BadTable, OSError where something cannot be written.
    """

    def write(into: Path) -> None:
        for name, frame in tables._asdict().items():
            write_table(frame, into, name)
        for image in _files(tables.pairs):
            write_picture(into / image, _content(run_dir, image))
        (into / "README.md").write_text(card(tables, licence, embedded=False), encoding="utf-8")

    return _whole(tables, Path(folder), write)


def write_dataset(
    tables: Tables, run_dir: str | Path, folder: str | Path, licence: str = ""
) -> Written:
    """Write a folder that `datasets.load_dataset` reads and the hub shows, the pictures in the table `pairs`.

    Each table is a configuration of its own, with the one split `train`; an empty one is none. Memory is that of some
    rows' pictures. Arguments and errors as `write_parquet` has them.
    """

    def write(into: Path) -> None:
        for name, frame in tables._asdict().items():
            if len(frame):
                _write_embedded(check_table(frame, name), name, Path(run_dir), into / name)
        (into / "README.md").write_text(card(tables, licence, embedded=True), encoding="utf-8")

    return _whole(tables, Path(folder), write)


def read_exported(folder: str | Path, run_dir: str | Path, under: str = "outside") -> Tables:
    """Read what `write_parquet` or `write_dataset` wrote; its pictures go to `run_dir/under`, and `pairs` says so.

    Raises FileNotFoundError where the folder is not there or holds neither, ValueError or BadTable where a file is
    damaged, OSError where a picture cannot be written.
    """
    folder, run_dir = Path(folder), Path(run_dir)
    if (folder / "pairs.parquet").is_file():
        tables = Tables(*(read_table(folder, name) for name in Tables._fields))
        for image in _files(tables.pairs):
            write_picture(run_dir / _under(under, image), _content(folder, image))
    elif (folder / "pairs").is_dir():
        tables = Tables(
            *(_read_embedded(folder / name, name, run_dir, under) for name in Tables._fields)
        )
    else:
        raise FileNotFoundError(
            f"{folder} holds no exported labels: give a folder that `gamelabel export` wrote"
        )
    moved = {
        image: tables.pairs[image].map(lambda file: _under(under, file), na_action="ignore")
        for image in _IMAGES
    }
    return tables._replace(pairs=check_table(tables.pairs.assign(**moved), "pairs", str(folder)))


def _whole(tables: Tables, folder: Path, write: Callable[[Path], None]) -> Written:
    """Let a folder be filled, all of it or nothing."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"{folder} holds something already: choose a new folder, or delete that one first"
        )
    if tables.labels.empty:
        raise ValueError("there are no labels to export: run notebooks/03_labels.ipynb first")
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        write(partial)
        if folder.exists():
            folder.rmdir()
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Written(folder, {name: len(frame) for name, frame in tables._asdict().items()}, {})


def _write_embedded(frame: pd.DataFrame, name: str, run_dir: Path, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Features, Image, Value

    kinds = {
        "text": "string",
        "whole": "int64",
        "real": "float64",
        "flag": "bool",
        "time": "timestamp[us, tz=UTC]",
    }
    schema = Features(
        {c: Image() if f.path else Value(kinds[f.kind]) for c, f in TABLES[name].items()}
    ).arrow_schema
    folder.mkdir(parents=True)
    with pq.ParquetWriter(
        folder / "train-00000-of-00001.parquet", schema, compression="zstd"
    ) as writer:
        for start in range(0, len(frame), _AT_ONCE if name == "pairs" else len(frame)):
            part = frame.iloc[start : start + _AT_ONCE] if name == "pairs" else frame
            arrays = [
                pa.array(list(_values(part[c], f.path, run_dir)), schema.field(c).type)
                for c, f in TABLES[name].items()
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def _values(column: pd.Series, path: bool, run_dir: Path) -> Iterator[Any]:
    """A column's values with None for null, and for a picture its content beside its path."""
    for value in column:
        if pd.isna(value):
            yield None
        else:
            yield {"bytes": _content(run_dir, value), "path": value} if path else value


def _read_embedded(folder: Path, name: str, run_dir: Path, under: str) -> pd.DataFrame:
    files = parquet_files(folder) if folder.is_dir() else []
    rows = []
    for number, values, wrong in parquet_rows(files, list(TABLES[name])):
        if wrong:
            raise ValueError(f"{folder}, row {number} {wrong}; get the folder again")
        for image in _IMAGES if name == "pairs" else ():
            if values[image] is not None:
                write_picture(
                    run_dir / _under(under, values[image]["path"]), values[image]["bytes"]
                )
                values[image] = values[image]["path"]
        rows.append(values)
    return check_table(
        pd.DataFrame(rows, columns=list(TABLES[name]), dtype=object), name, str(folder)
    )


def _files(pairs: pd.DataFrame) -> list[str]:
    return sorted({*pairs.image_a.dropna(), *pairs.image_b.dropna()})


def _content(folder: str | Path, image: str) -> bytes:
    path = Path(folder) / image
    if not path.is_file():
        raise FileNotFoundError(
            f"the picture {path} is not there: run the notebook that made the pairs again"
        )
    return path.read_bytes()


def _under(under: str, image: str) -> str:
    """A picture's path in the folder `under`, once. Raises ValueError for a path that leads out of it."""
    path = PurePosixPath(image)
    if path.is_absolute() or ".." in path.parts or "\\" in image or ":" in image:
        raise ValueError(f"{image!r} is not a path inside the exported folder")
    return image if path.parts[:1] == (under,) else f"{under}/{image}"
