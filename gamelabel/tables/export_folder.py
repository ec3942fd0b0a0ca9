"""Write labels to a folder of their own: for the `datasets` library, or as plain Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gamelabel.files import write_text
from gamelabel.tables.checks import check_table
from gamelabel.tables.dataset_card import dataset_card
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.picture_files import image_paths, require_pictures, write_picture
from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import write_table

IMAGE_COLUMNS = ("image_a", "image_b")
_ROWS_AT_ONCE = 50  # rows whose pictures are in memory
_DATASET_TYPES = {
    "text": "string",
    "integer": "int64",
    "real": "float64",
    "boolean": "bool",
    "time": "timestamp[us, tz=UTC]",
}


class ExportResult(NamedTuple):
    """What an export wrote.

    Attributes
    ----------
    path : Path
        The file or folder.
    rows : dict of str to int
        Number of rows by table.
    omitted : dict of str to int
        Number of rows that the layout has no place for, by reason.
    """

    path: Path
    rows: dict[str, int]
    omitted: dict[str, int]


def write_parquet(
    tables: LabelTables, run_dir: str | Path, folder: str | Path, licence: str = ""
) -> ExportResult:
    """Write the tables as Parquet files, the pictures as files beside them, and a card.

    Parameters
    ----------
    tables : LabelTables
        The labels.
    run_dir : str or Path
        The folder that contains the pictures of `pairs`.
    folder : str or Path
        The folder to write; it must be new or empty.
    licence : str, default ""
        What the card states; see `dataset_card`.

    Returns
    -------
    ExportResult
        Nothing is omitted.

    Raises
    ------
    ValueError
        If the folder is not empty or there are no labels.
    FileNotFoundError
        If a picture does not exist.
    OSError
        If something cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from gamelabel.tables.label_tables import label_tables
    >>> pairs = {"pair_id": "p1", "prompt_id": "t1", "prompt": "a star", "kind": "preference"}
    >>> labels = pd.DataFrame({"pair_id": ["p1"], "choice": ["a"], "source": ["game"]})
    >>> tables = label_tables(pd.DataFrame([pairs]), labels, [], "demo", "an example")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = write_parquet(tables, folder, Path(folder) / "export")
    ...     print(sorted(path.name for path in result.path.iterdir()))
    ['README.md', 'labels.parquet', 'pairs.parquet', 'players.parquet']
    """

    def fill(partial: Path) -> None:
        for name, frame in tables.by_name().items():
            write_table(frame, partial, name)
        for image in image_paths(tables.pairs):
            write_picture(partial / image, (Path(run_dir) / image).read_bytes())
        write_text(partial / "README.md", dataset_card(tables, licence, embedded=False))

    return _write_folder(tables, run_dir, Path(folder), fill)


def write_dataset(
    tables: LabelTables, run_dir: str | Path, folder: str | Path, licence: str = ""
) -> ExportResult:
    """Write a folder that `datasets.load_dataset` reads and the hub shows, pictures included.

    Each table with rows is a configuration with one split, `train`. It needs the `datasets`
    library. Parameters, results and errors are those of `write_parquet`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from gamelabel.tables.label_tables import label_tables
    >>> pairs = {"pair_id": "p1", "prompt_id": "t1", "prompt": "a star", "kind": "preference"}
    >>> labels = pd.DataFrame({"pair_id": ["p1"], "choice": ["a"], "source": ["game"]})
    >>> tables = label_tables(pd.DataFrame([pairs]), labels, [], "demo", "an example")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = write_dataset(tables, folder, Path(folder) / "export")
    ...     print(sorted(path.name for path in result.path.iterdir()))
    ['README.md', 'labels', 'pairs']
    """

    def fill(partial: Path) -> None:
        for name, frame in tables.by_name().items():
            if len(frame):
                _write_split(check_table(frame, name), name, Path(run_dir), partial / name)
        write_text(partial / "README.md", dataset_card(tables, licence, embedded=True))

    return _write_folder(tables, run_dir, Path(folder), fill)


def _write_folder(
    tables: LabelTables, run_dir: str | Path, folder: Path, fill: Callable[[Path], None]
) -> ExportResult:
    """Create a folder with `fill`, all of it or nothing."""
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty: choose a new folder, or delete it first")
    if tables.labels.empty:
        raise ValueError("there are no labels to export: run notebooks/03_labels.ipynb first")
    require_pictures(tables.pairs, run_dir)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        partial = Path(temporary) / folder.name
        partial.mkdir()
        fill(partial)
        if folder.exists():
            folder.rmdir()
        partial.replace(folder)
    rows = {name: len(frame) for name, frame in tables.by_name().items()}
    return ExportResult(folder, rows, {})


def _write_split(frame: pd.DataFrame, name: str, run_dir: Path, folder: Path) -> None:
    try:
        from datasets import Dataset, Features, Image, Value
    except ImportError as error:
        raise ValueError(
            "this export needs the datasets library: pip install 'gamelabel[study]', or choose "
            "the format parquet"
        ) from error
    columns = TABLES[name]
    features = Features(
        {
            title: Image() if column.is_path else Value(_DATASET_TYPES[column.kind])
            for title, column in columns.items()
        }
    )

    def records() -> Iterator[dict[str, Any]]:
        for record in frame.astype(object).where(frame.notna(), None).to_dict("records"):
            for image in IMAGE_COLUMNS:
                if record.get(image) is not None:
                    content = (run_dir / record[image]).read_bytes()
                    record[image] = {"bytes": content, "path": record[image]}
            yield record

    folder.mkdir()
    with tempfile.TemporaryDirectory(dir=folder.parent) as cache:
        dataset = Dataset.from_generator(
            records, features=features, cache_dir=cache, writer_batch_size=_ROWS_AT_ONCE
        )
        dataset.to_parquet(folder / "train-00000-of-00001.parquet", batch_size=_ROWS_AT_ONCE)
