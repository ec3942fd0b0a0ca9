"""Read the folders that `gamelabel export` writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from gamelabel.readers.release_size import is_release
from gamelabel.tables.checks import check_table, split_bad_rows
from gamelabel.tables.export_folder import IMAGE_COLUMNS
from gamelabel.tables.label_tables import OUTSIDE_FOLDER, LabelTables, rejected_cells
from gamelabel.tables.picture_files import (
    image_paths,
    picture_content,
    require_pictures,
    suffix_of,
    write_picture,
)
from gamelabel.tables.released_csv import RELEASED_COLUMNS
from gamelabel.tables.rows import (
    BadFile,
    RejectedRow,
    Row,
    arrow_rows,
    parquet_files,
    parquet_rows,
)
from gamelabel.tables.schema import TABLES

_Faults = list[tuple[int, str, str]]
_NAMES = ("pairs", "labels", "players")


def read_exported(
    folder: str | Path, run_dir: str | Path, subfolder: str = OUTSIDE_FOLDER
) -> LabelTables:
    """Read what `write_parquet` or `write_dataset` wrote, and copy its pictures to a run.

    Also what the datasets library made of the latter, as Parquet files or by `save_to_disk`, in
    folders with the names of the tables. A picture without a path of its own gets one by its row.

    Parameters
    ----------
    folder : str or Path
        The exported folder.
    run_dir : str or Path
        The run's folder.
    subfolder : str, default "outside"
        Where in `run_dir` the pictures go; the table `pairs` gets their new paths.

    Returns
    -------
    LabelTables
        The tables. Invalid rows, and labels of pairs that the export lacks, are in `rejected`, with
        the table as their column.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist or is not an export.
    ValueError
        If a file is damaged, or no label is of one of the pairs.
    OSError
        If a picture cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from gamelabel.tables import write_parquet
    >>> from gamelabel.tables.label_tables import label_tables
    >>> pairs = {"pair_id": "p1", "prompt_id": "t1", "prompt": "a star", "kind": "preference"}
    >>> labels = pd.DataFrame({"pair_id": ["p1"], "choice": ["a"], "source": ["game"]})
    >>> tables = label_tables(pd.DataFrame([pairs]), labels, [], "demo", "an example")
    >>> with tempfile.TemporaryDirectory() as run_dir:
    ...     result = write_parquet(tables, run_dir, Path(run_dir) / "export")
    ...     print(read_exported(result.path, run_dir).labels["choice"].tolist())
    ['a']
    """
    folder, run_dir = Path(folder).absolute(), Path(run_dir)
    faults: _Faults = []
    if (folder / "pairs.parquet").is_file():
        pairs, labels, players = (_read_file(folder, name, faults) for name in _NAMES)
        require_pictures(pairs, folder)
        for image in image_paths(pairs):
            content = (folder / image).read_bytes()
            write_picture(run_dir / _moved(image, subfolder), content)
    elif (folder / "pairs").is_dir():
        pairs, labels, players = (
            _read_split(folder, name, run_dir, subfolder, faults) for name in _NAMES
        )
    else:
        raise FileNotFoundError(
            f"{folder} is not an export: give a folder that `gamelabel export` wrote"
        )
    labels = _with_pairs(labels, pairs, folder, faults)
    moved = {
        image: pairs[image].map(lambda path: _moved(path, subfolder), na_action="ignore")
        for image in IMAGE_COLUMNS
    }
    pairs = check_table(pairs.assign(**moved), "pairs", str(folder))
    labels = _with_source(labels, pairs, run_dir)
    return LabelTables(pairs, labels, players, rejected_cells(faults))


def _with_source(labels: pd.DataFrame, pairs: pd.DataFrame, run_dir: Path) -> pd.DataFrame:
    """Call labels released only if their pairs have the size of the release; else they are own."""
    if not (labels["source"] == "released").any():
        return labels
    characters = int(pairs["prompt"].str.len().sum())
    for image in image_paths(pairs):
        characters += (run_dir / image).stat().st_size * 4 // 3  # as base64
    if is_release(set(RELEASED_COLUMNS), len(pairs), characters):
        return labels
    return labels.assign(source=labels["source"].replace("released", "own"))


def _read_file(folder: Path, name: str, faults: _Faults) -> pd.DataFrame:
    """Read a table of `write_parquet`."""
    rows = list(parquet_rows([folder / f"{name}.parquet"], list(TABLES[name])))
    damaged = next((row for row in rows if row.error), None)
    if damaged:
        raise BadFile(f"{folder / name}.parquet, row {damaged.number} {damaged.error}")
    return _valid_rows([row.cells for row in rows], name, faults)


def _valid_rows(records: list[dict[str, Any]], name: str, faults: _Faults) -> pd.DataFrame:
    """Return the valid rows of a table; the others become faults."""
    frame = pd.DataFrame(records, columns=list(TABLES[name]), dtype=object)
    for title, column in TABLES[name].items():
        if column.kind == "time":  # a number does not say in which unit, and since when, it counts
            frame[title] = frame[title].map(lambda when: str(when) if _is_number(when) else when)
    valid, invalid = split_bad_rows(frame, name)
    faults += [(int(row), name, reason) for row, reason in invalid["reason"].items()]
    return valid


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not pd.isna(value)


def _read_split(
    folder: Path, name: str, run_dir: Path, subfolder: str, faults: _Faults
) -> pd.DataFrame:
    """Read a table of `write_dataset`, writing its pictures; without a folder it has no rows."""
    columns = list(TABLES[name])
    records = []
    digests: dict[str, bytes] = {}  # of the pictures written, by path
    for number, cells, error in _rows(folder / name, columns):
        where = f"{folder / name}, row {number}"
        if error:
            raise BadFile(f"{where} {error}; download the folder again")
        for image in IMAGE_COLUMNS:
            if cells.get(image) is not None:
                content = _content(cells[image], f"{where}, column {image}")
                digest = hashlib.sha256(content).digest()
                path = _picture_path(cells[image])
                if not path or digests.get(path, digest) != digest:
                    path = f"images/row-{number:06d}-{image[-1]}.{suffix_of(content)}"
                digests[path] = digest
                write_picture(run_dir / _moved(path, subfolder), content)
                cells[image] = path
        records.append(cells)
    return _valid_rows(records, name, faults)


def _rows(folder: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of Parquet files, or of the Arrow files that `save_to_disk` writes."""
    files = sorted(folder.rglob("*.arrow"))
    if files:
        return arrow_rows(files, columns)
    return parquet_rows(parquet_files(folder) if folder.is_dir() else [], columns)


