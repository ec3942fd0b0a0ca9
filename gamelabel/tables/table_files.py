"""Tables on disk: one Parquet file each, checked on the way in and on the way out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd

from gamelabel.tables.schema import TABLES, Field, problems

_MADE_BY = {
    "prompts": "01_prompts",
    "pairs": "02_images",
    "adherence": "02_images",
    "labels": "03_labels",
    "players": "03_labels",
    "preferences": "04_reliability",
}
OUTSIDE = (
    "outside"  # folder in the run's for pairs, and their pictures, that came with their labels
)
_SHOWN = 5  # bad cells that an error names; the rest is counted


class BadTable(ValueError):
    """A table that is not as `TABLES` has it: the message names the file, the rows, the columns and the cure."""


def write_table(frame: pd.DataFrame, folder: str | Path, name: str) -> Path:
    """Check a table and write it to `folder/name.parquet`, all of it or nothing; the same rows give the same bytes.

    name: one of `TABLES`. Raises BadTable where a column or a row is not as the schema has it, OSError where the file
    cannot be written; what stood there before then stays as it was.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / f"{name}.parquet"
    checked = check_table(frame, name, str(path))
    arrow = pa.Table.from_pandas(checked, schema=_arrow_schema(name), preserve_index=False)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # without pandas' own metadata, which holds its version
        pq.write_table(arrow.replace_schema_metadata(None), partial, compression="zstd")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OSError(
            f"cannot write {path}: {error}; free some space or choose another folder"
        ) from error
    return path


def read_table(folder: str | Path, name: str) -> pd.DataFrame:
    """Read `folder/name.parquet` and check it. Raises FileNotFoundError, or BadTable as `write_table` does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _fields(name)
    path = Path(folder) / f"{name}.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"no {path}: run notebooks/{_MADE_BY[name]}.ipynb first")
    try:
        arrow = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise BadTable(
            f"{path} is not a whole Parquet file ({error}); delete it and run its step again"
        ) from error
    whole = {pa.int64(): pd.Int64Dtype()}
    return check_table(arrow.to_pandas(types_mapper=whole.get), name, str(path))


def check_table(frame: pd.DataFrame, name: str, where: str = "") -> pd.DataFrame:
    """The frame with the schema's columns, in its order and types, rows numbered from 0.

    where: what an error calls the table, such as its path. Raises BadTable naming row, column, cause and cure.
    """
    typed, found = _inspect(frame, name, where or f"table {name!r}")
    if len(found):
        lines = [
            f"  row {row.row} (counted from 0), column {row.column}: {row.value!r} {row.says}"
            for row in found.head(_SHOWN).itertuples()
        ]
        more = [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        bad = f"{where or f'table {name!r}'}: {found['row'].nunique()} of {len(frame)} rows are bad"
        cure = f"Mend them, or take them out: good, bad = split_bad_rows(frame, {name!r})"
        raise BadTable("\n".join([bad, *lines, *more, cure]))
    return _final(typed, name)


def split_bad_rows(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The good rows, typed, and the bad ones as they came with a column `reason`; of a repeated id the first is good.

    Raises BadTable only where a column is missing or unknown.
    """
    typed, found = _inspect(frame, name, f"table {name!r}")
    reasons = (
        found.assign(reason=found.column + " " + found.says).groupby("row").reason.agg("; ".join)
    )
    is_bad = typed.index.isin(reasons.index)
    bad = frame[is_bad].assign(reason=reasons.to_numpy())
    return _final(typed[~is_bad].reset_index(drop=True), name), bad


def _fields(name: str) -> dict[str, Field]:
    if name not in TABLES:
        raise BadTable(f"no table is called {name!r}: there are {', '.join(TABLES)}")
    return TABLES[name]


def _inspect(frame: pd.DataFrame, name: str, where: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns in working types, and every bad cell: frame row, column, value, says."""
    fields = _fields(name)
    missing = [column for column in fields if column not in frame]
    unknown = [str(column) for column in frame if column not in fields]
    if missing or unknown:
        wrong = [f"no column {', '.join(missing)}"] * bool(missing) + [
            f"unknown: {', '.join(unknown)}"
        ] * bool(unknown)
        raise BadTable(f"{where}: {'; '.join(wrong)}. Its columns are {', '.join(fields)}")
    frame = frame.reset_index(drop=True)
    typed, lost = {}, []
    for column, field in fields.items():
        typed[column], says = _typed(frame[column], field)
        gone = frame.index[typed[column].isna() & frame[column].notna()]
        lost += [(row, column, frame[column].iloc[row], says) for row in gone]
    table = pd.DataFrame(typed, index=frame.index)
    untyped = pd.DataFrame(lost, columns=["row", "column", "value", "says"])
    found = problems(table, name)
    if lost:  # such a cell is null by now: one complaint about it is enough
        known = set(zip(untyped["row"], untyped.column, strict=True))
        fresh = [pair not in known for pair in zip(found["row"], found.column, strict=True)]
        found = pd.concat([untyped, found[fresh]] if any(fresh) else [untyped]).sort_values(
            "row", kind="stable"
        )
    return table, found


def _typed(values: pd.Series, field: Field) -> tuple[pd.Series, str]:
    """A column in its working type, null where it cannot be that, and what is then wrong with the value."""
    if field.kind == "text":
        if values.dtype != object and pd.api.types.is_string_dtype(values.dtype):
            return values.astype(object).where(values.notna(), None), ""
        plain = values.astype(object)
        return plain.where(
            plain.map(lambda v: isinstance(v, str)).astype(bool), None
        ), "is not text"
    if field.kind == "time":
        return pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601").dt.as_unit(
            "us"
        ), "is not a time"
    if field.kind == "flag":
        if pd.api.types.is_bool_dtype(values.dtype):
            return values.astype("boolean"), ""
        plain = values.astype(object)
        return plain.where(plain.isin([True, False]), None).astype(
            "boolean"
        ), "is not true or false"
    numbers = pd.to_numeric(values, errors="coerce")
    if field.kind == "real":
        return numbers.astype("Float64").astype(float), "is not a number"
    return numbers.where((numbers % 1 == 0).fillna(False)).astype("Int64"), "is not a whole number"


def _final(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Working types to those that the reader sees: numpy's own where nothing can be null."""
    plain: dict[str, Any] = {}
    for column, field in _fields(name).items():
        if field.kind == "flag":
            plain[column] = "bool"
        elif field.kind == "whole" and not field.null:
            plain[column] = "int64"
        elif field.kind == "text":
            plain[column] = (
                "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
            )  # pandas 3 has strings with nulls
    return table.astype(plain)


def _arrow_schema(name: str) -> Any:
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "whole": pa.int64(),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        [pa.field(c, kinds[f.kind], nullable=f.null) for c, f in _fields(name).items()]
    )


def labelled_pairs(run_dir: str | Path) -> pd.DataFrame:
    """The pairs that the run's labels are about: those that came with them, else the run's own."""
    outside = Path(run_dir) / OUTSIDE
    return read_table(outside if (outside / "pairs.parquet").is_file() else run_dir, "pairs")
