"""Read the rows of CSV and Parquet files one at a time; a damaged row does not end the reading."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

# A picture of GameLabel-10K takes 667 kB; an unclosed quote must not read the rest of a large file.
_LONGEST_CELL = 16 * 2**20
_DELIMITERS = ",;\t"
_ROWS_AT_ONCE = 16  # of a Parquet file
_PARQUET_BUFFER = 2**16  # bytes
_OPEN_QUOTE = (
    "has a quotation mark that is not closed: a cell that begins with one needs another at its "
    "end, and two for each one inside"
)
_QUOTE_FAULTS = {  # by the first word of the error of Python's csv
    "unexpected": "cannot be read: a quotation mark is not closed (is the file truncated?)",
    **dict.fromkeys(
        [f"'{delimiter}'" for delimiter in _DELIMITERS],
        "cannot be read: there is text after the quotation mark that ends a cell (is the file "
        "truncated?); write two marks for each one inside a cell",
    ),
}
_FEWEST_SEPARATORS = 6  # in the lines of a cell that look like rows


class BadFile(ValueError):
    """A file that does not contain the table it should; the message says what is wrong."""


class RejectedRow(ValueError):
    """A row that cannot be used.

    Attributes
    ----------
    faults : tuple of (str, str)
        Column and reason of each fault; the column is empty if the whole row is damaged.
    """

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{column}: {reason}" for column, reason in faults))
        self.faults = faults


class Row(NamedTuple):
    """A row of a file.

    Attributes
    ----------
    number : int
        Place of the row, counted from 0 without a header.
    cells : dict
        Values by column; empty if the row cannot be read.
    error : str
        Why the row cannot be read; empty if it can.
    """

    number: int
    cells: dict[str, Any]
    error: str = ""


def csv_rows(
    path: Path,
    columns: Sequence[str],
    delimiter: str = ",",
    aliases: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    r"""Yield the rows of a CSV file; only one row is in memory.

    Parameters
    ----------
    path : Path
        A file in UTF-8, or in UTF-16 with a byte order mark. Bytes that are not UTF-8 are kept in
        the cell; see `is_text`. Blanks around names of columns, empty lines before them and empty
        cells after a row's last one do not count.
    columns : sequence of str
        Columns that the file must have.
    delimiter : str, default ","
        Separator of cells. With tabs, a quotation mark has no special meaning.
    aliases : mapping of str to str, optional
        Other names of columns: alias -> column.

    Yields
    ------
    Row
        Cells are texts.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If the file is empty, its header is damaged, or a column is missing or there twice.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("item,label\n1,a\n2\n")
    ...     rows = list(csv_rows(path, ["task", "label"], aliases={"item": "task"}))
    >>> rows[0].cells["task"], rows[1].error
    ('1', 'has 1 cells, but the header has 2 (is the file truncated?)')
    """
    path = path.absolute()
    expected = f"a CSV file with columns {', '.join(columns)}"
    with _open_text(path, expected) as file:
        _skip_separator(file)
        lines = _CsvLines(file, delimiter)
        header = _header(lines, path, expected)
        places = _places(header, columns, aliases or {}, path)
        for number, (cells, damage) in enumerate(lines):
            error = damage or _length_error(cells, header)
            yield Row(
                number, {} if error else {name: cells[i] for name, i in places.items()}, error
            )


def csv_header(path: Path, expected: str) -> tuple[list[str], str]:
    r"""Return the names of a CSV file's columns, and what separates its cells.

    Parameters
    ----------
    path : Path
        A file, as for `csv_rows`.
    expected : str
        What an error message says to give instead.

    Returns
    -------
    columns : list of str
        The names, without blanks around them.
    delimiter : str
        A comma, a semicolon or a tab: the one that Excel's line `sep=` names, or else the one that
        the first line has most of.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If the file is empty, or its header is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("task; worker; label\n1;u;a\n")
    ...     csv_header(path, "a CSV file of labels")
    (['task', 'worker', 'label'], ';')
    """
    path = path.absolute()
    with _open_text(path, expected) as file:
        delimiter = _skip_separator(file)
        if not delimiter:
            start = file.tell()
            line = next((line for line in iter(file.readline, "") if line.strip()), "")
            delimiter = max(_DELIMITERS, key=line.count)
            file.seek(start)
        return _header(_CsvLines(file, delimiter), path, expected), delimiter


def parquet_files(source: Path) -> list[Path]:
    """Return a Parquet file, or all those of a folder and its subfolders, ordered by path.

    Examples
    --------
    >>> from pathlib import Path
    >>> [path.name for path in parquet_files(Path("labels.parquet"))]
    ['labels.parquet']
    """
    return sorted(source.rglob("*.parquet")) if source.is_dir() else [source]


def parquet_rows(
    files: Sequence[Path], columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield the rows of Parquet files, numbered across all files; only a page is in memory.

    Parameters
    ----------
    files : sequence of Path
        The files.
    columns : sequence of str
        Columns that each file must have.
    optional : sequence of str, default ()
        Columns that are read if a file has them.

    Yields
    ------
    Row
        If a group of rows is damaged, each of its rows has an error.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    BadFile
        If a file is not a Parquet file or lacks a column.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.parquet"
    ...     pd.DataFrame({"x": [1, 2], "y": [3, 4]}).to_parquet(path)
    ...     list(parquet_rows([path], ["y"]))
    [Row(number=0, cells={'y': 3}, error=''), Row(number=1, cells={'y': 4}, error='')]
    """
    import pyarrow as pa

    number = 0
    for path in files:
        with _open_parquet(path.absolute(), columns) as file:
            available = [c for c in (*columns, *optional) if c in file.schema_arrow.names]
            for group in range(file.num_row_groups):
                end = number + file.metadata.row_group(group).num_rows
                try:
                    for batch in file.iter_batches(_ROWS_AT_ONCE, [group], available):
                        for cells in batch.to_pylist():
                            yield Row(number, cells)
                            number += 1
                except (pa.ArrowException, OSError) as error:
                    for row in range(number, end):
                        yield Row(row, {}, f"cannot be read: {error}")
                number = end


