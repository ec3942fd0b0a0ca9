"""Read the JSON that Label Studio exports: full (JSON) or short (JSON-MIN)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gamelabel.readers.tool_votes import Faults, Record, Vote, read_json, record_tables
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.names import printed_name
from gamelabel.tables.rows import BadFile

_EXPECTED = "a file that Label Studio exported as JSON or JSON-MIN"
# what a short record has beside its data and its answers
_SHORT = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"}
_SIDES = {"left", "right"}


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
        Annotations that were skipped, or without a choice, are in `rejected`.

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
    path = Path(path).absolute()
    tasks = read_json(path, _EXPECTED)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise BadFile(f"{path} is not a list of tasks: give {_EXPECTED}")
    faults: Faults = []
    records = [
        _full(row, task, faults) if "annotations" in task else _short(row, task)
        for row, task in enumerate(tasks)
    ]
    return record_tables(records, faults, "label-studio", path, run_dir, columns or {})


def _full(row: int, task: dict[str, Any], faults: Faults) -> Record:
    name = printed_name(task.get("id", row))
    votes: dict[str, list[Vote]] = {}
    gold: dict[str, str] = {}
    for annotation in task["annotations"] or []:
        if annotation.get("was_cancelled"):
            faults.append((row, "annotations", "was skipped by the annotator"))
            continue
        answers = list(_answers(annotation))
        if not answers:
            faults.append((row, "annotations", "has no choice"))
        for question, label in answers:
            if annotation.get("ground_truth"):
                gold[question] = label
            vote = Vote(name, _worker(annotation.get("completed_by")), label)
            votes.setdefault(question, []).append(_timed(vote, annotation))
    return Record(row, name, task.get("data") or {}, votes, gold)


def _answers(annotation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the question and the answer of each choice of an annotation."""
    for result in annotation.get("result") or []:
        value = result.get("value") or {}
        choices = value.get("choices") or []
        if result.get("type") == "pairwise" and value.get("selected") in _SIDES:
            yield result.get("from_name", "pairwise"), value["selected"]
        elif result.get("type") == "choices" and len(choices) == 1:
            yield result.get("from_name", "choices"), str(choices[0])


def _short(row: int, task: dict[str, Any]) -> Record:
    """Read a short record: data and answers are beside each other."""
    name = printed_name(task.get("id", row))
    votes = {}
    for question, value in task.items():
        label = value.get("selected") if isinstance(value, dict) else value
        if question not in _SHORT and label in _SIDES:
            vote = Vote(name, _worker(task.get("annotator")), str(label))
            votes[question] = [_timed(vote, task)]
    shown = {key: value for key, value in task.items() if key not in _SHORT | votes.keys()}
    return Record(row, name, shown, votes, {})


def _worker(person: Any) -> Any:
    return person.get("id", person.get("email")) if isinstance(person, dict) else person


def _timed(vote: Vote, annotation: dict[str, Any]) -> Vote:
    seconds, when = annotation.get("lead_time"), annotation.get("created_at")
    milliseconds = None
    if isinstance(seconds, (int, float)) and seconds >= 0:
        milliseconds = round(1000 * seconds)
    return vote._replace(
        created_at=when if isinstance(when, str) else None, response_ms=milliseconds
    )
