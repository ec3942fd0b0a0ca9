"""Read what annotators of Potato chose: the folder of a task, with its items and its output."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gamelabel.readers.json_records import (
    Faults,
    json_text,
    name_in,
    read_json,
    read_list,
    readable_records,
    value_in,
)
from gamelabel.readers.tool_votes import Record, Vote, record_tables, task_name
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.names import printed_name
from gamelabel.tables.rows import BadFile, RejectedRow, is_text

_STATE, _ANNOTATED = "user_state.json", "annotated_instances.jsonl"
_ANSWERS = "instance_id_to_label_to_value"
_EXPECTED = f"the folder of a task of Potato, with {_STATE} or {_ANNOTATED} of each annotator"


def read_potato(
    folder: str | Path, run_dir: str | Path, columns: Mapping[str, str] | None = None
) -> LabelTables:
    """Read the answers to a pairwise scheme, of tiles or on a scale, or to a radio scheme.

    What an item showed comes from the JSON files of the folder that have an `id` in each record;
    pictures are looked for in the folder.

    Parameters
    ----------
    folder : str or Path
        The folder of the task.
    run_dir : str or Path
        The run's folder, to which pictures are copied.
    columns : mapping of str to str, optional
        `label` is the name of the scheme if there are several, `tie` the label that means a tie.

    Returns
    -------
    LabelTables
        On a scale, a negative value is the first, 0 a tie. Answers of another form are in
        `rejected`, with the file in which they are.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or it has no annotations.
    BadFile
        If a file is damaged, or there is no choice.

    Examples
    --------
    >>> import json, tempfile
    >>> answer = [{"schema": "better", "name": "selection"}, "B"]
    >>> state = {"user_id": "u7", "instance_id_to_label_to_value": {"t1": [answer]}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "user_state.json").write_text(json.dumps(state))
    ...     read_potato(folder, folder).labels[["player_id", "choice"]]
      player_id choice
    0        u7      b
    """
    folder = Path(folder).absolute()
    files = sorted(folder.rglob(_STATE)) or sorted(folder.rglob(_ANNOTATED))
    if not files:
        raise FileNotFoundError(f"{folder} has no {_STATE} or {_ANNOTATED}: give {_EXPECTED}")
    faults: Faults = []
    annotations = [entry for file in files for entry in _annotations(file, folder, faults)]
    rows = {task: row for row, task in enumerate(dict.fromkeys(a.task for a in annotations))}
    votes: dict[str, dict[str, list[Vote]]] = {task: {} for task in rows}
    for annotation in annotations:
        try:
            answers = list(_answers(annotation.answers))
        except RejectedRow as rejection:
            [(column, reason)] = rejection.faults
            faults.append((rows[annotation.task], column, f"{reason} ({annotation.place})"))
            continue
        for scheme, label in answers:
            fault = "" if label else f"has no choice ({annotation.place})"
            vote = Vote(annotation.task, annotation.worker, label, fault=fault)
            votes[annotation.task].setdefault(scheme, []).append(vote)
    items, others = _items(folder)
    if not items:
        reason = f"is not in {', '.join(others)}: its prompt and pictures are unknown"
        faults += [(row, "id", f"{task!r} {reason}") for task, row in rows.items() if others]
    records = [Record(rows[task], task, items.get(task, {}), votes[task], {}) for task in rows]
    return record_tables(records, faults, "potato", folder, run_dir, columns or {})


class _Annotation(NamedTuple):
    """What an annotator answered about an item, and the file that says so."""

    task: str
    worker: str
    answers: Any
    place: str


def _annotations(file: Path, folder: Path, faults: Faults) -> list[_Annotation]:
    """Read the annotations in a file of an annotator."""
    place, worker = f"in {file.relative_to(folder)}", file.parent.name
    if file.name == _STATE:
        content = read_json(file, _EXPECTED)
        if not isinstance(content, dict) or _ANSWERS not in content:
            raise BadFile(f"{file} is not the state of an annotator: give {_EXPECTED}")
        try:
            worker = name_in(content, "user_id") or worker
            answered = value_in(content, _ANSWERS, dict)
        except RejectedRow as rejection:
            raise BadFile(f"{file} is not the state of an annotator: {rejection}") from None
        return [_Annotation(task, worker, answers, place) for task, answers in answered.items()]

    def read(row: int, record: dict[str, Any]) -> _Annotation:
        return _Annotation(task_name(row, record), worker, record.get("label_annotations"), place)

    unread: Faults = []
    annotations = list(readable_records(enumerate(read_list(file, _EXPECTED)), read, unread))
    faults += [(row, column, f"{reason} ({place})") for row, column, reason in unread]
    return annotations


def _answers(answers: Any) -> Iterator[tuple[str, str]]:
    """Yield scheme and label: answers are pairs [{schema, name}, value], or nested by scheme."""
    if isinstance(answers, dict):
        for scheme in answers:
            for name, value in value_in(answers, scheme, dict).items():
                yield from _answer(scheme, name, value)
        return
    for pair in value_in({"answers": answers}, "answers", list):
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], dict):
            raise RejectedRow(("answers", f"has {json_text(pair)} in place of a key and a value"))
        scheme, name = (value_in(pair[0], key, str) for key in ("schema", "name"))
        if not scheme or not name:
            raise RejectedRow(("answers", f"has the key {json_text(pair[0])}: no schema and name"))
        yield from _answer(scheme, name, pair[1])


def _answer(scheme: str, name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the scheme and what was chosen: of two tiles, on a scale, or a button's own name.

    The label is "" if the value is none of these. Buttons that were not chosen yield nothing.
    """
    if name == "selection":
        yield scheme, value.strip() if isinstance(value, str) and is_text(value) else ""
    elif name == "scale_value":
        yield scheme, _side(value)
    elif isinstance(value, (list, dict)):
        yield scheme, ""
    elif value not in (False, None, "", "false"):
        yield scheme, name


def _side(value: Any) -> str:
    """Return the label of a place on a scale; "" if it is not a number."""
    try:
        place = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return ""
    if place == 0:
        return "tie"
    return "" if math.isnan(place) else "AB"[place > 0]


def _items(folder: Path) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Return the items of a task by name, and the JSON files of the folder that have none."""
    items: dict[str, Mapping[str, Any]] = {}
    others = []
    for file in sorted([*folder.rglob("*.json"), *folder.rglob("*.jsonl")]):
        if file.name in (_STATE, _ANNOTATED):
            continue
        try:
            content = read_json(file, _EXPECTED)
        except BadFile:  # not every file of a folder is a list of items
            content = None
        records = content if isinstance(content, list) else []
        listed = [record for record in records if isinstance(record, dict) and "id" in record]
        if not listed:
            others.append(str(file.relative_to(folder)))
        for record in listed:
            items.setdefault(printed_name(record["id"]), record)
    return items, others
