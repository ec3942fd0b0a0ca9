"""Read the folders that `gamelabel export` writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from gamelabel.readers.release_size import is_release
from gamelabel.tables.checks import check_table
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
from gamelabel.tables.table_files import read_table


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
        The tables. Labels of pairs that the export lacks are in `rejected`.

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
    if (folder / "pairs.parquet").is_file():
        tables = LabelTables(*(read_table(folder, name) for name in ("pairs", "labels", "players")))
        require_pictures(tables.pairs, folder)
        for image in image_paths(tables.pairs):
            content = (folder / image).read_bytes()
            write_picture(run_dir / _moved(image, subfolder), content)
    elif (folder / "pairs").is_dir():
        tables = LabelTables(
            _read_split(folder, "pairs", run_dir, subfolder),
            _read_split(folder, "labels", run_dir, subfolder),
            _read_split(folder, "players", run_dir, subfolder),
        )
    else:
        raise FileNotFoundError(
            f"{folder} is not an export: give a folder that `gamelabel export` wrote"
        )
    tables = _with_pairs(tables, folder)
    moved = {
        image: tables.pairs[image].map(lambda path: _moved(path, subfolder), na_action="ignore")
        for image in IMAGE_COLUMNS
    }
    pairs = check_table(tables.pairs.assign(**moved), "pairs", str(folder))
    return tables._replace(pairs=pairs, labels=_with_source(tables.labels, pairs, run_dir))


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


def _read_split(folder: Path, name: str, run_dir: Path, subfolder: str) -> pd.DataFrame:
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
    frame = pd.DataFrame(records, columns=columns, dtype=object)
    return check_table(frame, name, str(folder / name))


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


def _with_pairs(tables: LabelTables, folder: Path) -> LabelTables:
    """Leave out the labels of pairs that the export lacks, and name them in `rejected`."""
    known = tables.labels["pair_id"].isin(tables.pairs["pair_id"])
    faults = [
        (int(row), "pair_id", f"{pair!r} is not in the table pairs")
        for row, pair in tables.labels["pair_id"][~known].items()
    ]
    if not known.any():
        n_labels, n_pairs = len(tables.labels), len(tables.pairs)
        raise BadFile(
            f"{folder} has {n_labels:,} labels and {n_pairs:,} pairs, and no label of one of these "
            "pairs: both tables, pairs and labels, must be in the folder"
        )
    labels = tables.labels[known].reset_index(drop=True)
    return tables._replace(labels=labels, rejected=rejected_cells(faults))


def _moved(image: str, subfolder: str) -> str:
    """Return the path of a picture in the subfolder; a path that is there already stays."""
    path = PurePosixPath(image)
    if path.is_absolute() or ".." in path.parts or "\\" in image or ":" in image:
        raise ValueError(f"{image!r} is not a path inside the exported folder")
    return image if path.parts[:1] == (subfolder,) else f"{subfolder}/{image}"
