"""`gamelabel export`: the labels of a run as something that others can load."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """What an export can be."""

    csv = "csv"
    datasets = "datasets"
    parquet = "parquet"


def export(
    form: Annotated[
        Form, typer.Argument(help="csv, datasets or parquet: see above.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Argument(help="The file (csv) or folder to write; it must not be there yet.")
    ],
    profile: Annotated[str, typer.Option(help="Whose run: smoke, small or paper.")] = "small",
    run_dir: Annotated[
        Path | None,
        typer.Option(
            "--run", help="The folder of a run's tables, instead of the profile's.", file_okay=False
        ),
    ] = None,
    licence: Annotated[
        str,
        typer.Option(
            help="What the card states, such as apache-2.0; without it the card says that none is stated."
        ),
    ] = "",
) -> None:
    """Write a run's labels, with their prompts and pictures, for use elsewhere.

    **csv**: one file in GameLabel-10K's own layout, a row for each preference with its votes and both pictures inside:
    whatever reads the released `data.csv` reads it. Comparison points, players and ties have no place in it.

    **datasets**: a folder for `datasets.load_dataset` and the hub, with a card: pairs with their pictures, every label,
    every player. Nothing is lost.

    **parquet**: the same three tables as plain Parquet, the pictures as files beside them. Nothing is lost.

    `gamelabel export csv data.csv --profile smoke`, then in `03_labels` `label_source = "gamelabel10k"` and
    `labels_file = "data.csv"` read it back; folders are read back by `label_source = "export"`. What rests on simulated
    labels says SIMULATED.
    """
    from gamelabel.readers import Tables, write_dataset, write_parquet, write_released
    from gamelabel.study.steps import Study, find_root
    from gamelabel.tables import labelled_pairs, read_table

    folder = run_dir or Study(find_root(), profile).run_dir
    labels, players = read_table(folder, "labels"), read_table(folder, "players")
    tables = Tables(labelled_pairs(folder), labels, players)
    if form is Form.csv:
        if out.exists():
            raise ValueError(f"{out} is there already: choose another name, or delete it first")
        written = write_released(tables.pairs, tables.labels, folder, out)
    else:
        write = write_dataset if form is Form.datasets else write_parquet
        written = write(tables, folder, out, licence)
    rows = ", ".join(f"{count:,} {name}" for name, count in written.rows.items())
    simulated = " of SIMULATED labels" if (labels.source == "simulated").any() else ""
    typer.echo(f"{written.path}{simulated}: {rows}")
    for reason, count in written.left_out.items():
        typer.echo(f"left out: {count:,} {reason}")
