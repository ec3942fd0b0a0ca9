"""The `gamelabel` command. Each subcommand imports what it needs when it runs, so `--help` stays quick."""

from typing import Annotated

import typer

from gamelabel import __version__

app = typer.Typer(name="gamelabel", no_args_is_help=True, add_completion=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gamelabel {__version__}")
        raise typer.Exit


@app.callback()
def gamelabel(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Preference data from play, and better image models from that data."""


def main() -> None:
    """Run the command line; the console script `gamelabel` calls this."""
    app()
