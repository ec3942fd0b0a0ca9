"""Write labels in the layout of GameLabel-10K's data.csv, so that its readers can read them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from gamelabel.files import replacing
from gamelabel.tables.export_folder import ExportResult
from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.picture_files import require_pictures, to_literal
from gamelabel.tables.votes import count_votes

RELEASED_COLUMNS = ("prompt", "img0_votes", "img0_encoding", "img1_votes", "img1_encoding")
SOURCE_COLUMN = "label_source"  # last column of files whose labels are not those of the release


def write_released(tables: LabelTables, run_dir: str | Path, path: str | Path) -> ExportResult:
    """Write labelled preferences to a CSV file in the layout of GameLabel-10K.

    A row has a number, the prompt, and the votes and the picture of each side; one row is in
    memory. A picture of another format becomes a JPEG. If the labels are not those of the release,
    a last column `label_source` says where they come from, SIMULATED in capitals. Comparison
    points and ties have no place in the layout.

    Parameters
    ----------
    tables : LabelTables
        Labels of one source, with pictures.
    run_dir : str or Path
        The folder that contains the pictures.
    path : str or Path
        The file to write.

    Returns
    -------
    ExportResult
        Its `omitted` counts the labels that have no place in the layout.

    Raises
    ------
    ValueError
        If there are no labels of preferences, labels of several sources, or pairs without pictures.
    OSError
        If a picture cannot be read or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from PIL import Image
    >>> from gamelabel.tables.label_tables import label_tables
    >>> pairs = {"pair_id": "p1", "prompt_id": "t1", "prompt": "a star", "kind": "preference"}
    >>> pairs = pd.DataFrame([pairs | {"image_a": "a.png", "image_b": "b.png"}])
    >>> labels = pd.DataFrame({"pair_id": ["p1", "p1"], "choice": ["a", "tie"], "source": "game"})
    >>> tables = label_tables(pairs, labels, [], "demo", "an example")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (8, 8)).save(Path(folder) / "a.png")
    ...     Image.new("RGB", (8, 8)).save(Path(folder) / "b.png")
    ...     result = write_released(tables, folder, Path(folder) / "data.csv")
    >>> result.rows, result.omitted
    ({'points': 1, 'labels': 1}, {'ties': 1})
    """
    pairs, labels = tables.pairs, tables.labels
    chosen = labels[labels["choice"] != "tie"]
    points = count_votes(chosen).merge(pairs[pairs["kind"] == "preference"], on="pair_id")
    source = _only_source(points, labels)
    _check_points(points)
    require_pictures(points, run_dir)
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_lines(points, Path(run_dir), source))
    kind = chosen["pair_id"].map(pairs.set_index("pair_id")["kind"])
    omitted = {
        "labels on comparison points": int((kind == "comparison").sum()),
        "labels of unknown pairs": int(kind.isna().sum()),
        "ties": len(labels) - len(chosen),
    }
    n_labels = int(points["votes_a"].sum() + points["votes_b"].sum())
    rows = {"points": len(points), "labels": n_labels}
    return ExportResult(Path(path), rows, {reason: n for reason, n in omitted.items() if n})


def _lines(points: pd.DataFrame, run_dir: Path, source: str) -> Iterator[list[Any]]:
    is_release = source == "released"
    yield ["", *RELEASED_COLUMNS, *([] if is_release else [SOURCE_COLUMN])]
    last = [] if is_release else ["SIMULATED" if source == "simulated" else source]
    for number, point in enumerate(points.to_dict("records")):
        cells: list[Any] = [number, point["prompt"]]
        for side in "ab":
            picture = (run_dir / point[f"image_{side}"]).read_bytes()
            cells += [point[f"votes_{side}"], to_literal(picture)]
        yield cells + last


def _only_source(points: pd.DataFrame, labels: pd.DataFrame) -> str:
    sources = sorted(labels["source"].unique())
    cause = f"labels of {len(sources)} sources, {sources}" if len(sources) > 1 else ""
    if points.empty:
        cause = "no label of a preference"
    if cause:
        raise ValueError(
            "GameLabel-10K's layout needs labels of one source on preferences, "
            f"but there are {cause}"
        )
    return str(sources[0])


def _check_points(points: pd.DataFrame) -> None:
    lacks = points["image_a"].isna() | (points["prompt"].str.strip() == "")
    if lacks.any():
        raise ValueError(
            f"{lacks.sum()} pairs, such as {points['pair_id'][lacks].iloc[0]}, have no pictures or "
            "no prompt, which GameLabel-10K's layout needs: export them as parquet or datasets"
        )
