"""Choices that annotation tools exported as JSON: what a record showed, and the tables of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from gamelabel.readers.crowd_pairs import Annotations, Point, crowd_tables
from gamelabel.tables.label_tables import LabelTables, rejected_cells
from gamelabel.tables.rows import BadFile, RejectedRow, is_text

_PROMPT_NAMES = ("prompt", "caption", "text", "question", "instruction", "description")
_PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}

Faults = list[tuple[int, str, str]]


class Vote(NamedTuple):
    """One choice of one person.

    Attributes
    ----------
    task, label : str
        The record, and what was chosen.
    worker : object
        Who chose, as the file says it; see `player_name`.
    created_at : str or None
        When.
    response_ms : int or None
        Milliseconds to the choice.
    """

    task: str
    worker: Any
    label: str
    created_at: str | None = None
    response_ms: int | None = None


class Record(NamedTuple):
    """A record of an export: its row, its name, what it showed, and its choices by question."""

    row: int
    task: str
    shown: Mapping[str, Any]
    votes: Mapping[str, Sequence[Vote]]
    gold: Mapping[str, str]


def read_json(path: Path, expected: str) -> Any:
    """Return the content of a JSON file, or of one with a JSON value a line, as a list.

    Raises FileNotFoundError where there is no file, and BadFile where it is not JSON in UTF-8.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: give {expected}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except ValueError as error:  # invalid JSON, or bytes that are not UTF-8
        raise BadFile(f"{path} is not JSON in UTF-8 ({error}): give {expected}") from error


def record_tables(
    records: Iterable[Record],
    faults: Faults,
    game_id: str,
    path: Path,
    run_dir: str | Path,
    columns: Mapping[str, str],
) -> LabelTables:
    """Make the tables of an export's records.

    Parameters
    ----------
    records : iterable of Record
        The records.
    faults : list of (int, str, str)
        Row, column and reason of what could not be read.
    game_id : str
        What the table `players` calls the tool.
    path : Path
        The file or folder of the export, in or beside which the pictures are.
    run_dir : str or Path
        The run's folder.
    columns : mapping of str to str
        `label` names the question if there are several, `tie` the answer that means a tie.

    Returns
    -------
    LabelTables
        See `crowd_tables`.

    Raises
    ------
    BadFile
        If there is no choice, or there are several questions and none is named.
    """
    records = list(records)
    question = _question(records, path, columns.get("label", ""))
    votes: list[Vote] = []
    points: dict[str, Point] = {}
    gold: dict[str, str] = {}
    for record in records:
        chosen = record.votes.get(question, ())
        if not chosen:
            continue
        try:
            point = _point(record)
        except RejectedRow as rejection:
            faults.append((record.row, *rejection.faults[0]))
            continue
        points[record.task] = point
        votes += chosen
        if question in record.gold:
            gold[record.task] = record.gold[question]
    labels = pd.DataFrame(votes, columns=list(Vote._fields), dtype=object)
    answers = pd.DataFrame({"task": list(gold), "label": list(gold.values())}, dtype=object)
    annotations = Annotations(labels, answers, rejected_cells(faults))
    return crowd_tables(annotations, points, game_id, path, run_dir, columns.get("tie", ""))


def _question(records: Sequence[Record], path: Path, named: str) -> str:
    """Return the question whose answers are the choices."""
    questions = list(dict.fromkeys(name for record in records for name in record.votes))
    if not questions:
        raise BadFile(f"{path} has no choice between two that can be read")
    if named and named not in questions:
        raise BadFile(
            f"{path} has no question {named!r}, which label= names: its questions are "
            f"{', '.join(questions)}"
        )
    if not named and len(questions) > 1:
        raise BadFile(
            f"{path} has several questions: {', '.join(questions)}. Name one by "
            f"label={questions[0]}"
        )
    return named or questions[0]


def _point(record: Record) -> Point:
    """Find the prompt and the two pictures among what a record showed."""
    pictures = []
    for name in sorted(record.shown):
        value = record.shown[name]
        listed = value if isinstance(value, list) else [value]
        pictures += [entry for entry in listed if _names_picture(entry)]
    if len(pictures) not in (0, 2):
        raise RejectedRow(("", f"shows {len(pictures)} pictures: {', '.join(pictures[:3])}"))
    texts = {
        name.casefold(): value.strip()
        for name, value in record.shown.items()
        if isinstance(value, str) and is_text(value) and not _names_picture(value)
    }
    prompts = [texts[name] for name in _PROMPT_NAMES if texts.get(name)]
    return Point(prompts[0] if prompts else "", tuple(pictures), record.row)


def _names_picture(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if value[:11].lower() == "data:image/":
        return True
    try:
        address = urlsplit(value)
    except ValueError:  # such as an unfinished address in a prompt
        return False
    name = parse_qs(address.query).get("d", [address.path])[0]
    return "\n" not in value and PurePosixPath(name).suffix.lower() in _PICTURE_SUFFIXES
