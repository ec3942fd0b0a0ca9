"""Read rows like those of Pick-a-Pic: users of a web app chose one of two pictures, or neither.

Columns: caption, image_0_uid, image_1_uid, label_0, label_1 (1 and 0, or both 0.5 for a tie) and
user_id; optionally has_label, created_at, model_0, model_1, and the pictures in jpg_0 and jpg_1.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gamelabel.readers.crowd_pairs import player_name
from gamelabel.readers.time_text import time_problem
from gamelabel.tables.label_tables import OUTSIDE_FOLDER, LabelTables, label_tables
from gamelabel.tables.picture_files import picture_content, suffix_of, write_picture
from gamelabel.tables.rows import RejectedRow, Row, parquet_files, parquet_rows

PICKAPIC_COLUMNS = ("caption", "image_0_uid", "image_1_uid", "label_0", "label_1", "user_id")
_OPTIONAL_COLUMNS = ("has_label", "created_at", "model_0", "model_1", "jpg_0", "jpg_1")
_CHOICES = {(1.0, 0.0): "a", (0.0, 1.0): "b", (0.5, 0.5): "tie"}
_SWAPPED = {"a": "b", "b": "a", "tie": "tie", "": ""}

_Fault = tuple[str, str]


class _Point(NamedTuple):
    image_ids: tuple[str, str]  # ordered
    choice: str  # empty if the row has no label
    pictures: tuple[bytes, ...]  # in the order of image_ids; empty if the row has none


def read_pickapic(
    source: str | Path, run_dir: str | Path, images: str = f"{OUTSIDE_FOLDER}/images"
) -> LabelTables:
    """Read a Parquet file, or a folder of such files, row by row.

    Rows with the same two pictures and the same caption are one pair, in whatever order a row has
    them; each row with a label is one label.

    Parameters
    ----------
    source : str or Path
        The file or folder.
    run_dir : str or Path
        The run's folder.
    images : str, default "outside/images"
        Where in `run_dir` the pictures go, if the rows contain pictures.

    Returns
    -------
    LabelTables
        Rows with an invalid cell are left out; `rejected` has each such cell.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If a file is not a Parquet file or lacks a column.
    OSError
        If a picture cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> row = {"caption": "a star", "image_0_uid": "x", "image_1_uid": "w", "user_id": 7}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.parquet"
    ...     pd.DataFrame([row | {"label_0": 1.0, "label_1": 0.0}]).to_parquet(path)
    ...     read_pickapic(path, folder).labels[["player_id", "pair_id", "choice"]]
      player_id      pair_id choice
    0         7  pap-0000000      b
    """
    faults: list[tuple[int, str, str]] = []
    pairs: dict[tuple[str, tuple[str, str]], dict[str, Any]] = {}
    labels = []
    for row in parquet_rows(parquet_files(Path(source)), PICKAPIC_COLUMNS, _OPTIONAL_COLUMNS):
        try:
            point = _parse(row)
        except RejectedRow as rejection:
            faults += [(row.number, *fault) for fault in rejection.faults]
            continue
        pair = pairs.setdefault((row.cells["caption"], point.image_ids), _new_pair(row))
        for side, image_id, content in zip("ab", point.image_ids, point.pictures, strict=False):
            path = f"{images}/{image_id}.{suffix_of(content)}"
            write_picture(Path(run_dir) / path, content)
            pair[f"image_{side}"] = path
        if point.choice:
            labels.append({"pair_id": pair["pair_id"], "choice": point.choice, **_who(row)})
    return label_tables(
        _pairs(list(pairs.values())), _labels(labels), faults, "pickapic", str(source)
    )


def _new_pair(row: Row) -> dict[str, Any]:
    models = {row.cells.get("model_0"), row.cells.get("model_1")}
    return {
        "pair_id": f"pap-{row.number:07d}",
        "prompt": row.cells["caption"],
        "model": models.pop() if len(models) == 1 else None,
    }


def _who(row: Row) -> dict[str, Any]:
    when = row.cells.get("created_at")
    time = None if pd.isna(when) else pd.to_datetime(when, utc=True, format="ISO8601")
    return {"player_id": player_name(row.cells["user_id"]), "created_at": time}


def _pairs(records: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["pair_id", "prompt", "model", "image_a", "image_b"]
    frame = pd.DataFrame(records, columns=columns, dtype=object)
    first = frame.groupby("prompt")["pair_id"].transform("first")
    return frame.assign(prompt_id=first + "-prompt", kind="preference")


def _labels(records: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["pair_id", "choice", "player_id", "created_at"]
    return pd.DataFrame(records, columns=columns, dtype=object).assign(source="crowd")


def _parse(row: Row) -> _Point:
    """Return what a row says, or raise RejectedRow with all of its faults."""
    if row.error:
        raise RejectedRow(("", row.error))
    cells = row.cells
    choice = _CHOICES.get((cells["label_0"], cells["label_1"]), "")
    if cells.get("has_label") is False:
        choice = ""
    faults = [*_text_faults(cells), *_id_faults(cells)]
    if not choice and cells.get("has_label") is not False:
        faults.append(("label_0", "and label_1 are not 1 and 0, 0 and 1, or 0.5 twice"))
    faults += [*_time_faults(cells), *_picture_faults(cells)]
    if faults:
        raise RejectedRow(*faults)
    pictures: tuple[bytes, ...] = ()
    if cells.get("jpg_0") is not None:
        pictures = (picture_content(cells["jpg_0"]), picture_content(cells["jpg_1"]))
    first, second = cells["image_0_uid"], cells["image_1_uid"]
    if first < second:
        return _Point((first, second), choice, pictures)
    return _Point((second, first), _SWAPPED[choice], pictures[::-1])


def _text_faults(cells: dict[str, Any]) -> list[_Fault]:
    caption = cells["caption"]
    if isinstance(caption, str) and caption.strip():
        return []
    return [("caption", "is empty")]


def _id_faults(cells: dict[str, Any]) -> list[_Fault]:
    """Check the pictures' names, which become names of files."""
    faults = []
    for column in ("image_0_uid", "image_1_uid"):
        name = cells[column]
        if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,100}", name, re.ASCII):
            faults.append((column, "is not a name of letters, digits and dashes"))
    if cells["image_0_uid"] == cells["image_1_uid"]:
        faults.append(("image_1_uid", "is the same picture as image_0_uid"))
    return faults


def _time_faults(cells: dict[str, Any]) -> list[_Fault]:
    when = cells.get("created_at")
    problem = "" if pd.isna(when) else time_problem(when)
    return [("created_at", problem)] if problem else []


def _picture_faults(cells: dict[str, Any]) -> list[_Fault]:
    contents = {column: cells.get(column) for column in ("jpg_0", "jpg_1")}
    if all(content is None for content in contents.values()):
        return []
    faults = []
    for column, content in contents.items():
        try:
            if content is None:
                raise RejectedRow(("", "is missing, but the row has the other picture"))
            picture_content(content)
        except RejectedRow as rejection:
            faults.append((column, rejection.faults[0][1]))
    return faults
