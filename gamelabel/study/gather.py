"""Labels for a run, wherever they come from: played over the run's own pairs, or read from outside."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gamelabel.games.pairs import Crowd, Rules, simulate
from gamelabel.readers.crowd_csv import read_crowd
from gamelabel.readers.exported import read_exported
from gamelabel.readers.imagereward import read_rankings
from gamelabel.readers.pickapic import read_pickapic
from gamelabel.readers.reading import rejections
from gamelabel.readers.released import read_released
from gamelabel.service.pairs.export import read_database
from gamelabel.tables.table_files import OUTSIDE, read_table, write_table
from gamelabel.tables.votes import players_of

SOURCES = ("simulated", "gamelabel10k", "csv", "imagereward", "pickapic", "export", "database")


class Gathered(NamedTuple):
    """The tables `pairs`, `labels`, `players`, and the cells that were `rejected` (row, column, reason)."""

    pairs: pd.DataFrame
    labels: pd.DataFrame
    players: pd.DataFrame
    rejected: pd.DataFrame


def gather(
    source: str,
    run_dir: str | Path,
    file: str = "",
    gold: str = "",
    players: int = 188,
    seed: int = 0,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
) -> Gathered:
    """Get labels from one of `SOURCES`, and leave in the run's folder what notebooks after this one read.

    "simulated": `players` simulated players play over the run's pairs, whose true adherence is in its table
    `adherence`; crowd, rules, seed: as `simulate` has them. All others read `file`: "gamelabel10k" the release or what
    has its layout, or "hub"; "csv" task, worker, label, and task, label at `gold` if known answers exist; "imagereward"
    rankings; "pickapic" its rows; "export" a folder that `gamelabel export` wrote; "database" the address of the
    service's database. Writes `labels`, `players`, and the pairs that came with the labels, which `labelled_pairs` then
    finds. Raises ValueError for another source or no file, else what the readers raise.
    """
    if source not in SOURCES:
        raise ValueError(f"{source!r} is no source of labels: {', '.join(SOURCES)}")
    if source == "simulated":
        pairs = read_table(run_dir, "pairs")
        played = simulate(pairs, read_table(run_dir, "adherence"), players, seed, crowd, rules)
        found = Gathered(pairs, played.labels, played.players, rejections([]))
        (Path(run_dir) / OUTSIDE / "pairs.parquet").unlink(
            missing_ok=True
        )  # of an earlier run from elsewhere
    elif not file:
        raise ValueError(f"labels from {source} need a file: set labels_file to its path")
    else:
        found = _from_file(source, run_dir, file, gold)
        write_table(found.pairs, Path(run_dir) / OUTSIDE, "pairs")
    write_table(found.labels, run_dir, "labels")
    write_table(found.players, run_dir, "players")
    return found


def _from_file(source: str, run_dir: str | Path, file: str, gold: str) -> Gathered:
    if source == "export":
        return Gathered(*read_exported(file, run_dir, OUTSIDE), rejections([]))
    if source == "database":
        return Gathered(*read_database(file, run_dir, f"{OUTSIDE}/images"), rejections([]))
    if source == "gamelabel10k":
        reading = read_released(file, run_dir, f"{OUTSIDE}/images")
    elif source == "pickapic":
        reading = read_pickapic(file, run_dir, f"{OUTSIDE}/images")
    else:
        reading = read_rankings(file) if source == "imagereward" else read_crowd(file, gold or None)
    return Gathered(
        reading.pairs,
        reading.labels,
        players_of(reading.labels, reading.pairs, game_id=source),
        reading.rejected,
    )
