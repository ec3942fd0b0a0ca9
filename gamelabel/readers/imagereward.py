"""ImageReward's rankings of 4 to 9 pictures of a prompt, ties allowed -> a choice for every two of them."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from gamelabel.readers.reading import Reading, Rejection, blank_labels, rejections
from gamelabel.tables.table_files import check_table


def read_rankings(path: str | Path) -> Reading:
    """Read a JSON list of {id, prompt, generations, ranking}, as ImageReward's test.json: 1 is the best rank.

    Of n pictures come n(n - 1)/2 pairs, the earlier picture first; two of the same rank are a tie. The file has no
    pictures and names no one, so pairs have no image files and labels no player. A record that is not of this form is
    left out and stands in `rejected`, and so does one whose id was there before. Raises FileNotFoundError, or
    ValueError where the file is no such list.
    """
    faults: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    pairs, chosen = [], []
    for row, record in enumerate(_records(Path(path))):
        try:
            ranks = _ranks(record, seen)
        except Rejection as rejection:
            faults += [(row, *fault) for fault in rejection.faults]
            continue
        seen.add(record["id"])
        for i, j in combinations(range(len(ranks)), 2):
            pairs.append((f"{record['id']}-{i}-{j}", record["id"], record["prompt"]))
            chosen.append("tie" if ranks[i] == ranks[j] else "a" if ranks[i] < ranks[j] else "b")
    frame = pd.DataFrame(pairs, columns=["pair_id", "prompt_id", "prompt"], dtype=object)
    labels = blank_labels(frame.pair_id.tolist(), chosen, "crowd")
    frame = frame.assign(
        kind="preference",
        image_a=None,
        image_b=None,
        seed_a=None,
        seed_b=None,
        model=None,
        gold=None,
    )
    found = check_table(frame, "pairs", str(path)), check_table(labels, "labels", str(path))
    return Reading(*found, rejections(faults))


def _records(path: Path) -> list[Any]:
    if not path.is_file():
        raise FileNotFoundError(
            f"no file {path}: give a JSON file of rankings, such as ImageReward's test.json"
        )
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # JSON that is broken, or text that is not UTF-8
        raise ValueError(f"{path} is no JSON in UTF-8: {error}; fetch it again") from error
    if not isinstance(records, list):
        raise ValueError(
            f"{path} holds no list: rankings are a list of id, prompt, generations, ranking"
        )
    return records


def _ranks(record: Any, seen: set[str]) -> list[int]:
    """A record's ranks. Raises Rejection with everything that is wrong in it."""
    if not isinstance(record, dict):
        raise Rejection(("", "is no record of id, prompt, generations, ranking"))
    faults = [
        (name, "is no text") for name in ("id", "prompt") if not isinstance(record.get(name), str)
    ]
    faults += [(name, "is empty") for name in ("id", "prompt") if record.get(name) == ""]
    if record.get("id") in seen:
        faults.append(("id", "was there before"))
    ranks, pictures = record.get("ranking"), record.get("generations")
    if not isinstance(ranks, list) or not all(type(rank) is int for rank in ranks):
        faults.append(("ranking", "is no list of whole numbers"))
    elif not isinstance(pictures, list) or len(pictures) != len(ranks):
        faults.append(("generations", f"is no list of {len(ranks)}, as many as there are ranks"))
    if faults:
        raise Rejection(*faults)
    return list(record["ranking"])
