"""Rows of Parquet files one at a time, in memory bounded by a page; what cannot be read is counted and passed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Record(NamedTuple):
    """A row, counted from 0 over all files: its values by column, or in `wrong` why it has none."""

    number: int
    values: dict[str, Any]
    wrong: str = ""


def parquet_files(source: Path) -> list[Path]:
    """A Parquet file alone, or those of a folder and its folders, sorted; the layout of a dataset's repository."""
    return sorted(source.rglob("*.parquet")) if source.is_dir() else [source]


def parquet_rows(
    files: Sequence[Path], columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Record]:
    """The values of `columns`, and of those of `optional` that are there, in each row of all files.

    A group of rows that is damaged becomes as many rows with `wrong`. Raises FileNotFoundError where there is no file,
    ValueError where one is no Parquet file or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    for path in files:
        if not path.is_file():
            raise FileNotFoundError(
                f"no file {path}: give a Parquet file with columns {', '.join(columns)}"
            )
        try:
            # neither ahead of time nor a whole column at once
            file = pq.ParquetFile(path, pre_buffer=False, buffer_size=2**16)
        except (pa.ArrowException, OSError) as error:
            raise ValueError(
                f"{path} is no whole Parquet file ({error}): fetch it again"
            ) from error
        with file:
            there = file.schema_arrow.names
            missing = [column for column in columns if column not in there]
            if missing:
                raise ValueError(
                    f"{path} has no column {', '.join(missing)}: its columns are {', '.join(there)}"
                )
            wanted = [column for column in (*columns, *optional) if column in there]
            for group in range(file.num_row_groups):
                first, rows = number, file.metadata.row_group(group).num_rows
                try:
                    for batch in file.iter_batches(
                        batch_size=16, row_groups=[group], columns=wanted
                    ):
                        for values in batch.to_pylist():
                            yield Record(number, values)
                            number += 1
                except (pa.ArrowException, OSError) as error:
                    for row in range(number, first + rows):
                        yield Record(row, {}, f"cannot be read: {error}")
                number = first + rows
