"""Read the records of JSON exports; one of another form is left out, with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from gamelabel.readers.time_text import time_problem
from gamelabel.tables.names import printed_name
from gamelabel.tables.rows import BadFile, RejectedRow, is_text

Faults = list[tuple[int, str, str]]

_Kind = TypeVar("_Kind", bool, str, list[Any], dict[str, Any])
_Record = TypeVar("_Record")
_WORDS = {bool: "true or false", str: "text", list: "a list", dict: "an object"}
_LONGEST_SECONDS = 1e12
_LONGEST_SHOWN = 40  # letters of a value in a message


def read_json(path: Path, expected: str) -> Any:
    """Return the content of a JSON file, or of one with a JSON value a line, as a list.

    Raises FileNotFoundError where there is no file, and BadFile where it is not JSON in UTF-8.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: give {expected}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".jsonl":
            # not splitlines(): text in JSON may contain other separators of lines
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # bytes that are not UTF-8 are a ValueError
        raise BadFile(f"{path} is not JSON in UTF-8 ({error}): give {expected}") from error


def read_list(path: Path, expected: str) -> list[Any]:
    """Return the records of a JSON file, as `read_json`; raise BadFile if it is not a list."""
    content = read_json(path, expected)
    if not isinstance(content, list):
        raise BadFile(f"{path} is not a list of records, but {json_text(content)}: give {expected}")
    return content


def readable_records(
    entries: Iterable[tuple[int, Any]],
    read: Callable[[int, dict[str, Any]], _Record],
    faults: Faults,
) -> Iterator[_Record]:
    """Read records one at a time and leave out those of another form.

    Parameters
    ----------
    entries : iterable of (int, object)
        The row of each record, and the record.
    read : callable
        Reads a record; it raises RejectedRow, as `value_in` and `name_in` do.
    faults : list of (int, str, str)
        Gets row, column and reason of what was left out.

    Yields
    ------
    object
        What `read` returned.

    Examples
    --------
    >>> faults = []
    >>> read = lambda row, record: value_in(record, "label", str)
    >>> list(readable_records(enumerate([{"label": "left"}, None, {"label": 5}]), read, faults))
    ['left']
    >>> faults
    [(1, '', 'is null, not an object with content'), (2, 'label', 'is 5, not text')]
    """
    for row, entry in entries:
        try:
            if not isinstance(entry, dict) or not entry:
                raise RejectedRow(("", f"is {json_text(entry)}, not an object with content"))
            record = read(row, entry)
        except RejectedRow as rejection:
            faults += [(row, *fault) for fault in rejection.faults]
        else:
            yield record


def value_in(record: Mapping[str, Any], key: str, kind: type[_Kind]) -> _Kind:
    """Return a value of a record; an empty one, or False, where it is missing or null.

    Parameters
    ----------
    record : mapping
        The record.
    key : str
        The name of the value.
    kind : type
        bool, str, list or dict.

    Raises
    ------
    RejectedRow
        If the value is of another type, or text that no file can contain.

    Examples
    --------
    >>> value_in({"answers": ["left"]}, "answers", list), value_in({}, "answers", list)
    (['left'], [])
    """
    value = record.get(key)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise RejectedRow((key, f"is {json_text(value)}, not {_WORDS[kind]}"))
    if isinstance(value, str):
        _check_text(key, value)
    return value


def name_in(record: Mapping[str, Any], key: str) -> str:
    """Return a name, which is text or a number, as text; "" where it is missing or null.

    >>> name_in({"id": 7}, "id"), name_in({"id": "t7"}, "id"), name_in({}, "id")
    ('7', 't7', '')
    """
    value = record.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise RejectedRow((key, f"is {json_text(value)}, not a name"))
    _check_text(key, str(value))
    return printed_name(value).strip()


def time_in(record: Mapping[str, Any], key: str) -> str | None:
    """Return a time as its file has it, None where it is missing or null.

    >>> time_in({"created_at": "2026-05-01T10:00:00Z"}, "created_at")
    '2026-05-01T10:00:00Z'
    """
    value = record.get(key)
    if value is not None and (problem := time_problem(value)):
        raise RejectedRow((key, problem))
    return value


def seconds_in(record: Mapping[str, Any], key: str) -> float | None:
    """Return a length of time, None where it is missing or null.

    >>> seconds_in({"lead_time": 3.5}, "lead_time"), seconds_in({}, "lead_time")
    (3.5, None)
    """
    value = record.get(key)
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < _LONGEST_SECONDS:
        raise RejectedRow((key, f"is {json_text(value)}, not a number of seconds"))
    return float(value)


def json_text(value: Any) -> str:
    """Return a value as its file has it, shortened.

    >>> json_text(None), json_text([1, "x"])
    ('null', '[1, "x"]')
    """
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _check_text(key: str, value: str) -> None:
    if not is_text(value):
        raise RejectedRow((key, f"is not valid text: {value!a}"))
