"""Read the records that Argilla 2 exports as JSON, nested or flat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.readers.tool_votes import Faults, Record, Vote, read_json, record_tables
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.rows import BadFile

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
        Drafts and discarded responses are in `rejected`.

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
    records = read_json(path, _EXPECTED)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadFile(f"{path} is not a list of records: give {_EXPECTED}")
    faults: Faults = []
    read = [
        _nested(row, record, faults) if "fields" in record else _flat(row, record, faults)
        for row, record in enumerate(records)
    ]
    return record_tables(read, faults, "argilla", path, run_dir, columns or {})


def _nested(row: int, record: dict[str, Any], faults: Faults) -> Record:
    task = str(record.get("id") or row)
    votes: dict[str, list[Vote]] = {}
    for question, responses in (record.get("responses") or {}).items():
        for response in responses or []:
            _add(votes, question, task, response, row, faults)
    return Record(row, task, record["fields"] or {}, votes, {})


def _flat(row: int, record: dict[str, Any], faults: Faults) -> Record:
    """Read a record whose fields and responses are beside each other."""
    task = str(record.get("id") or row)
    votes: dict[str, list[Vote]] = {}
    shown = {}
    for name, values in record.items():
        if not name.endswith(_SUFFIX):
            shown[name] = values
            continue
        n_values = len(values or [])
        users = record.get(f"{name}.users") or [None] * n_values
        states = record.get(f"{name}.status") or ["submitted"] * n_values
        for value, user, state in zip(values or [], users, states, strict=True):
            response = {"value": value, "user_id": user, "status": state}
            _add(votes, name.removesuffix(_SUFFIX), task, response, row, faults)
    shown = {name: value for name, value in shown.items() if name not in _FLAT and "." not in name}
    return Record(row, task, shown, votes, {})


def _add(
    votes: dict[str, list[Vote]],
    question: str,
    task: str,
    response: dict[str, Any],
    row: int,
    faults: Faults,
) -> None:
    status = response.get("status") or "submitted"
    if status != "submitted":
        faults.append((row, question, f"is {status}, not submitted"))
        return
    label = _label(response.get("value"))
    if label:
        votes.setdefault(question, []).append(Vote(task, response.get("user_id"), label))


def _label(value: Any) -> str:
    """Return an answer as a label, that of a ranking of two as the better one; or ""."""
    if isinstance(value, str):
        return value.strip()
    is_ranking = isinstance(value, list) and len(value) == 2
    if not is_ranking or not all(isinstance(entry, dict) and "rank" in entry for entry in value):
        return ""
    first, second = sorted(value, key=lambda entry: entry["rank"])
    return "tie" if first["rank"] == second["rank"] else str(first["value"])
