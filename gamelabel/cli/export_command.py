"""`gamelabel export`: what was made, for use elsewhere: labels, adapters, recordings."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gamelabel.cli.annotation_commands import export_annotation

if TYPE_CHECKING:
    from gamelabel.tables import LabelTables
    from gamelabel.tables.export_folder import ExportResult

export = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")

_Profile = Annotated[str, typer.Option(help="The run: smoke, small or paper.")]
_Run = Annotated[
    Path | None,
    typer.Option(
        "--run", help="The folder of a run's tables, instead of the profile's.", file_okay=False
    ),
]
_Licence = Annotated[
    str, typer.Option(help="The licence for the card, such as apache-2.0; default: none.")
]
_Folder = Annotated[Path, typer.Argument(help="The folder to write; it must not exist yet.")]


class LoraFormat(StrEnum):
    """The programs for which an adapter is exported."""

    comfyui = "comfyui"
    kohya = "kohya"
    peft = "peft"


@export.callback()
def export_command() -> None:
    """Write a run's labels, an adapter or recordings of play for use elsewhere.

    **csv**: one file in GameLabel-10K's layout, a row for each preference with its votes and both
    pictures: whatever reads the released `data.csv` reads it. Comparison points, players and ties
    have no place in it.

    **datasets**: a folder for `datasets.load_dataset` and the hub, with a card: pairs with their
    pictures, every label, every player. Nothing is lost.

    **parquet**: the same three tables as Parquet files, the pictures as files beside them. Nothing
    is lost.

    **lora**: an adapter, with the names of ComfyUI, kohya's scripts or peft.

    **play**: the recordings of environments that a service has, as Parquet files.

    **annotation**: the answers of an annotation project, in the layout of another tool.

    What was exported can be read again, by `03_labels` of this study or another:

    `gamelabel export csv data.csv --profile smoke`

    `gamelabel run --profile smoke --only 03 -p label_source=gamelabel10k -p labels_file=data.csv`

    It reads folders with `label_source=export`. Exports of simulated labels are marked SIMULATED.
    """


@export.command("csv")
def csv_command(
    out: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    profile: _Profile = "small",
    run_dir: _Run = None,
) -> None:
    """Write one file in GameLabel-10K's layout, a row for each preference."""
    from gamelabel.tables import write_released

    if out.exists():
        raise ValueError(f"{out.absolute()} exists: choose another name, or delete it first")
    _export_labels(profile, run_dir, lambda tables, folder: write_released(tables, folder, out))


@export.command("datasets")
def datasets_command(
    out: _Folder, profile: _Profile = "small", run_dir: _Run = None, licence: _Licence = ""
) -> None:
    """Write a folder for `datasets.load_dataset` and the hub, with a card."""
    from gamelabel.tables import write_dataset

    _export_labels(profile, run_dir, lambda tables, run: write_dataset(tables, run, out, licence))


@export.command("parquet")
def parquet_command(
    out: _Folder, profile: _Profile = "small", run_dir: _Run = None, licence: _Licence = ""
) -> None:
    """Write the three tables as Parquet files, the pictures as files beside them."""
    from gamelabel.tables import write_parquet

    _export_labels(profile, run_dir, lambda tables, run: write_parquet(tables, run, out, licence))


def _export_labels(
    profile: str, run_dir: Path | None, write: Callable[[LabelTables, Path], ExportResult]
) -> None:
    """Export the labels of a run, and say how many of them."""
    from gamelabel.study.profiles import open_study
    from gamelabel.tables import LabelTables, labelled_pairs, read_table

    folder = (run_dir or open_study(profile).run_dir).absolute()
    if not folder.is_dir():
        made_by = "" if run_dir else f": `gamelabel run --profile {profile}` makes it"
        raise FileNotFoundError(f"there is no run in {folder}{made_by}")
    labels, players = read_table(folder, "labels"), read_table(folder, "players")
    result = write(LabelTables(labelled_pairs(folder), labels, players), folder)
    rows = ", ".join(f"{count:,} {name}" for name, count in result.rows.items())
    simulated = " of SIMULATED labels" if (labels["source"] == "simulated").any() else ""
    typer.echo(f"{result.path}{simulated}: {rows}")
    for reason, count in result.omitted.items():
        typer.echo(f"left out: {count:,} {reason}")


@export.command("lora")
def lora_command(
    adapter: Annotated[
        Path, typer.Argument(help="The adapter's .safetensors file, of any trainer, or its folder.")
    ],
    out: Annotated[
        Path, typer.Argument(help="The file to write, for peft a folder; it must not exist yet.")
    ],
    format: Annotated[LoraFormat, typer.Option(help="Whose names the layers get.")],
) -> None:
    """Write an adapter for ComfyUI, for programs that read kohya's files, or for peft.

    diffusers reads the file that tuning saves as it is.
    """
    from gamelabel.images.adapter_files import export_adapter, layer_names, read_adapter

    path = export_adapter(adapter, out, format.value)
    weights = read_adapter(path)
    rank = len(next(iter(weights.values())))
    typer.echo(f"{path}: {len(layer_names(weights)):,} layers of rank {rank}")


@export.command("play")
def play_command(
    address: Annotated[
        str, typer.Argument(help="The operator's port of a service, such as http://127.0.0.1:8001.")
    ],
    out: Annotated[Path, typer.Argument(help="The folder of the copy, new or from before.")],
    key: Annotated[
        Path,
        typer.Option(
            help="The file with the operator's key, which `gamelabel serve` names. The variable "
            "GAMELABEL_OPERATOR_KEY goes before it."
        ),
    ] = Path("operator.key"),
    licence: _Licence = "",
) -> None:
    """Copy the recordings of a service, or what is new since the last copy.

    Games that were deleted there, because a player withdrew, are deleted in the copy.

    `gamelabel export play http://127.0.0.1:8001 recordings --key operator.key`
    """
    from gamelabel.games.play.recorded_copies import fetch_games
    from gamelabel.games.play.recorded_tables import game_ids
    from gamelabel.service.operator_keys import read_operator_key
    from gamelabel.service.play.recordings_client import RecordingsServer

    new, deleted = fetch_games(RecordingsServer(address, read_operator_key(key)), out, licence)
    typer.echo(
        f"{out.absolute()}: {len(game_ids(out)):,} games, {len(new):,} of them new; "
        f"{len(deleted):,} deleted"
    )


export.command("annotation")(export_annotation)
