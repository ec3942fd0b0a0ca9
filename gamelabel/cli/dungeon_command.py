"""`gamelabel dungeon`: play the text adventure in a terminal."""

from __future__ import annotations

from typing import Annotated

import typer


def dungeon_command(
    seed: Annotated[
        int, typer.Option(min=0, help="The world to play in; a seed always gives the same one.")
    ] = 0,
) -> None:
    """Play Mastering the Dungeon, a text adventure, in this terminal.

    You are a dragon. Type `look` to see where you are, `actions` for what you can do now, `help`
    for all commands, and `quit` (or Ctrl-D) to stop.

    `gamelabel dungeon --seed 7`
    """
    from gamelabel.games.dungeon import generate_world
    from gamelabel.games.dungeon.dungeon_session import DungeonSession

    session = DungeonSession(generate_world(seed))
    typer.echo(f"You are a dragon in world {seed}. Type help for what you can do, quit to stop.")
    typer.echo(session.reply("look"))
    while True:
        try:
            line = input("> ")
        except (EOFError, KeyboardInterrupt):
            typer.echo()
            break
        if line.strip().casefold() in ("quit", "exit", "q"):
            break
        typer.echo(session.reply(line))
    done = len(session.done)
    typer.echo(f"You did {done} action{'' if done == 1 else 's'}.")
