"""Rows of a CSV one at a time, in memory bounded by one row; a broken row is told apart and reading goes on."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

_LONGEST_CELL = (
    16 * 2**20
)  # a picture of GameLabel-10K takes 667 kB; an unclosed quote must not swallow the file


class BadFile(ValueError):
    """A file that is no such table at all: the message says what is wrong with it and what would be right."""


class Row(NamedTuple):
    """A row, counted from 0 without the header: its cells by column, or in `wrong` why it has none."""

    number: int
    cells: dict[str, str]
    wrong: str = ""


def csv_rows(
    path: Path,
    columns: Sequence[str],
    delimiter: str = ",",
    other_names: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Each row's cells by column, all of `columns` among them; with tabs between cells, a quote is just a quote.

    other_names: how else a column may be called, other name -> column. Bytes that are no UTF-8 stand in a cell as what
    `is_text` finds. Raises FileNotFoundError, or BadFile where the file is empty, its header cannot be read, or one of
    `columns` is missing.
    """
    needs = f"a CSV with columns {', '.join(columns)}"
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: give {needs}")
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        quoted: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
        reader = csv.reader(file, delimiter=delimiter, quoting=quoted, strict=True)
        header, wrong = _next(reader)
        if wrong:
            raise BadFile(f"{path} is not a CSV file: its first line cannot be read ({wrong})")
        if not header:
            raise BadFile(f"{path} is empty: it needs to be {needs}")
        names = {name: i for i, name in enumerate(header)}
        for other, name in (other_names or {}).items():
            if other in names:
                names.setdefault(name, names[other])
        missing = [column for column in columns if column not in names]
        if missing:
            raise BadFile(
                f"{path} has no column {', '.join(map(repr, missing))}: its columns are {', '.join(header)}"
            )
        number = 0
        while True:
            cells, wrong = _next(reader)
            if cells is None and not wrong:
                return
            if wrong:
                yield Row(number, {}, f"cannot be read: {wrong} (is the file cut off?)")
            elif not cells:
                yield Row(number, {}, "is empty")
            elif len(cells) != len(header):
                yield Row(
                    number,
                    {},
                    f"has {len(cells)} cells, but the header has {len(header)} (is the file cut off?)",
                )
            else:
                yield Row(number, {name: cells[i] for name, i in names.items()})
            number += 1


def is_text(cell: str) -> bool:
    """Whether a cell was UTF-8 in its file."""
    return cell.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in cell)


def _next(reader: Iterator[list[str]]) -> tuple[list[str] | None, str]:
    """A line's cells, None after the last; and what is wrong with it."""
    limit = csv.field_size_limit(
        _LONGEST_CELL
    )  # a setting of the whole process: left as it was found
    try:
        return next(reader), ""
    except StopIteration:
        return None, ""
    except csv.Error as error:
        return None, str(error)
    finally:
        csv.field_size_limit(limit)
