"""`gamelabel serve`: let players label the pairs of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve_command(
    study: Annotated[
        Path | None,
        typer.Option(help="The folder of a run whose pairs to serve, such as data/runs/small."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve drawn pictures to a demo game with its backend.")
    ] = False,
    games: Annotated[
        Path | None,
        typer.Option(help="A YAML file of games. Without it, a trial address is printed."),
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            help="The database, such as postgresql://user@host/name. "
            "By default a SQLite file in the run's folder."
        ),
    ] = "",
    keys: Annotated[
        Path | None,
        typer.Option(help="The file of the service's keys, made if missing. Keep a copy of it."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address on which to serve players.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="The players' port. The operator's and the demo game's are the next two."
        ),
    ] = 8000,
    look: Annotated[
        float, typer.Option(min=0, help="Seconds a pair is shown before it can be answered.")
    ] = 1.0,
    minimal: Annotated[
        bool, typer.Option(help="Store no times: only what the paper's game stored.")
    ] = False,
) -> None:
    """Let players label the pairs of a run, in a frame of their game or, for a trial, in a browser.

    `--demo` starts everything that is needed to try it, from a game to its coins: open the
    address that it prints.
    """
    from gamelabel.service.pairs.start import serve_demo, serve_study

    if demo and (study or games):
        raise ValueError(
            "--demo brings its own pictures and its own game: leave out --study and --games"
        )
    if demo:
        serve_demo(Path("data/runs/demo"), port, look, minimal)
    else:
        serve_study(study, games, database, keys, host, port, look, minimal)
