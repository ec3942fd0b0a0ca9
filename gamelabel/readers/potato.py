"""Read what annotators of Potato chose: the folder of a task, with its items and its output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gamelabel.readers.tool_votes import Faults, Record, Vote, read_json, record_tables
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.names import printed_name
from gamelabel.tables.rows import BadFile

_STATE, _ANNOTATED = "user_state.json", "annotated_instances.jsonl"
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
        On a scale, a negative value is the first, 0 a tie.

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
    votes: dict[str, dict[str, list[Vote]]] = {}
    for file in files:
        for task, worker, answers in _annotations(file):
            for scheme, label in _answers(answers):
                by_scheme = votes.setdefault(task, {})
                by_scheme.setdefault(scheme, []).append(Vote(task, worker, label))
    items = _items(folder)
    faults: Faults = []
    records = [
        Record(row, task, items.get(task, {}), by_scheme, {})
        for row, (task, by_scheme) in enumerate(votes.items())
    ]
    return record_tables(records, faults, "potato", folder, run_dir, columns or {})


def _annotations(file: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield the item, the annotator and the answers of each annotation in a file."""
    content = read_json(file, _EXPECTED)
    if file.name == _STATE:
        if not isinstance(content, dict):
            raise BadFile(f"{file} is not the state of an annotator: give {_EXPECTED}")
        worker = str(content.get("user_id") or file.parent.name)
        for task, answers in (content.get("instance_id_to_label_to_value") or {}).items():
            yield task, worker, answers
        return
    for record in content:
        answers = record.get("label_annotations") or {}
        yield printed_name(record.get("id")), file.parent.name, answers


def _answers(answers: Any) -> Iterator[tuple[str, str]]:
    """Yield scheme and label: answers are pairs [{schema, name}, value], or nested by scheme."""
    if isinstance(answers, dict):
        answers = [
            [{"schema": scheme, "name": name}, value]
            for scheme, values in answers.items()
            for name, value in (values or {}).items()
        ]
    for key, value in answers or []:
        label = _label(str(key.get("name")), value)
        if label:
            yield str(key.get("schema")), label


def _label(name: str, value: Any) -> str:
    """Return what was chosen: of two tiles, on a scale, or a radio button's own name; or ""."""
    if name == "selection":
        return str(value)
    if name == "scale_value":
        try:
            place = float(value)
        except (TypeError, ValueError):
            return ""
        if place == 0:
            return "tie"
        return "A" if place < 0 else "B"
    return name if value not in (False, None, "", "false") else ""


def _items(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Return the items of a task by name, from its JSON files other than the annotators'."""
    items: dict[str, Mapping[str, Any]] = {}
    for file in sorted([*folder.rglob("*.json"), *folder.rglob("*.jsonl")]):
        if file.name in (_STATE, _ANNOTATED):
            continue
        try:
            content = read_json(file, _EXPECTED)
        except BadFile:  # not every file of a folder is a list of items
            continue
        for record in content if isinstance(content, list) else []:
            if isinstance(record, dict) and "id" in record:
                items.setdefault(printed_name(record["id"]), record)
    return items
