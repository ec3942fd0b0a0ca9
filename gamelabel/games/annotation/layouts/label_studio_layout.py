"""Label Studio's JSON: read annotations made with the tags that `label_studio_writer` writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from gamelabel.games.annotation.answers import AnswerError
from gamelabel.games.annotation.layouts.answer_collector import AnswerCollector
from gamelabel.games.annotation.layouts.answer_set import (
    AnswerSet,
    PictureSize,
    RowPlace,
    stated_size,
)
from gamelabel.games.annotation.layouts.label_studio_results import (
    LABEL_STUDIO_TAGS,
    ToolAnswers,
    picture_name,
)
from gamelabel.readers.json_records import (
    json_text,
    name_in,
    read_list,
    seconds_in,
    time_in,
    value_in,
)
from gamelabel.readers.tool_votes import task_name
from gamelabel.tables.rows import BadFile, RejectedRow

_EXPECTED = "a file that Label Studio exported as JSON, or a folder of such files"
_BEFORE_1_0 = "completions"


def read_label_studio_answers(
    source: str | Path, pictures: Path | None = None, close_gaps: bool = False
) -> AnswerSet:
    """Read ratings, choices, marked words, key points, rankings and pairs of Label Studio.

    Parameters
    ----------
    source : str or Path
        The JSON export, or a folder of exports, such as one of tasks and one of pairs.
    pictures : Path, optional
        The folder of the pictures; by default their sizes are those that the tasks state.
    close_gaps : bool, default False
        Whether rankings with gaps are renumbered, not rejected.

    Returns
    -------
    AnswerSet
        Annotations that were skipped, and results that are not answers, are in `rejected`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If a file is not such an export.
    """
    source = Path(source).absolute()
    files = sorted(source.glob("*.json")) if source.is_dir() else [source]
    if not files:
        raise BadFile(f"{source} has no JSON file: give {_EXPECTED}")
    collector = AnswerCollector(pictures, close_gaps)
    for file in files:
        unknown: set[str] = set()
        for row, task in enumerate(read_list(file, _EXPECTED)):
            place = RowPlace(str(file), row)
            try:
                _add_task(collector, place, task, unknown)
            except RejectedRow as rejection:
                for column, reason in rejection.faults:
                    collector.reject(place, column, reason)
    return collector.result


def _add_task(collector: AnswerCollector, place: RowPlace, task: Any, unknown: set[str]) -> None:
    """Add a task and its annotations."""
    if not isinstance(task, dict) or not task:
        raise RejectedRow(("", f"is {json_text(task)}, not a task: export the project again"))
    if _BEFORE_1_0 in task:
        reason = "is the form before Label Studio 1.0: export with 1.0 or later"
        raise RejectedRow((_BEFORE_1_0, reason))
    if "annotations" not in task:
        reason = "has no annotations: is it JSON-MIN or a list of tasks? Export as JSON"
        raise RejectedRow(("", reason))
    data = value_in(task, "data", dict)
    prompt_id = name_in(data, "prompt_id") or task_name(place.row, task)
    prompt = value_in(data, "prompt", str)
    addresses = _addresses(data)
    names = [picture_name(address) for address in addresses]
    sizes = dict(zip(names, _sizes(value_in(data, "sizes", list), len(names)), strict=True))
    collector.add_prompt(place, prompt_id, prompt, names, sizes)
    listed = [item.get("id") for item in value_in(data, "items", list) if isinstance(item, dict)]
    items = [str(item) for item in listed] or [str(number) for number in range(len(names))]
    for annotation in value_in(task, "annotations", list):
        answers = ToolAnswers(prompt, items, len(names))
        try:
            person, response_ms, answered_ms = _person(annotation)
        except RejectedRow as rejection:
            for column, reason in rejection.faults:
                collector.reject(place, column, reason)
            continue
        _add_results(collector, place, annotation, answers, unknown)
        single = len(answers.values) == 1
        for kind, picture in [key for key in answers.values if key not in answers.broken]:
            shown = [names[picture]] if picture >= 0 else []
            if kind in ("rank", "compare"):
                shown = names
            try:
                value = answers.finished(kind, picture)
                if kind == "compare":
                    value = {"chosen": names[value["chosen"]]}
            except AnswerError as error:
                collector.reject(place, kind, str(error))
                continue
            collector.add(
                place,
                person,
                prompt_id,
                kind,
                shown,
                value,
                response_ms if single else None,
                answered_ms,
            )


def _add_results(
    collector: AnswerCollector,
    place: RowPlace,
    annotation: dict[str, Any],
    answers: ToolAnswers,
    unknown: set[str],
) -> None:
    """Add what the results of an annotation say; each that says nothing is rejected alone."""
    for result in annotation["result"]:
        if not isinstance(result, dict):
            collector.reject(place, "result", f"has {json_text(result)} in place of an object")
            continue
        tag = result.get("from_name")
        if not isinstance(tag, str) or tag not in LABEL_STUDIO_TAGS:
            if str(tag) not in unknown:  # once a file
                known = ", ".join(LABEL_STUDIO_TAGS)
                reason = f"is {json_text(tag)}: such answers are left out; tags are {known}"
                collector.reject(place, "from_name", reason)
            unknown.add(str(tag))
            continue
        try:
            answers.add(tag, result)
        except AnswerError as error:
            collector.reject(place, tag, str(error))


def _person(annotation: Any) -> tuple[str, int | None, int | None]:
    """Return who annotated, how long it took and when, in milliseconds."""
    if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
        raise RejectedRow(("annotations", f"has {json_text(annotation)}, which has no results"))
    if value_in(annotation, "was_cancelled", bool):
        raise RejectedRow(("annotations", "was skipped by the annotator"))
    person = annotation.get("completed_by")
    source, keys = (person, ("id", "email")) if isinstance(person, dict) else (None, ())
    names = [name_in(source, key) for key in keys] if source else []
    name = next(filter(None, names), "") if source else name_in(annotation, "completed_by")
    if not name:
        raise RejectedRow(("completed_by", f"is {json_text(person)}: say who annotated"))
    seconds, when = seconds_in(annotation, "lead_time"), time_in(annotation, "created_at")
    answered = None if when is None else _milliseconds(when)
    return name, None if seconds is None else round(1000 * seconds), answered


def _milliseconds(when: str) -> int:
    moment: datetime = pd.to_datetime(when, utc=True, format="ISO8601").to_pydatetime()
    return round(moment.timestamp() * 1000)


def _addresses(data: dict[str, Any]) -> list[str]:
    """Return the addresses of the pictures of a task, or of the two of a pair."""
    if "left" in data and "right" in data:
        listed: list[Any] = [data["left"], data["right"]]
    else:
        listed = value_in(data, "pictures", list)
    for address in listed:
        if not isinstance(address, str) or not address:
            reason = f"has {json_text(address)} in place of the address of a picture"
            raise RejectedRow(("pictures", reason))
    if not listed:
        raise RejectedRow(("pictures", "is empty: a task lists its pictures, or left and right"))
    return listed


def _sizes(sizes: list[Any], n_pictures: int) -> Iterator[PictureSize]:
    """Yield the sizes that a task states, None where it does not."""
    for number in range(n_pictures):
        size = sizes[number] if number < len(sizes) else None
        if isinstance(size, list) and [type(side) for side in size] == [int, int]:
            yield stated_size(size[0], size[1])
        else:
            yield None