def arrow_rows(files: Sequence[Path], columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of Arrow files, as the datasets library saves them; see `parquet_rows`.

    Parameters
    ----------
    files : sequence of Path
        The files.
    columns : sequence of str
        Columns that each file must have.

    Yields
    ------
    Row

    Raises
    ------
    BadFile
        If a file is not an Arrow file or lacks a column.

    Examples
    --------
    >>> list(arrow_rows([], ["pair_id"]))
    []
    """
    import pyarrow as pa

    number = 0
    for path in files:
        try:
            with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as batches:
                missing = [column for column in columns if column not in batches.schema.names]
                if missing:
                    raise BadFile(f"{path.absolute()} has no column {', '.join(missing)}")
                for batch in batches:
                    for start in range(0, len(batch), _ROWS_AT_ONCE):
                        rows = batch.select(list(columns)).slice(start, _ROWS_AT_ONCE)
                        for cells in rows.to_pylist():
                            yield Row(number, cells)
                            number += 1
        except (pa.ArrowException, OSError) as error:
            raise BadFile(
                f"{path.absolute()} is not a complete Arrow file ({error}): save it again"
            ) from error


def is_text(cell: str) -> bool:
    r"""Return whether a cell of `csv_rows` was valid UTF-8 in its file.

    Examples
    --------
    >>> is_text("née"), is_text(b"n\xe9e".decode(errors="surrogateescape"))
    (True, False)
    """
    return cell.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in cell)


def text_lines(path: Path, expected: str) -> list[str]:
    r"""Return the lines of a text file in UTF-8 or UTF-16, without the ends of lines.

    Bytes that are not UTF-8 are kept; see `is_text`.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What an error message says to give instead.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "prompts.txt"
    ...     _ = path.write_text("a star\na moon\n", encoding="utf-16")
    ...     text_lines(path, "a text file")
    ['a star', 'a moon']
    """
    with _open_text(path.absolute(), expected) as file:
        return file.read().splitlines()


def _open_text(path: Path, expected: str) -> TextIO:
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: give {expected}")
    with path.open("rb") as file:
        start = file.read(4)
    encoding = "utf-8-sig"
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16"
    elif start[1::2] == b"\0\0":  # UTF-16 without a mark: every other byte of ASCII is zero
        encoding = "utf-16-le"
    elif start[::2] == b"\0\0":
        encoding = "utf-16-be"
    return path.open(encoding=encoding, errors="surrogateescape", newline="")


def _skip_separator(file: TextIO) -> str:
    """Skip Excel's line `sep=;`, which says what separates the cells; return that, or ""."""
    start = file.tell()
    line = file.readline(len("sep=,\r\n"))
    if line[:4].lower() == "sep=" and len(line.rstrip()) == 5:
        return line[4]
    file.seek(start)
    return ""


class _CsvLines:
    """The lines of a CSV file: the cells of each, and what is wrong with it.

    A quotation mark that is never closed takes in the lines after it, up to the next mark. Where
    that shows, its line alone is damaged, and the lines after it are read again.
    """

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self._file, self._delimiter = file, delimiter
        self._again: deque[str] = deque()  # lines that are to be read again
        self._taken: list[str] = []  # lines of the file that make up this line of cells
        self._reader = self._new_reader()
        self._width = 0  # cells of the first line

    def __iter__(self) -> Iterator[tuple[list[str], str]]:
        return self

    def __next__(self) -> tuple[list[str], str]:
        self._taken.clear()
        cells, error = self._next_cells()
        if len(self._taken) > 1 and (error or self._took_in_lines(cells)):
            self._again.extendleft(reversed(self._taken[1:]))
            self._reader = self._new_reader()
            return [], _OPEN_QUOTE
        self._width = self._width or len(cells)
        return cells, error

    def _new_reader(self) -> Iterator[list[str]]:
        quoting: Literal[0, 3] = csv.QUOTE_NONE if self._delimiter == "\t" else csv.QUOTE_MINIMAL
        return csv.reader(
            self._file_lines(), delimiter=self._delimiter, quoting=quoting, strict=True
        )

    def _file_lines(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else self._file.readline()
            if not line:
                return
            self._taken.append(line)
            yield line

    def _next_cells(self) -> tuple[list[str], str]:
        limit = csv.field_size_limit(_LONGEST_CELL)  # of the whole process, so it is restored
        try:
            return next(self._reader), ""
        except csv.Error as fault:
            self._reader = self._new_reader()
            return [], _QUOTE_FAULTS.get(str(fault).partition(" ")[0], f"cannot be read: {fault}")
        finally:
            csv.field_size_limit(limit)

    def _took_in_lines(self, cells: list[str]) -> bool:
        """Return whether the lines that make up these cells look like rows of their own."""
        widths = [line.count(self._delimiter) + 1 for line in self._taken]
        if len(cells) != self._width:
            return self._width > 1 and self._width in widths[1:]
        # not a cell of several lines that has a few separators of its own
        n_separators = (self._width - 1) * (len(widths) - 1)
        return n_separators >= _FEWEST_SEPARATORS and set(widths) == {self._width}


def _header(lines: Iterator[tuple[list[str], str]], path: Path, expected: str) -> list[str]:
    for cells, error in lines:
        if error:
            raise BadFile(f"{path} is not a CSV file: its first line {error}")
        if cells:
            return [name.strip() for name in cells]
    raise BadFile(f"{path} is empty: it must be {expected}")


def _places(
    header: list[str], columns: Sequence[str], aliases: Mapping[str, str], path: Path
) -> dict[str, int]:
    """Return the place of each column; a column has precedence over its aliases."""
    places = {name: i for i, name in enumerate(header)}
    for alias, name in aliases.items():
        if alias in places:
            places.setdefault(name, places[alias])
    missing = [column for column in columns if column not in places]
    if missing:
        names = ", ".join(map(repr, missing))
        raise BadFile(f"{path} has no column {names}: its columns are {', '.join(header)}")
    for name in columns:
        if header.count(name) > 1:
            numbers = [str(i + 1) for i, title in enumerate(header) if title == name]
            raise BadFile(
                f"{path} has {len(numbers)} columns {name!r}, numbers {' and '.join(numbers)} "
                "(blanks around names do not count): rename all but one"
            )
    return places


def _length_error(cells: list[str], header: list[str]) -> str:
    if not cells:
        return "is empty"
    if len(cells) == len(header) or (len(cells) > len(header) and not any(cells[len(header) :])):
        return ""
    return f"has {len(cells)} cells, but the header has {len(header)} (is the file truncated?)"


def _open_parquet(path: Path, columns: Sequence[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        names = ", ".join(columns)
        raise FileNotFoundError(f"{path} not found: give a Parquet file with columns {names}")
    try:
        # neither read ahead nor read whole columns, so that memory stays small
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=_PARQUET_BUFFER)
    except (pa.ArrowException, OSError) as error:
        raise BadFile(
            f"{path} is not a complete Parquet file ({error}): download it again"
        ) from error
    missing = [column for column in columns if column not in file.schema_arrow.names]
    if missing:
        names = ", ".join(file.schema_arrow.names)
        file.close()
        raise BadFile(f"{path} has no column {', '.join(missing)}: its columns are {names}")
    return file
