"""Read ImageReward's rankings of 4 to 9 pictures of a prompt: a label for every two pictures."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from gamelabel.tables.label_tables import LabelTables, label_tables
from gamelabel.tables.rows import BadFile, RejectedRow

_FIELDS = "id, prompt, generations, ranking"


def read_rankings(path: str | Path) -> LabelTables:
    """Read a JSON list of {id, prompt, generations, ranking}, such as ImageReward's test.json.

    In a ranking 1 is the best. A prompt with n pictures has n(n - 1)/2 pairs, the earlier picture
    first; two pictures of the same rank are a tie. The file contains no pictures and names nobody,
    so pairs have no image files and labels no player.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    LabelTables
        A record of another form, or with an id that occurred before, is in `rejected`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If the file is not a JSON list.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> record = {"id": "7", "prompt": "a star", "generations": ["x", "y", "z"]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rankings.json"
    ...     _ = path.write_text(json.dumps([record | {"ranking": [2, 1, 2]}]))
    ...     read_rankings(path).labels[["pair_id", "choice"]]
      pair_id choice
    0   7-0-1      b
    1   7-0-2    tie
    2   7-1-2      a
    """
    faults: list[tuple[int, str, str]] = []
    known_ids: set[str] = set()
    pairs, choices = [], []
    for row, record in enumerate(_records(Path(path).absolute())):
        try:
            ranks = _ranks(record, known_ids)
        except RejectedRow as rejection:
            faults += [(row, *fault) for fault in rejection.faults]
            continue
        known_ids.add(record["id"])
        for i, j in combinations(range(len(ranks)), 2):
            pairs.append((f"{record['id']}-{i}-{j}", record["id"], record["prompt"]))
            choices.append(_choice(ranks[i], ranks[j]))
    frame = pd.DataFrame(pairs, columns=["pair_id", "prompt_id", "prompt"], dtype=object)
    labels = pd.DataFrame({"pair_id": frame["pair_id"], "choice": choices, "source": "crowd"})
    preferences = frame.assign(kind="preference")
    return label_tables(preferences, labels, faults, "imagereward", str(path))


def _choice(rank_a: int, rank_b: int) -> str:
    if rank_a == rank_b:
        return "tie"
    return "a" if rank_a < rank_b else "b"


def _records(path: Path) -> list[Any]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} not found: give a JSON file of rankings, such as ImageReward's test.json"
        )
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # invalid JSON, or text that is not UTF-8
        raise BadFile(f"{path} is not JSON in UTF-8 ({error}): download it again") from error
    if not isinstance(records, list):
        raise BadFile(f"{path} is not a list: rankings are a list of {_FIELDS}")
    return records


def _ranks(record: Any, known_ids: set[str]) -> list[int]:
    """Return a record's ranks, or raise RejectedRow with all of its faults."""
    if not isinstance(record, dict):
        raise RejectedRow(("", f"is not a record of {_FIELDS}"))
    faults = []
    for name in ("id", "prompt"):
        if not isinstance(record.get(name), str):
            faults.append((name, "is not text"))
        elif not record[name]:
            faults.append((name, "is empty"))
    if record.get("id") in known_ids:
        faults.append(("id", "occurred before"))
    ranks, pictures = record.get("ranking"), record.get("generations")
    if not isinstance(ranks, list) or not all(type(rank) is int for rank in ranks):
        faults.append(("ranking", "is not a list of whole numbers"))
    elif not isinstance(pictures, list) or len(pictures) != len(ranks):
        faults.append(("generations", f"is not a list of {len(ranks)}, the number of ranks"))
    if faults:
        raise RejectedRow(*faults)
    return list(record["ranking"])
