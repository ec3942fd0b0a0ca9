"""Argilla's records: read answers to the questions that `argilla_writer` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.games.annotation.answers import AnswerError
from gamelabel.games.annotation.layouts.answer_collector import AnswerCollector
from gamelabel.games.annotation.layouts.answer_set import (
    AnswerSet,
    PictureSize,
    RowPlace,
    stated_size,
)
from gamelabel.games.annotation.layouts.argilla_writer import ARGILLA_NAMES, NOTHING
from gamelabel.games.annotation.layouts.prompt_spans import words_in_span
from gamelabel.games.annotation.task_kinds import RATINGS
from gamelabel.readers.json_records import json_text, name_in, read_json, read_list, value_in
from gamelabel.readers.tool_votes import task_name
from gamelabel.tables.rows import BadFile, RejectedRow

_EXPECTED = "a folder with what Dataset.to_disk wrote, or the file of records.to_json (Argilla 2)"
_FIRST = ("prompts", "pictures")  # read first: they list all pictures in order
_QUESTIONS = ("category", "problematic", *RATINGS, "issues", "words", "rank", "better")
_YES_NO = {"yes": True, "no": False}


def read_argilla_answers(
    source: str | Path, pictures: Path | None = None, close_gaps: bool = False
) -> AnswerSet:
    """Read ratings, labels, spans and rankings of Argilla.

    Parameters
    ----------
    source : str or Path
        A JSON list of records, or a folder with such files named `records.json`.
    pictures : Path, optional
        The folder of the pictures; by default their sizes are those that the records state.
    close_gaps : bool, default False
        Whether rankings with gaps are renumbered, not rejected.

    Returns
    -------
    AnswerSet
        Drafts, discarded responses and values that are not answers are in `rejected`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If a file is not a list of records.
    """
    source = Path(source).absolute()
    files = [source]
    people: Mapping[str, Any] = {}
    if source.is_dir():
        files = sorted(source.rglob("records.json"), key=_order)
        if not files:
            raise BadFile(f"{source} has no records.json: give {_EXPECTED}")
        if (source / ARGILLA_NAMES).is_file():
            people = read_json(source / ARGILLA_NAMES, "the file that `gamelabel export` wrote")
    if not isinstance(people, dict):
        raise BadFile(f"{source / ARGILLA_NAMES} is not an object of names: delete or correct it")
    collector = AnswerCollector(pictures, close_gaps)
    for file in files:
        unknown: set[str] = set()
        for row, record in enumerate(read_list(file, _EXPECTED)):
            place = RowPlace(str(file), row)
            try:
                _Reader(collector, place, people, unknown).read(record)
            except RejectedRow as rejection:
                for column, reason in rejection.faults:
                    collector.reject(place, column, reason)
    return collector.result


def _order(file: Path) -> tuple[bool, int, str]:
    name = file.parent.name
    return name not in _FIRST, _FIRST.index(name) if name in _FIRST else 0, str(file)


class _Reader:
    """Reads one record."""

    def __init__(
        self,
        collector: AnswerCollector,
        place: RowPlace,
        people: Mapping[str, Any],
        unknown: set[str],
    ) -> None:
        self._collector, self._place = collector, place
        self._people, self._unknown = people, unknown

    def read(self, record: Any) -> None:
        """Add a record; raise RejectedRow if it is not one."""
        if not isinstance(record, dict) or not record:
            raise RejectedRow(("", f"is {json_text(record)}, not a record: export it again"))
        if isinstance(record.get("responses"), list):
            reason = "is a list, the form of Argilla 1: export with Argilla 2"
            raise RejectedRow(("responses", reason))
        if "fields" not in record:
            raise RejectedRow(("", "has no fields: export without flatten=True"))
        fields, metadata = value_in(record, "fields", dict), value_in(record, "metadata", dict)
        prompt_id = name_in(metadata, "prompt_id") or task_name(self._place.row, record)
        prompt = value_in(fields, "prompt", str)
        shown = {
            field: value_in(metadata, field, str) or value_in(fields, field, str)
            for field in fields
            if field in ("picture", "left", "right") or field.startswith("picture_")
        }
        sizes = {shown["picture"]: _size(metadata)} if "picture" in shown else {}
        self._collector.add_prompt(self._place, prompt_id, prompt, list(shown.values()), sizes)
        for person, values in self._by_person(value_in(record, "responses", dict)).items():
            self._add_answers(person, prompt_id, prompt, shown, values)

    def _by_person(self, responses: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the values of each person by question."""
        values: dict[str, dict[str, Any]] = {}
        for question, entries in responses.items():
            if question not in _QUESTIONS:
                if question not in self._unknown:  # once a file
                    known = ", ".join(_QUESTIONS)
                    reason = f"has {json_text(question)}, which is not read; questions are {known}"
                    self._collector.reject(self._place, "responses", reason)
                self._unknown.add(question)
                continue
            for entry in entries if isinstance(entries, list) else [entries]:
                try:
                    person = self._person(entry)
                except RejectedRow as rejection:
                    for _, reason in rejection.faults:
                        self._collector.reject(self._place, question, reason)
                    continue
                if question in values.setdefault(person, {}):
                    reason = f"was answered by {person!r} before: keep one answer"
                    self._collector.reject(self._place, question, reason)
                    continue
                values[person][question] = entry.get("value")
        return values

    def _person(self, entry: Any) -> str:
        if not isinstance(entry, dict):
            raise RejectedRow(("", f"has {json_text(entry)} in place of a response"))
        status = value_in(entry, "status", str) or "submitted"
        if status != "submitted":
            raise RejectedRow(("", f"is {status}, not submitted"))
        person = name_in(entry, "user_id")
        if not person or person == "None":
            raise RejectedRow(("", "has no user_id: say who answered"))
        return str(self._people.get(person, person))

    def _add_answers(
        self,
        person: str,
        prompt_id: str,
        prompt: str,
        shown: Mapping[str, str],
        values: dict[str, Any],
    ) -> None:
        """Add what a person answered about a record."""
        picture = [shown["picture"]] if "picture" in shown else []
        if "category" in values or "problematic" in values:
            self._add(person, prompt_id, "categorise", [], values, _category)
        if any(name in values for name in RATINGS):
            ratings = {name: values.get(name) for name in RATINGS}
            self._add(person, prompt_id, "rate", picture, ratings, dict)
        if "issues" in values:
            self._add(person, prompt_id, "issues", picture, values["issues"], _issues)
        if "words" in values:
            self._add(
                person, prompt_id, "words", picture, values["words"], lambda v: _words(prompt, v)
            )
        if "rank" in values:
            fields = [field for field in shown if field.startswith("picture_")]
            names = [shown[field] for field in fields]
            self._add(
                person, prompt_id, "rank", names, values["rank"], lambda v: _places(fields, v)
            )
        if "better" in values:
            names = [shown.get(side, "") for side in ("left", "right")]
            self._add(
                person, prompt_id, "compare", names, values["better"], lambda v: _chosen(shown, v)
            )

    def _add(
        self,
        person: str,
        prompt_id: str,
        kind: str,
        pictures: list[str],
        value: Any,
        read: Any,
    ) -> None:
        try:
            if kind in ("rate", "issues", "words") and not pictures:
                raise AnswerError("is about a record without the field picture: add it")
            answer = read(value)
        except AnswerError as error:
            self._collector.reject(self._place, kind, str(error))
            return
        self._collector.add(self._place, person, prompt_id, kind, pictures, answer)