def _content(value: Any, where: str) -> bytes:
    """Return the file of a picture, which may be named only, as `datasets` does before it saves."""
    if isinstance(value, dict) and value.get("bytes") is None and value.get("path"):
        path = Path(value["path"])
        value = path.read_bytes() if path.is_file() else value
    try:
        return picture_content(value)
    except RejectedRow as rejection:
        raise BadFile(f"{where} {rejection.faults[0][1]}") from None


def _picture_path(value: Any) -> str:
    """Return the path that a picture had in the exporting run; empty if that is not known."""
    path = value.get("path") if isinstance(value, dict) else None
    if not path or PurePosixPath(path).is_absolute() or len(PurePosixPath(path).parts) < 2:
        return ""
    return str(path)


def _with_pairs(
    labels: pd.DataFrame, pairs: pd.DataFrame, folder: Path, faults: _Faults
) -> pd.DataFrame:
    """Leave out the labels of pairs that the export lacks."""
    known = labels["pair_id"].isin(pairs["pair_id"])
    faults += [
        (int(row), "labels", f"pair_id {pair!r} is not in the table pairs")
        for row, pair in labels["pair_id"][~known].items()
    ]
    if not known.any():
        raise BadFile(
            f"{folder} has {len(labels):,} labels and {len(pairs):,} pairs, and no label of one of "
            "these pairs: both tables, pairs and labels, must be in the folder"
        )
    return labels[known].reset_index(drop=True)


def _moved(image: str, subfolder: str) -> str:
    """Return the path of a picture in the subfolder; a path that is there already stays."""
    path = PurePosixPath(image)
    if path.is_absolute() or ".." in path.parts or "\\" in image or ":" in image:
        raise ValueError(f"{image!r} is not a path inside the exported folder")
    return image if path.parts[:1] == (subfolder,) else f"{subfolder}/{image}"
