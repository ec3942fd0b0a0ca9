"""The tables that a descent leaves, and the journal of the round that is open."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.files import replacing

DESCENT_TABLES = {
    "examples": pa.schema(
        [
            pa.field("example_id", pa.string(), nullable=False),
            pa.field("round", pa.int64(), nullable=False),  # 0: what the descent began with
            pa.field("teacher_id", pa.string(), nullable=False),
            pa.field("input", pa.string(), nullable=False),
            pa.field("answer", pa.string(), nullable=False),
            pa.field("context", pa.string(), nullable=False),
            pa.field("use", pa.string(), nullable=False),  # train, test, removed, incomplete
            pa.field("model_answer", pa.string()),  # of the last round's model; null if not asked
            pa.field("model_right", pa.bool_()),
        ]
    ),
    "rounds": pa.schema(
        [
            pa.field("round", pa.int64(), nullable=False),
            pa.field("subject", pa.string(), nullable=False),
            pa.field("teachers", pa.int64(), nullable=False),  # with enough examples
            pa.field("smallest", pa.int64(), nullable=False),  # |D_m| of equation 1
            pa.field("test_before", pa.int64(), nullable=False),  # |D_test_all| in the scores
            pa.field("train_after", pa.int64(), nullable=False),
            pa.field("test_after", pa.int64(), nullable=False),
            pa.field("published", pa.bool_(), nullable=False),
        ]
    ),
    "scores": pa.schema(
        [
            pa.field("round", pa.int64(), nullable=False),
            pa.field("teacher_id", pa.string(), nullable=False),
            pa.field("examples", pa.int64(), nullable=False),
            pa.field("score", pa.float64()),  # null without competition
            pa.field("before", pa.float64()),  # the last round's model on the same tests
            pa.field("rank", pa.int64()),
            pa.field("pay", pa.float64(), nullable=False),
            pa.field("bonus", pa.float64(), nullable=False),
            pa.field("removed", pa.bool_(), nullable=False),  # by the filter for bad data
            pa.field("failure", pa.string(), nullable=False),  # why its training failed; or ""
        ]
    ),
}


class DescentError(ValueError):
    """What a descent cannot do now, with what to do instead; the message is for people."""


def read_descent_table(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of a descent; without rows if it has not been written yet.

    Parameters
    ----------
    folder : Path
        The folder of the descent.
    name : str
        A key of `DESCENT_TABLES`.

    Raises
    ------
    DescentError
        If the file is damaged or has other columns.

    Examples
    --------
    >>> read_descent_table(Path("nowhere"), "rounds")["round"].tolist()
    []
    """
    schema, path = DESCENT_TABLES[name], folder / f"{name}.parquet"
    kinds = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    if not path.is_file():
        return schema.empty_table().to_pandas(types_mapper=kinds.get)
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise DescentError(f"{path} is damaged ({error}): restore it from a copy") from error
    if not table.schema.equals(schema):
        raise DescentError(f"{path} has other columns than {', '.join(schema.names)}")
    return table.to_pandas(types_mapper=kinds.get)


def append_rows(folder: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows to a table of a descent; the file is replaced whole or not at all.

    Parameters
    ----------
    folder : Path
        The folder of the descent.
    name : str
        A key of `DESCENT_TABLES`.
    rows : iterable of mappings
        The rows; columns that may be null may be missing.

    Examples
    --------
    >>> import tempfile
    >>> row = {"round": 1, "subject": "", "teachers": 2, "smallest": 10, "test_before": 0}
    >>> row |= {"train_after": 16, "test_after": 4, "published": False}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     append_rows(Path(folder), "rounds", [row])
    ...     read_descent_table(Path(folder), "rounds")["train_after"].tolist()
    [16]
    """
    schema, path = DESCENT_TABLES[name], folder / f"{name}.parquet"
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    if path.is_file():
        table = pa.concat_tables([pq.ParquetFile(path).read(), table])
    _write(path, table)


def write_rows(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Replace a table of a descent, such as one that `read_descent_table` gave."""
    table = pa.Table.from_pandas(frame, DESCENT_TABLES[name], preserve_index=False)
    _write(folder / f"{name}.parquet", table.replace_schema_metadata(None))


def discard_rounds_after(folder: Path, number: int) -> None:
    """Remove the rows of later rounds, which a closing that was interrupted has left."""
    for name in ("examples", "scores"):
        frame = read_descent_table(folder, name)
        if (frame["round"] > number).any():
            write_rows(folder, name, frame[frame["round"] <= number])


def _write(path: Path, table: pa.Table) -> None:
    # in one piece, so that equal rows give equal bytes however they came together
    with replacing(path) as partial:
        pq.write_table(table.combine_chunks(), partial, compression="zstd")


class OpenRound:
    """The journal of the round that is open: a line of JSON an example, on disk before it counts.

    Parameters
    ----------
    path : Path
        The file. Its first line is the number of the round.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, number: int, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        """Start the journal of a round, with the rows that it already has."""
        lines = [json.dumps(row) + "\n" for row in ({"round": number}, *rows)]
        with replacing(self.path) as partial:
            partial.write_text("".join(lines), encoding="utf-8")

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a line and wait until it is on disk."""
        with self.path.open("ab") as file:
            file.write((json.dumps(row) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of the round, and its rows.

        A last line that was cut off by a crash was never acknowledged; it is removed.
        """
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            with replacing(self.path) as partial:
                partial.write_bytes(whole)
        lines = [json.loads(line) for line in whole.splitlines()]
        return lines[0]["round"], lines[1:]