def _size(metadata: dict[str, Any]) -> PictureSize:
    width, height = metadata.get("width"), metadata.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return stated_size(width, height)
    return None


def _category(values: dict[str, Any]) -> dict[str, Any]:
    choice = values.get("problematic")
    if choice is not None and (not isinstance(choice, str) or choice not in _YES_NO):
        raise AnswerError(f"has problematic {json_text(choice)}; it has to be yes or no")
    problematic = None if choice is None else _YES_NO[choice]
    return {"category": values.get("category"), "problematic": problematic}


def _issues(value: Any) -> dict[str, Any]:
    if isinstance(value, list) and NOTHING in value:
        if len(value) > 1:
            raise AnswerError(f"has issues, and {NOTHING} too: delete one of them")
        return {"issues": []}
    return {"issues": value}


def _words(prompt: str, value: Any) -> dict[str, Any]:
    spans = value if isinstance(value, list) else [value]
    numbers: set[int] = set()
    for span in spans:
        if not isinstance(span, dict):
            raise AnswerError(f"has {json_text(span)} in place of a span")
        numbers |= words_in_span(prompt, span.get("start"), span.get("end"))
    return {"words": sorted(numbers)}


def _places(fields: list[str], value: Any) -> dict[str, Any]:
    places: dict[str, Any] = {}
    for entry in value if isinstance(value, list) else [value]:
        name = entry.get("value") if isinstance(entry, dict) else None
        if name not in fields:
            known = ", ".join(fields)
            raise AnswerError(f"ranks {json_text(entry)}; the pictures of the record are {known}")
        if name in places:
            raise AnswerError(f"ranks {name} twice: keep one")
        places[name] = entry.get("rank")
    return {"places": [places.get(field) for field in fields]}


def _chosen(shown: Mapping[str, str], value: Any) -> dict[str, Any]:
    if not isinstance(value, str) or value not in ("left", "right") or value not in shown:
        raise AnswerError(f"is {json_text(value)}; it has to be left or right, which are fields")
    return {"chosen": shown[value]}
