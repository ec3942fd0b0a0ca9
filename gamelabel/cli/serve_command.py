"""`gamelabel serve`: let players label the pairs of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    study: Annotated[
        Path | None, typer.Option(help="A run whose pairs are served, such as data/runs/small.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="A game with its backend, and drawn pictures.")
    ] = False,
    games: Annotated[
        Path | None, typer.Option(help="A YAML file of games; without one, a trial for yourself.")
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            help="Its address, such as postgresql://user@host/name. Default: a SQLite file in the run."
        ),
    ] = "",
    keys: Annotated[
        Path | None, typer.Option(help="The service's keys; made where missing. Keep a copy.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on for players.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="The players' port; the operator's is the next.")
    ] = 8000,
    look: Annotated[
        float, typer.Option(min=0, help="Seconds that every pair stays up before it is answered.")
    ] = 1.0,
    minimal: Annotated[
        bool, typer.Option(help="Store what the paper stored and nothing more: no times.")
    ] = False,
) -> None:
    """Let players label the pairs of a run, in a frame of their game or, for a trial, in a browser.

    `--demo` starts all that it takes to see the whole way, from a game to its coins: open the address that it prints.
    """
    from gamelabel.service import start as service

    if demo:
        service.demo(Path("data/runs/demo"), port, look, minimal)
    else:
        service.serve(study, games, database, keys, host, port, look, minimal)
