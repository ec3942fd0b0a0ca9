"""Tables on disk: one Parquet file each, checked when it is written and when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gamelabel.files import replacing
from gamelabel.tables.checks import BadTable, check_table, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

_MADE_BY = {
    "prompts": "01_prompts",
    "pairs": "02_images",
    "adherence": "02_images",
    "labels": "03_labels",
    "players": "03_labels",
    "preferences": "04_reliability",
}


def write_table(frame: pd.DataFrame, folder: str | Path, name: str) -> Path:
    """Check a table and write it to `folder/name.parquet`; equal rows give equal bytes.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    folder : str or Path
        The folder, such as a run's; it is created if needed.
    name : str
        A key of `TABLES`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    BadTable
        If a column or a cell does not follow the schema.
    OSError
        If the file cannot be written; an earlier file then stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> preferences = pd.DataFrame({"pair_id": ["p1"], "chosen": ["b"], "probability": [0.9]})
    >>> preferences = preferences.assign(method="majority", votes=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_table(preferences, folder, "preferences")
    ...     print(path.name, len(read_table(folder, "preferences")))
    preferences.parquet 1
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / f"{name}.parquet"
    checked = check_table(frame, name, str(path.absolute()))
    rows = pa.Table.from_pandas(checked, schema=_arrow_schema(name))
    with replacing(path) as partial:
        # without the metadata of pandas, which includes its version
        pq.write_table(rows.replace_schema_metadata(None), partial, compression="zstd")
    return path


def read_table(folder: str | Path, name: str) -> pd.DataFrame:
    """Read `folder/name.parquet` and check it; see `write_table` for an example.

    Parameters
    ----------
    folder : str or Path
        The folder, such as a run's.
    name : str
        A key of `TABLES`.

    Returns
    -------
    DataFrame
        The table, typed as by `check_table`.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message names the notebook that makes it.
    BadTable
        If the file is damaged or does not follow the schema.

    Examples
    --------
    >>> read_table("nowhere", "labels")
    Traceback (most recent call last):
    ...
    FileNotFoundError: /.../nowhere/labels.parquet not found: run notebooks/03_labels.ipynb first
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns_of(name)
    path = Path(folder).absolute() / f"{name}.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: run notebooks/{_MADE_BY[name]}.ipynb first")
    try:
        rows = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise BadTable(
            f"{path} is not a complete Parquet file ({error}); delete it and run its step again"
        ) from error
    nullable = {pa.int64(): pd.Int64Dtype()}
    return check_table(rows.to_pandas(types_mapper=nullable.get), name, str(path))


def _arrow_schema(name: str) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "real": pa.float64(),
        "boolean": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        [
            pa.field(title, types[column.kind], nullable=column.nullable)
            for title, column in columns_of(name).items()
        ]
    )
