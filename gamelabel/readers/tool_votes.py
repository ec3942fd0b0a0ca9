"""Choices that annotation tools exported as JSON: what a record showed, and the tables of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from gamelabel.readers.crowd_pairs import Annotations, Point, crowd_tables
from gamelabel.readers.json_records import Faults, name_in, readable_records
from gamelabel.tables.label_tables import LabelTables, rejected_cells
from gamelabel.tables.rows import BadFile, RejectedRow, is_text

_PROMPT_NAMES = ("prompt", "caption", "text", "question", "instruction", "description")
_PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


class Vote(NamedTuple):
    """One choice of one person.

    Attributes
    ----------
    task, label : str
        The record, and what was chosen.
    worker : str
        Who chose; see `player_name`.
    created_at : str or None
        When.
    response_ms : int or None
        Milliseconds to the choice.
    fault : str
        Why the vote cannot be used; empty if it can.
    """

    task: str
    worker: str
    label: str
    created_at: str | None = None
    response_ms: int | None = None
    fault: str = ""


class Record(NamedTuple):
    """A record of an export: its row, its name, what it showed, and its votes by question."""

    row: int
    task: str
    shown: Mapping[str, Any]
    votes: Mapping[str, Sequence[Vote]]
    gold: Mapping[str, str]


def task_name(row: int, record: Mapping[str, Any]) -> str:
    """Return the name of a record: its `id`, or its row where it has none.

    >>> task_name(3, {"id": 7}), task_name(3, {})
    ('7', 'row-3')
    """
    return name_in(record, "id") or f"row-{row}"


def read_votes(
    task: str, entries: Iterable[Any], read: Callable[[int, dict[str, Any]], Vote]
) -> list[Vote]:
    """Read the votes on one question of a record; see `readable_records`.

    >>> [vote.fault for vote in read_votes("t1", [None], lambda row, entry: Vote("t1", "u", "a"))]
    ['is null, not an object with content']
    """
    faults: Faults = []
    votes = list(readable_records(enumerate(entries), read, faults))
    unread = [f"{column} {reason}".strip() for _, column, reason in faults]
    return [*votes, *(Vote(task, "", "", fault=reason) for reason in unread)]


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
        See `crowd_tables`. A record that does not show what the others show is left out.

    Raises
    ------
    BadFile
        If there is no choice, or there are several questions and none is named.
    """
    records = list(records)
    question = _question(records, faults, path, columns.get("label", ""))
    votes: list[Vote] = []
    points: dict[str, Point] = {}
    gold: dict[str, str] = {}
    for record, point in _points(records, question, faults):
        points[record.task] = point
        votes += [vote for vote in record.votes[question] if not vote.fault]
        if question in record.gold:
            gold[record.task] = record.gold[question]
    faults = sorted([*faults, *_unread(records, question)], key=lambda fault: fault[0])
    if not votes:
        raise BadFile(_nothing(path, faults))
    labels = pd.DataFrame(votes, columns=list(Vote._fields), dtype=object).drop(columns="fault")
    answers = pd.DataFrame({"task": list(gold), "label": list(gold.values())}, dtype=object)
    annotations = Annotations(labels, answers, rejected_cells(faults))
    return crowd_tables(annotations, points, game_id, path, run_dir, columns.get("tie", ""))


def _question(records: Sequence[Record], faults: Faults, path: Path, named: str) -> str:
    """Return the question whose answers are the choices."""
    questions = list(
        dict.fromkeys(
            question
            for record in records
            for question, votes in record.votes.items()
            if not all(vote.fault for vote in votes)
        )
    )
    if not questions:
        names = {question for record in records for question in record.votes}
        unread = [fault for name in sorted(names) for fault in _unread(records, name)]
        raise BadFile(_nothing(path, [*faults, *unread]))
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


def _nothing(path: Path, faults: Faults) -> str:
    """Say that there is no choice, and the first reason."""
    why = ""
    if faults:
        row, column, reason = faults[0]
        why = f"; row {row}: {column} {reason}".replace(":  ", ": ")
    return f"{path} has no choice between two that can be read{why}"


def _unread(records: Sequence[Record], question: str) -> Faults:
    """Return the votes on a question that cannot be used, with their reasons."""
    return [
        (record.row, question, vote.fault)
        for record in records
        for vote in record.votes.get(question, ())
        if vote.fault
    ]


def _points(records: Sequence[Record], question: str, faults: Faults) -> list[tuple[Record, Point]]:
    """Return the records with votes on a question, and what each showed.

    Those are left out, and added to `faults`, that lack a prompt or pictures which others have, or
    have the name of another record that showed something else.
    """
    read = []
    for record in records:
        if not all(vote.fault for vote in record.votes.get(question, ())):
            try:
                read.append((record, _point(record)))
            except RejectedRow as rejection:
                faults.append((record.row, *rejection.faults[0]))
    has_prompts = any(point.prompt for _, point in read)
    has_pictures = any(point.images for _, point in read)
    first: dict[str, Point] = {}
    kept = []
    for record, point in read:
        missing = ["prompt"] if has_prompts and not point.prompt else []
        missing += ["pictures"] if has_pictures and not point.images else []
        if missing:
            names = " and no ".join(missing)
            faults.append((record.row, "", f"shows no {names}, as other records do"))
            continue
        other = first.setdefault(record.task, point)
        if other[:2] != point[:2]:
            reason = f"shows something else than row {other.row}, which has the same id"
            faults.append((record.row, "id", f"{record.task!r} {reason}"))
            continue
        kept.append((record, point))
    return kept


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
