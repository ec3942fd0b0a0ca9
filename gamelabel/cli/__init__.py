"""The `gamelabel` command.

Each subcommand imports what it needs when it runs, so that `--help` is fast.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gamelabel import __version__
from gamelabel.cli.data_commands import data
from gamelabel.cli.dungeon_command import dungeon_command
from gamelabel.cli.export_command import export
from gamelabel.cli.serve_command import serve_command
from gamelabel.cli.study_commands import (
    claims_command,
    doctor_command,
    plan_command,
    publish_command,
    run_command,
    status_command,
    verify_command,
)
from gamelabel.cli.tune_command import tune_command
from gamelabel.cli.world_commands import world
from gamelabel.files import full_disk_message

app = typer.Typer(
    name="gamelabel", no_args_is_help=True, add_completion=False, rich_markup_mode="markdown"
)
app.command("run", rich_help_panel="The study")(run_command)
app.command("status", rich_help_panel="The study")(status_command)
app.command("verify", rich_help_panel="The study")(verify_command)
app.command("publish", rich_help_panel="The study")(publish_command)
app.command("claims", rich_help_panel="The study")(claims_command)
app.command("plan", rich_help_panel="The study")(plan_command)
app.command("doctor", rich_help_panel="The study")(doctor_command)
app.add_typer(data, name="data")
app.add_typer(export, name="export")
app.command("tune")(tune_command)
app.command("serve", rich_help_panel="The game")(serve_command)
app.command("dungeon", rich_help_panel="The game")(dungeon_command)
app.add_typer(world, name="world")


def _print_version(requested: bool) -> None:
    if requested:
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


def _message(error: Exception) -> str:
    path = getattr(error, "filename", None)
    full_disk = full_disk_message(Path(path).parent, str(error)) if path else ""
    return full_disk or str(error)


def main() -> None:
    """Run the command line; the console script `gamelabel` calls this.

    A ValueError or OSError is something that the user can fix: its message is shown without a
    traceback. GAMELABEL_DEBUG=1 shows the traceback.
    """
    # it would warn of a missing torchvision, which FLUX does not need
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        app()
    except (ValueError, OSError) as error:
        if os.environ.get("GAMELABEL_DEBUG"):
            raise
        typer.echo(f"gamelabel: {_message(error)}", err=True)
        sys.exit(2)
