"""Read the folders that `gamelabel export` writes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pandas as pd

from gamelabel.tables.checks import check_table
from gamelabel.tables.export_folder import IMAGE_COLUMNS
from gamelabel.tables.label_tables import OUTSIDE_FOLDER, LabelTables
from gamelabel.tables.picture_files import image_paths, require_pictures, write_picture
from gamelabel.tables.rows import BadFile, parquet_files, parquet_rows
from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import read_table


def read_exported(
    folder: str | Path, run_dir: str | Path, subfolder: str = OUTSIDE_FOLDER
) -> LabelTables:
    """Read what `write_parquet` or `write_dataset` wrote, and copy its pictures to a run.

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
        The tables.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist or is not an export.
    ValueError
        If a file is damaged.
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
    moved = {
        image: tables.pairs[image].map(lambda path: _moved(path, subfolder), na_action="ignore")
        for image in IMAGE_COLUMNS
    }
    return tables._replace(pairs=check_table(tables.pairs.assign(**moved), "pairs", str(folder)))


def _read_split(folder: Path, name: str, run_dir: Path, subfolder: str) -> pd.DataFrame:
    """Read a table of `write_dataset`, writing its pictures; without a folder it has no rows."""
    columns = list(TABLES[name])
    files = parquet_files(folder / name) if (folder / name).is_dir() else []
    records = []
    for number, cells, error in parquet_rows(files, columns):
        if error:
            raise BadFile(f"{folder / name}, row {number} {error}; download the folder again")
        for image in IMAGE_COLUMNS:
            picture = cells.get(image)
            if picture is not None:
                write_picture(run_dir / _moved(picture["path"], subfolder), picture["bytes"])
                cells[image] = picture["path"]
        records.append(cells)
    frame = pd.DataFrame(records, columns=columns, dtype=object)
    return check_table(frame, name, str(folder / name))


def _moved(image: str, subfolder: str) -> str:
    """Return the path of a picture in the subfolder; a path that is there already stays."""
    path = PurePosixPath(image)
    if path.is_absolute() or ".." in path.parts or "\\" in image or ":" in image:
        raise ValueError(f"{image!r} is not a path inside the exported folder")
    return image if path.parts[:1] == (subfolder,) else f"{subfolder}/{image}"
