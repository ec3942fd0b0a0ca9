"""Labels in the layout of GameLabel-10K's data.csv, so that whatever reads the original reads these."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.readers.picture_files import to_literal
from gamelabel.readers.released import COLUMNS, SOURCE
from gamelabel.tables.votes import votes


class Written(NamedTuple):
    """Where an export lies, rows by table, and what its layout has no place for: reason -> rows left out."""

    path: Path
    rows: dict[str, int]
    left_out: dict[str, int]


def write_released(
    pairs: pd.DataFrame, labels: pd.DataFrame, run_dir: str | Path, path: str | Path
) -> Written:
    """Write the labelled preferences as rows of a number, prompt, votes and picture of each side; memory is one row's.

    pairs, labels: the tables; run_dir: where their pictures lie. A picture that is no JPEG becomes one. Where labels
    are not the release's own, a last column `label_source` says whose they are, SIMULATED in capitals. Comparison
    points and ties have no place in the layout and are left out, counted. Raises ValueError where there is nothing to
    write, labels of several sources, or a pair without pictures; OSError where a file cannot be read or written.
    """
    chosen = labels[labels.choice != "tie"]
    counted = votes(chosen).merge(pairs[pairs.kind == "preference"], on="pair_id")
    sources = sorted(labels.source.unique())
    if counted.empty or len(sources) != 1:
        cause = (
            "no label of a preference"
            if counted.empty
            else f"labels of {len(sources)} sources, {sources}"
        )
        raise ValueError(
            f"the layout of GameLabel-10K needs labels of one source on preferences: here are {cause}"
        )
    bare = counted.pair_id[counted.image_a.isna() | (counted.prompt.str.strip() == "")]
    if len(bare):
        raise ValueError(
            f"{len(bare)} pairs, such as {bare.iloc[0]}, have no pictures or no prompt, which GameLabel-10K's layout "
            "needs: export them as parquet or datasets"
        )
    path, mark = Path(path), [] if sources == ["released"] else [_mark(sources[0])]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["", *COLUMNS, *([SOURCE] if mark else [])])
            for number, row in enumerate(counted.itertuples()):
                first, second = (
                    to_literal((Path(run_dir) / image).read_bytes())
                    for image in (row.image_a, row.image_b)
                )
                writer.writerow(
                    [number, row.prompt, row.votes_a, first, row.votes_b, second, *mark]
                )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    kept = int(counted.votes_a.sum() + counted.votes_b.sum())
    kind = chosen.pair_id.map(pairs.set_index("pair_id").kind)
    left_out = {
        "labels on comparison points": int((kind == "comparison").sum()),
        "labels of pairs that are not there": int(kind.isna().sum()),
        "ties": len(labels) - len(chosen),
    }
    return Written(
        path, {"points": len(counted), "labels": kept}, {why: n for why, n in left_out.items() if n}
    )


def _mark(source: str) -> str:
    return "SIMULATED" if source == "simulated" else source
