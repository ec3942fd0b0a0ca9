"""Read the records that Argilla 2 exports as JSON, nested or flat."""

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
    value_in,
)
from gamelabel.readers.tool_votes import Record, Vote, read_votes, record_tables, task_name
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.rows import RejectedRow

_EXPECTED = "a file that Argilla's dataset.records.to_json wrote"
_SUFFIX = ".responses"  # of a question, in flat records
_FLAT = {"id", "status", "_server_id", "inserted_at", "updated_at"}


def read_argilla(
    path: str | Path, run_dir: str | Path, columns: Mapping[str, str] | None = None
) -> LabelTables:
    """Read the answers to a question with labels, or with a ranking of two.

    Pictures are looked for beside the file; data URIs are decoded.

    Parameters
    ----------
    path : str or Path
        A JSON list of records, or a file with one a line (.jsonl).
    run_dir : str or Path
        The run's folder, to which pictures are copied.
    columns : mapping of str to str, optional
        `label` is the name of the question if there are several, `tie` the label that means a tie.

    Returns
    -------
    LabelTables
        Drafts, discarded responses and records of another form are in `rejected`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If the file is not such an export, or has no choice.

    Examples
    --------
    >>> import json, tempfile
    >>> responses = [{"value": "image_b", "user_id": "u7"}]
    >>> record = {"id": "t1", "fields": {"prompt": "a star"}, "responses": {"better": responses}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "records.json"
    ...     _ = path.write_text(json.dumps([record]))
    ...     read_argilla(path, folder).labels[["player_id", "choice"]]
      player_id choice
    0        u7      b
    """
    path = Path(path).absolute()
    faults: Faults = []
    records = readable_records(enumerate(read_list(path, _EXPECTED)), _record, faults)
    return record_tables(records, faults, "argilla", path, run_dir, columns or {})


def _record(row: int, record: dict[str, Any]) -> Record:
    return _nested(row, record) if "fields" in record else _flat(row, record)


def _nested(row: int, record: dict[str, Any]) -> Record:
    task = task_name(row, record)
    responses = value_in(record, "responses", dict)
    votes = {}
    for question in responses:
        votes[question] = _votes(task, value_in(responses, question, list))
    return Record(row, task, value_in(record, "fields", dict), votes, {})


def _flat(row: int, record: dict[str, Any]) -> Record:
    """Read a record whose fields and responses are beside each other."""
    task = task_name(row, record)
    votes, shown = {}, {}
    for name in record:
        if name.endswith(_SUFFIX):
            votes[name.removesuffix(_SUFFIX)] = _votes(task, _responses(record, name))
        elif name not in _FLAT and "." not in name:
            shown[name] = record[name]
    return Record(row, task, shown, votes, {})


def _responses(record: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the responses of a flat record as those of a nested one."""
    values = value_in(record, name, list)
    columns = {"value": values}
    for key, suffix in (("user_id", "users"), ("status", "status")):
        if record.get(f"{name}.{suffix}") is not None:
            columns[key] = value_in(record, f"{name}.{suffix}", list)
            if len(columns[key]) != len(values):
                number = f"has {len(columns[key])} values, not {len(values)} as {name}"
                raise RejectedRow((f"{name}.{suffix}", number))
    return [
        dict(zip(columns, response, strict=True))
        for response in zip(*columns.values(), strict=True)
    ]


def _votes(task: str, responses: list[Any]) -> list[Vote]:
    def vote(_: int, response: dict[str, Any]) -> Vote:
        status = value_in(response, "status", str) or "submitted"
        if status != "submitted":
            raise RejectedRow(("", f"is {status}, not submitted"))
        return Vote(task, name_in(response, "user_id"), _label(response.get("value")))

    return read_votes(task, responses, vote)


def _label(value: Any) -> str:
    """Return an answer as a label, that of a ranking of two as the better one."""
    if isinstance(value, str) and value.strip():
        return value_in({"value": value}, "value", str).strip()
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_ranked, value)):
        raise RejectedRow(("value", f"is {json_text(value)}, neither a label nor a ranking of two"))
    first, second = sorted(value, key=lambda entry: entry["rank"])
    return "tie" if first["rank"] == second["rank"] else str(first["value"])


def _is_ranked(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("value"), str):
        return False
    return isinstance(entry.get("rank"), int) and not isinstance(entry["rank"], bool)
