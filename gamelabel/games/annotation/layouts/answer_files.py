"""The tables that the service exports: read from a folder or ZIP archive, written to a folder."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.games.annotation.answer_tables import ANSWER_TABLES, write_answer_table
from gamelabel.games.annotation.layouts.answer_collector import AnswerCollector
from gamelabel.games.annotation.layouts.answer_set import AnswerSet, RowPlace
from gamelabel.games.annotation.task_kinds import RATINGS, prompt_words
from gamelabel.tables.rows import BadFile

_Rows = Mapping[str, list[dict[str, Any]]]
_MOST_BYTES = 4 * 1024**3  # of an unpacked table
_EXPECTED = "the ZIP archive that the operator's page exports, or a folder of its Parquet files"


def read_answer_files(source: str | Path, pictures: Path | None = None) -> AnswerSet:
    """Read the tables of a project.

    Parameters
    ----------
    source : str or Path
        A ZIP archive, or a folder, with a Parquet file for each table.
    pictures : Path, optional
        The folder of the pictures; if it is given, every picture has to be there.

    Returns
    -------
    AnswerSet
        Rows that do not fit together are in `rejected`.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    BadFile
        If it has no tables, or one without its columns.
    """
    source = Path(source).absolute()
    if not source.exists():
        raise FileNotFoundError(f"{source} not found: give {_EXPECTED}")
    if source.is_dir():
        return answers_of_tables(_read_folder(source), str(source), pictures)
    if not zipfile.is_zipfile(source):
        raise BadFile(f"{source} is not a ZIP archive: give {_EXPECTED}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(source) as archive:
                _extract(archive, folder)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
            raise BadFile(f"{source} cannot be unpacked ({error}): give {_EXPECTED}") from error
        return answers_of_tables(_read_folder(Path(folder)), str(source), pictures)


def _extract(archive: zipfile.ZipFile, folder: str) -> None:
    """Unpack the tables of an archive; of what else is in it, nothing."""
    for name in ANSWER_TABLES:
        file = f"{name}.parquet"
        if file in archive.namelist():
            size = archive.getinfo(file).file_size
            if size > _MOST_BYTES:
                raise BadFile(
                    f"{archive.filename}: {file} has {size:,} bytes, and {_MOST_BYTES:,} are read:"
                    " unpack the archive and give the folder"
                )
            archive.extract(file, folder)


def write_answer_files(answers: AnswerSet, folder: Path) -> dict[str, int]:
    """Write the tables of a project to a folder, and return the number of rows of each.

    Parameters
    ----------
    answers : AnswerSet
        The answers.
    folder : Path
        A folder that exists.
    """
    tables = answers.tables()
    for name, rows in tables.items():
        write_answer_table(rows, folder, name)
    return {name: len(rows) for name, rows in tables.items()}


def answers_of_tables(
    tables: _Rows,
    source: str = "the tables",
    pictures: Path | None = None,
    close_gaps: bool = False,
) -> AnswerSet:
    """Put the rows of tables together; `AnswerSet.tables` is its inverse.

    Parameters
    ----------
    tables : mapping of str to list of dict
        The rows of `prompts`, `pictures` and kinds of tasks.
    source : str
        Where they are from, for messages.
    pictures : Path, optional
        The folder of the pictures; if it is given, every picture has to be there.
    close_gaps : bool, default False
        Whether rankings with gaps are renumbered, not rejected.

    Examples
    --------
    >>> picture = {"prompt_id": "p1", "picture": "1.png", "width": 64, "height": 48}
    >>> prompts = [{"prompt_id": "p1", "prompt": "a star"}]
    >>> answers_of_tables({"prompts": prompts, "pictures": [picture]}).prompts
    {'p1': AnnotatedPrompt(text='a star', pictures={'1.png': (64, 48)})}
    """
    collector = AnswerCollector(pictures, close_gaps)
    listed: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, dict[str, tuple[int, int] | None]] = defaultdict(dict)
    for row in tables["pictures"]:
        listed[row["prompt_id"]].append(row["picture"])
        known = row["width"] is not None and row["height"] is not None
        size = (row["width"], row["height"]) if known else None
        sizes[row["prompt_id"]][row["picture"]] = size
    for number, row in enumerate(tables["prompts"]):
        name = row["prompt_id"]
        place = RowPlace(f"{source}, prompts", number)
        collector.add_prompt(place, name, row["prompt"], listed[name], sizes[name])
    for kind in ANSWER_TABLES:
        if kind in ("prompts", "pictures") or kind not in tables:
            continue
        for number, rows in _by_answer(kind, tables[kind]):
            first = rows[0]
            when = first["answered_at"]
            shown, value = _answer(kind, rows)
            if kind == "words" and not _fits(first, collector.result):
                reason = f"{first['missing']} is not what stands at {first['positions']}"
                collector.reject(RowPlace(f"{source}, words", number), "missing", reason)
                continue
            collector.add(
                RowPlace(f"{source}, {kind}", number),
                first["annotator_id"],
                first["prompt_id"],
                kind,
                shown,
                value,
                first["response_ms"],
                None if when is None else round(when.timestamp() * 1000),
                first["answer_id"],
            )
    return collector.result


def _read_folder(folder: Path) -> _Rows:
    """Return the rows of each table in a folder."""
    tables = {}
    for name, schema in ANSWER_TABLES.items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            if name in ("prompts", "pictures"):
                raise BadFile(f"{folder} has no {name}.parquet: give {_EXPECTED}")
            continue
        try:
            table = pq.read_table(path, memory_map=False)
        except (pa.ArrowException, OSError) as error:
            raise BadFile(f"{path} is not a complete Parquet file ({error})") from error
        missing = [column for column in schema.names if column not in table.column_names]
        if missing:
            raise BadFile(f"{path} has no column {', '.join(missing)}: give {_EXPECTED}")
        tables[name] = table.select(schema.names).to_pylist()
    return tables


def _by_answer(kind: str, rows: list[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the rows of each answer, with the number of the first one."""
    if kind != "rank":
        yield from ((number, [row]) for number, row in enumerate(rows))
        return
    rankings: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        key = (row["answer_id"], row["annotator_id"], row["prompt_id"])
        rankings[key].append(number)
    for numbers in rankings.values():
        yield numbers[0], [rows[number] for number in numbers]


