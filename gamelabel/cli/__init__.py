"""The `gamelabel` command. Each subcommand imports what it needs when it runs, so `--help` stays quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gamelabel import __version__
from gamelabel.cli.export_command import export_command
from gamelabel.cli.serve_command import serve
from gamelabel.cli.study_commands import claims, doctor, run, status, verify
from gamelabel.cli.world_commands import world

app = typer.Typer(
    name="gamelabel", no_args_is_help=True, add_completion=False, rich_markup_mode="markdown"
)
for command in (run, status, verify, claims, doctor):
    app.command(rich_help_panel="The study")(command)
app.command("export")(export_command)
app.command(rich_help_panel="The game")(serve)
app.add_typer(world, name="world")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gamelabel {__version__}")
        raise typer.Exit


@app.callback()
def gamelabel(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Preference data from play, and better image models from that data."""


def _sentence(error: Exception) -> str:
    from gamelabel.study.disk import full

    name = getattr(error, "filename", None)
    return (full(Path(name).parent, str(error)) if name else "") or str(error)


def main() -> None:
    """Run the command line; the console script `gamelabel` calls this.

    Errors that a user can mend are ValueErrors and OSErrors with a sentence for a message: that sentence is shown,
    without a traceback (GAMELABEL_DEBUG=1 shows it all).
    """
    os.environ.setdefault(
        "TRANSFORMERS_VERBOSITY", "error"
    )  # it warns of a torchvision that FLUX does not need
    try:
        app()
    except (ValueError, OSError) as error:
        if os.environ.get("GAMELABEL_DEBUG"):
            raise
        typer.echo(f"gamelabel: {_sentence(error)}", err=True)
        sys.exit(2)
