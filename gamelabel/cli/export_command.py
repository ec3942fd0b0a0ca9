"""`gamelabel export`: the labels of a run in a form that others can read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ExportFormat(StrEnum):
    """The formats of an export."""

    csv = "csv"
    datasets = "datasets"
    parquet = "parquet"


def export_command(
    format: Annotated[
        ExportFormat,
        typer.Argument(help="csv, datasets or parquet: see above.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Argument(help="The file (csv) or folder to write; it must not exist yet.")
    ],
    profile: Annotated[str, typer.Option(help="The run: smoke, small or paper.")] = "small",
    run_dir: Annotated[
        Path | None,
        typer.Option(
            "--run", help="The folder of a run's tables, instead of the profile's.", file_okay=False
        ),
    ] = None,
    licence: Annotated[
        str, typer.Option(help="The licence for the card, such as apache-2.0; default: none.")
    ] = "",
) -> None:
    """Write a run's labels, with their prompts and pictures, for use elsewhere.

    **csv**: one file in GameLabel-10K's layout, a row for each preference with its votes and both
    pictures: whatever reads the released `data.csv` reads it. Comparison points, players and ties
    have no place in it.

    **datasets**: a folder for `datasets.load_dataset` and the hub, with a card: pairs with their
    pictures, every label, every player. Nothing is lost.

    **parquet**: the same three tables as Parquet files, the pictures as files beside them. Nothing
    is lost.

    After `gamelabel export csv data.csv --profile smoke`, the notebook `03_labels` reads the file
    with `label_source = "gamelabel10k"` and `labels_file = "data.csv"`; it reads folders with
    `label_source = "export"`. Exports of simulated labels are marked SIMULATED.
    """
    from gamelabel.study.steps import Study, find_root
    from gamelabel.tables import (
        LabelTables,
        labelled_pairs,
        read_table,
        write_dataset,
        write_parquet,
        write_released,
    )

    folder = run_dir or Study(find_root(), profile).run_dir
    labels, players = read_table(folder, "labels"), read_table(folder, "players")
    tables = LabelTables(labelled_pairs(folder), labels, players)
    if format is ExportFormat.csv:
        if out.exists():
            raise ValueError(f"{out.absolute()} exists: choose another name, or delete it first")
        result = write_released(tables, folder, out)
    else:
        write = write_dataset if format is ExportFormat.datasets else write_parquet
        result = write(tables, folder, out, licence)
    rows = ", ".join(f"{count:,} {name}" for name, count in result.rows.items())
    simulated = " of SIMULATED labels" if (labels["source"] == "simulated").any() else ""
    typer.echo(f"{result.path}{simulated}: {rows}")
    for reason, count in result.omitted.items():
        typer.echo(f"left out: {count:,} {reason}")
