"""Read the JSON that Label Studio exports: full (JSON) or short (JSON-MIN)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.readers.json_records import (
    Faults,
    json_text,
    name_in,
    read_list,
    readable_records,
    seconds_in,
    time_in,
    value_in,
)
from gamelabel.readers.tool_votes import Record, Vote, record_tables, task_name
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.rows import RejectedRow, is_text

_EXPECTED = "a file that Label Studio exported as JSON or JSON-MIN"
# what a short record has beside its data and its answers
_SHORT = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"}
_SIDES = {"left", "right"}
_KINDS = {"pairwise", "choices"}


def read_label_studio(
    path: str | Path, run_dir: str | Path, columns: Mapping[str, str] | None = None
) -> LabelTables:
    """Read choices made with the tags Pairwise or Choices.

    A ground truth makes its task a comparison point. Pictures are looked for beside the file, by
    their paths or by the names of the uploads.

    Parameters
    ----------
    path : str or Path
        The file.
    run_dir : str or Path
        The run's folder, to which pictures are copied.
    columns : mapping of str to str, optional
        `label` is the name of the tag if there are several, `tie` the choice that means a tie.

    Returns
    -------
    LabelTables
        Annotations that were skipped, have no choice or another form are in `rejected`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If the file is not such an export, or has no choice.

    Examples
    --------
    >>> import json, tempfile
    >>> choice = {"from_name": "pw", "type": "pairwise", "value": {"selected": "right"}}
    >>> task = {"id": 1, "data": {"prompt": "a star"}}
    >>> task["annotations"] = [{"completed_by": 7, "result": [choice]}]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "export.json"
    ...     _ = path.write_text(json.dumps([task]))
    ...     read_label_studio(path, folder).labels[["player_id", "choice"]]
      player_id choice
    0         7      b
    """
    path, columns = Path(path).absolute(), columns or {}
    tasks = read_list(path, _EXPECTED)
    questions = _short_questions(tasks, columns.get("label", ""))
    faults: Faults = []

    def record(row: int, task: dict[str, Any]) -> Record:
        return _full(row, task, faults) if "annotations" in task else _short(row, task, questions)

    records = readable_records(enumerate(tasks), record, faults)
    return record_tables(records, faults, "label-studio", path, run_dir, columns)


def _full(row: int, task: dict[str, Any], faults: Faults) -> Record:
    name, shown = task_name(row, task), value_in(task, "data", dict)
    annotations = [(row, annotation) for annotation in value_in(task, "annotations", list)]
    votes: dict[str, list[Vote]] = {}
    gold: dict[str, str] = {}

    def read(_: int, annotation: dict[str, Any]) -> tuple[dict[str, Vote], bool]:
        if value_in(annotation, "was_cancelled", bool):
            raise RejectedRow(("annotations", "was skipped by the annotator"))
        answers = _answers(name, annotation)
        if not answers:
            raise RejectedRow(("annotations", "has no choice"))
        return answers, value_in(annotation, "ground_truth", bool)

    for answers, is_gold in readable_records(annotations, read, faults):
        for question, vote in answers.items():
            votes.setdefault(question, []).append(vote)
            if is_gold and not vote.fault and gold.setdefault(question, vote.label) != vote.label:
                faults.append((row, "ground_truth", f"is {vote.label!r}: another one differs"))
    return Record(row, name, shown, votes, gold)


def _answers(task: str, annotation: dict[str, Any]) -> dict[str, Vote]:
    """Return the vote of an annotation on each question of a kind that has choices."""
    votes = {}
    for result in value_in(annotation, "result", list):
        if not isinstance(result, dict):
            raise RejectedRow(("result", f"has {json_text(result)} in place of an object"))
        kind = value_in(result, "type", str)
        if kind in _KINDS:
            question = value_in(result, "from_name", str) or kind
            label = _label(value_in(result, "value", dict))
            votes[question] = _vote(task, annotation, "completed_by", label)
    return votes


def _short_questions(tasks: list[Any], named: str) -> list[str]:
    """Return the questions of short records: those that somewhere have the answer left or right."""
    records = [task for task in tasks if isinstance(task, dict) and "annotations" not in task]
    answered = {
        key: None
        for record in records
        for key, value in record.items()
        if key not in _SHORT and (key == named or _label(value) in _SIDES)
    }
    return list(answered)


def _short(row: int, task: dict[str, Any], questions: list[str]) -> Record:
    """Read a short record, which is an annotation: data and answers are beside each other."""
    name = task_name(row, task)
    votes = {
        question: [_vote(name, task, "annotator", _label(task.get(question)))]
        for question in questions
    }
    shown = {key: value for key, value in task.items() if key not in _SHORT | votes.keys()}
    return Record(row, name, shown, votes, {})


def _label(value: Any) -> str:
    """Return what was chosen; "" if it is not one choice."""
    if isinstance(value, list) and len(value) == 1:  # of a short record
        value = value[0]
    if isinstance(value, dict):
        choices = value.get("choices")
        if isinstance(choices, list) and len(choices) == 1:
            value = choices[0]
        else:
            value = value.get("selected")
            value = value if isinstance(value, str) and value in _SIDES else ""
    return value.strip() if isinstance(value, str) and is_text(value) else ""


def _vote(task: str, annotation: dict[str, Any], person: str, label: str) -> Vote:
    """Return the vote of a person with this answer; one of another form gets a fault."""
    seconds = seconds_in(annotation, "lead_time")
    return Vote(
        task,
        _worker(annotation, person),
        label,
        time_in(annotation, "created_at"),
        None if seconds is None else round(1000 * seconds),
        "" if label else "has no choice",
    )


def _worker(annotation: dict[str, Any], key: str) -> str:
    person = annotation.get(key)
    if isinstance(person, dict):
        name = name_in(person, "id") or name_in(person, "email")
        if not name:
            raise RejectedRow((key, f"is {json_text(person)}: neither id nor email"))
        return name
    return name_in(annotation, key)