def _answer(kind: str, rows: list[dict[str, Any]]) -> tuple[list[str], dict[str, Any]]:
    """Return the pictures that an answer is about, and the answer as `AnswerCollector` reads it."""
    row = rows[0]
    if kind == "rank":
        return [r["picture"] for r in rows], {"places": [r["place"] for r in rows]}
    if kind == "compare":
        pair = [row["chosen"], row["rejected"]]
        left_first = pair if row["shown_left"] == row["chosen"] else pair[::-1]
        return left_first, {"chosen": row["chosen"]}
    if kind == "categorise":
        return [], {name: row[name] for name in ("category", "problematic")}
    if kind == "rate":
        return [row["picture"]], {name: row[name] for name in RATINGS}
    if kind == "issues":
        return [row["picture"]], {"issues": row["issues"]}
    if kind == "words":
        return [row["picture"]], {"words": row["positions"]}
    points = [list(point) for point in zip(row["x"] or [], row["y"] or [], strict=False)]
    return [row["picture"]], {"points": points}


def _fits(row: dict[str, Any], answers: AnswerSet) -> bool:
    """Return whether the missing words of a row are those at its positions of the prompt."""
    prompt = answers.prompts.get(row["prompt_id"])
    if prompt is None:
        return True  # which is said when the answer is added
    words = prompt_words(prompt.text)
    positions = row["positions"] or []
    if not all(type(position) is int and 0 <= position < len(words) for position in positions):
        return True
    return bool([words[position] for position in positions] == row["missing"])
