"""Hugging Face's `datasets`: each table a configuration, the pictures in the table of pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.files import replacing, write_text
from gamelabel.games.annotation.answer_tables import ANSWER_TABLES
from gamelabel.games.annotation.layouts.answer_files import answers_of_tables
from gamelabel.games.annotation.layouts.answer_set import AnswerSet, LayoutResult
from gamelabel.games.annotation.layouts.picture_folder import picture_to_write
from gamelabel.tables.rows import BadFile, Row, arrow_rows, parquet_rows

_FILE = "train-00000-of-00001.parquet"
_EXPECTED = "a folder that `gamelabel export annotation --layout datasets` wrote"
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_FEATURES = {  # of the table of pictures, as the library keeps them in a file
    **{name: {"dtype": "string", "_type": "Value"} for name in ("prompt_id", "picture")},
    **{name: {"dtype": "int64", "_type": "Value"} for name in ("width", "height")},
    "image": {"_type": "Image"},
}


def write_answer_dataset(
    answers: AnswerSet, folder: Path, pictures: Path | None = None
) -> LayoutResult:
    """Write a folder that `datasets.load_dataset` reads, each table under its name.

    Parameters
    ----------
    answers : AnswerSet
        The answers.
    folder : Path
        A folder that exists.
    pictures : Path, optional
        The folder of the pictures; if it is given, `pictures` gets the column `image`.

    Returns
    -------
    LayoutResult
        Nothing is omitted.

    Raises
    ------
    ValueError
        If a picture is not in the folder.
    """
    tables = answers.tables()
    for name, rows in tables.items():
        table = pa.Table.from_pylist(rows, ANSWER_TABLES[name])
        if name == "pictures" and pictures is not None:
            files = [
                {"bytes": picture_to_write(row["picture"], pictures), "path": row["picture"]}
                for row in rows
            ]
            table = table.append_column("image", pa.array(files, _IMAGE))
            features = json.dumps({"info": {"features": _FEATURES}})
            table = table.replace_schema_metadata({"huggingface": features})
        (folder / name).mkdir()
        with replacing(folder / name / _FILE) as partial:
            pq.write_table(table, partial)
    write_text(folder / "README.md", _card(tables))
    return LayoutResult({name: len(rows) for name, rows in tables.items()}, {})


def read_answer_dataset(
    source: str | Path, pictures: Path | None = None, close_gaps: bool = False
) -> AnswerSet:
    """Read the folder of a data set of answers.

    Also one of folders with the tables' names to which the datasets library saved them, as
    Parquet files or by `save_to_disk`.

    Parameters
    ----------
    source : str or Path
        The folder.
    pictures : Path, optional
        The folder of the pictures; by default their sizes are those of the table.
    close_gaps : bool, default False
        Whether rankings with gaps are renumbered, not rejected.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    BadFile
        If it lacks a table or a column.
    """
    source = Path(source).absolute()
    if not source.is_dir():
        raise FileNotFoundError(f"{source} not found: give {_EXPECTED}")
    tables = {}
    for name, schema in ANSWER_TABLES.items():
        if (source / name).is_dir():
            rows = list(_rows(source / name, schema.names))
            damaged = next((row for row in rows if row.error), None)
            if damaged:
                where = f"{source / name}, row {damaged.number}"
                raise BadFile(f"{where} {damaged.error}; download the folder again")
            tables[name] = [row.cells for row in rows]
        elif name in ("prompts", "pictures"):
            raise BadFile(f"{source} has no folder {name}: give {_EXPECTED}")
    return answers_of_tables(tables, str(source), pictures, close_gaps)


def _rows(folder: Path, columns: list[str]) -> Iterator[Row]:
    files = sorted(folder.rglob("*.arrow"))
    if files:
        return arrow_rows(files, columns)
    return parquet_rows(sorted(folder.rglob("*.parquet")), columns)


def _card(tables: dict[str, list[dict[str, Any]]]) -> str:
    """Return the card, which says where the library finds each table."""
    configurations = "".join(
        f"- config_name: {name}\n  data_files: {name}/*.parquet\n" for name in tables
    )
    counts = "\n".join(f"- `{name}`: {len(rows):,} rows" for name, rows in tables.items())
    return f"""\
---
configs:
{configurations}---

# Annotations of pictures

Written by `gamelabel export annotation`. `datasets.load_dataset(FOLDER, NAME)` reads a table:

{counts}

`docs/annotation.md` of gamelabel describes the columns.
"""
