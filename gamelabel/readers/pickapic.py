"""Rows in the style of Pick-a-Pic: a user of a web app asked for pictures and chose one of two, or neither.

Columns: caption, image_0_uid, image_1_uid, label_0, label_1 (1 and 0, or both 0.5 for a tie), user_id, and where they
are there: has_label, created_at, model_0, model_1, and the pictures themselves in jpg_0, jpg_1.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gamelabel.readers.picture_files import kind_of, write_picture
from gamelabel.readers.reading import Reading, Rejection, blank_labels, rejections
from gamelabel.tables.parquet_rows import Record, parquet_files, parquet_rows
from gamelabel.tables.table_files import check_table

COLUMNS = ("caption", "image_0_uid", "image_1_uid", "label_0", "label_1", "user_id")
OPTIONAL = ("has_label", "created_at", "model_0", "model_1", "jpg_0", "jpg_1")
_CHOICES = {(1.0, 0.0): "a", (0.0, 1.0): "b", (0.5, 0.5): "tie"}
_OTHER_WAY = {"a": "b", "b": "a", "tie": "tie", "": ""}


class _Point(NamedTuple):
    images: tuple[str, str]  # uids, in order
    choice: str  # empty where the row has no label
    pictures: tuple[tuple[bytes, str], tuple[bytes, str]] | None  # content and suffix of each


def read_pickapic(
    source: str | Path, run_dir: str | Path, images: str = "outside/images"
) -> Reading:
    """Read a Parquet file or a folder of such, row by row, and write the pictures to `run_dir/images` where it has any.

    The same two pictures under one caption are one pair, whichever came first in a row; each row with a label is one
    label. A row with a bad cell is left out, each such cell is in `rejected` with its reason. Raises FileNotFoundError,
    ValueError where a file is no Parquet or lacks a column, OSError where a picture cannot be written.
    """
    faults: list[tuple[int, str, str]] = []
    pairs: dict[tuple[str, tuple[str, str]], dict[str, Any]] = {}
    labels = []
    for row in parquet_rows(parquet_files(Path(source)), COLUMNS, OPTIONAL):
        try:
            point = _parse(row)
        except Rejection as rejection:
            faults += [(row.number, *fault) for fault in rejection.faults]
            continue
        caption, models = (
            row.values["caption"],
            {row.values.get("model_0"), row.values.get("model_1")},
        )
        pair_id = f"pap-{row.number:07d}"
        pair = {
            "pair_id": pair_id,
            "prompt": caption,
            "model": models.pop() if len(models) == 1 else None,
        }
        pair = pairs.setdefault((caption, point.images), pair)
        if point.pictures:
            for side, uid, (content, suffix) in zip(
                "ab", point.images, point.pictures, strict=True
            ):
                pair[f"image_{side}"] = f"{images}/{uid}.{suffix}"
                write_picture(Path(run_dir) / pair[f"image_{side}"], content)
        if point.choice:
            user = row.values["user_id"]
            at = row.values.get("created_at")
            labels.append((pair["pair_id"], point.choice, None if user is None else str(user), at))
    return Reading(
        check_table(_pairs(list(pairs.values())), "pairs", str(source)),
        check_table(_labels(labels), "labels", str(source)),
        rejections(faults),
    )


def _pairs(found: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        found, columns=["pair_id", "prompt", "model", "image_a", "image_b"], dtype=object
    )
    prompt_id = (
        frame.groupby("prompt").pair_id.transform("first") + "-prompt"
        if len(frame)
        else frame.pair_id
    )
    return frame.assign(prompt_id=prompt_id, kind="preference", seed_a=None, seed_b=None, gold=None)


def _labels(found: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = ("pair_id", "choice", "player_id", "created_at")
    pair, choice, player, at = ([row[i] for row in found] for i in range(len(columns)))
    times = pd.to_datetime(pd.Series(at, dtype=object), utc=True, format="ISO8601")
    return blank_labels(pair, choice, "crowd").assign(player_id=player, created_at=times)


def _parse(row: Record) -> _Point:
    """A row's content, its pictures put in order. Raises Rejection with everything that is wrong in it."""
    if row.wrong:
        raise Rejection(("", row.wrong))
    values, faults = row.values, []
    if not isinstance(values["caption"], str) or not values["caption"].strip():
        faults.append(("caption", "is empty"))
    uids = [values["image_0_uid"], values["image_1_uid"]]
    for i, uid in enumerate(uids):  # it becomes the name of a file
        if not isinstance(uid, str) or not re.fullmatch(r"[\w-]{1,100}", uid, re.ASCII):
            faults.append((f"image_{i}_uid", "is no name of letters, digits and dashes"))
    if uids[0] == uids[1]:
        faults.append(("image_1_uid", "is the same picture as image_0_uid"))
    choice = _CHOICES.get((values["label_0"], values["label_1"]), "")
    if values.get("has_label") is False:
        choice = ""
    elif not choice:
        faults.append(("label_0", "and label_1 are not 1 and 0, 0 and 1, or 0.5 twice"))
    when = values.get("created_at")
    if isinstance(when, str) and pd.isna(
        pd.to_datetime(when, utc=True, errors="coerce", format="ISO8601")
    ):
        faults.append(("created_at", "is no time"))
    contents, pictures = [values.get("jpg_0"), values.get("jpg_1")], []
    for i, content in enumerate(contents):
        if content is None and contents[1 - i] is not None:
            faults.append((f"jpg_{i}", "is missing, the other picture is there"))
        elif content is not None:
            try:
                pictures.append((content, kind_of(content)))
            except Rejection as rejection:
                faults.append((f"jpg_{i}", rejection.faults[0][1]))
    if faults:
        raise Rejection(*faults)
    both = (pictures[0], pictures[1]) if pictures else None
    if uids[0] < uids[1]:
        return _Point((uids[0], uids[1]), choice, both)
    return _Point((uids[1], uids[0]), _OTHER_WAY[choice], both and (both[1], both[0]))
