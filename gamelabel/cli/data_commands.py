"""`gamelabel data`: the data sets of others that the study can use."""

from __future__ import annotations

from typing import Annotated

import typer

from gamelabel.cli.annotation_commands import read_annotation

data = typer.Typer(no_args_is_help=True, help="The data of others: what is here, and get more.")


@data.command("list")
def list_command() -> None:
    """List the data sets that the notebooks can use, and whether they are here.

    A set is looked for in the folder that the environment variable GAMELABEL_DATA names, in
    `data/cache`, in `../shared/data`, and among those that ship with the project.

    Examples:

    `gamelabel data list`
    """
    from rich.console import Console
    from rich.table import Table

    from gamelabel.sources import find_source, missing_files, sources

    table = Table("name", "here", "licence", "what it is", box=None, pad_edge=False)
    for key in sources():
        source, missing = find_source(key), missing_files(key)
        n_files = len(source.files)
        here = f"{n_files - len(missing)} of {n_files} files" if missing else "yes"
        table.add_row(key, here, source.licence, source.about)
    Console(highlight=False).print(table)


@data.command("fetch")
def fetch_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="The sets to fetch; by default all of them."),
    ] = None,
) -> None:
    """Download data sets and check their hashes; what is here already is left alone.

    They are written to the folder that the environment variable GAMELABEL_DATA names, by default
    `data/cache`. After an interruption, the same command goes on where it ended.

    Examples:

    `gamelabel data fetch prompts_parti crowd_labels`

    `GAMELABEL_DATA=/mnt/data gamelabel data fetch`
    """
    from gamelabel.cli.data_progress import fetch_sets

    if not fetch_sets(names or []):
        raise typer.Exit(1)


data.command("annotation")(read_annotation)
