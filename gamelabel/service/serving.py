"""What every way to serve needs: ports, the database and keys, and the two applications."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.service.activity import Activity
from gamelabel.service.api import create_app
from gamelabel.service.games import Game, close_other_games, read_games, register_game
from gamelabel.service.keys import load_keys, public_text
from gamelabel.service.launch_tokens import SERVICE, sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.operator_keys import key_place, load_operator_keys
from gamelabel.service.outbox import Outbox
from gamelabel.service.servers import listen, run_servers
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

LOCAL = "127.0.0.1"
Ports = tuple[socket.socket, socket.socket]


@contextmanager
def open_ports(host: str, port: int) -> Iterator[Ports]:
    """Open the ports for players and, only on this machine, for the operator."""
    with listen(host, port) as players, listen(LOCAL, port + 1) as operator:
        yield players, operator


def open_service(
    folder: Path,
    database: str = "",
    keys: Path | None = None,
    minimal: bool = False,
    audience: str = SERVICE,
) -> tuple[Store, Settings]:
    """Open the database and the keys, by default those in a folder.

    Parameters
    ----------
    folder : Path
        Its subfolder `game` has what is not named.
    database : str
        The address of the database.
    keys : Path, optional
        The file of the service's keys.
    minimal : bool
        Store no times.
    audience : str
        The audience of the launches that let players in.
    """
    keys = keys or folder / "game" / "keys.json"
    operator_file = keys.with_name("operator.key")
    operators = load_operator_keys(operator_file)
    print_line(f"the operator's key is in {key_place(operator_file)}")
    settings = Settings(load_keys(keys), operators, minimal=minimal, audience=audience)
    # a path, since an address would not keep a `%` or a `?` of the folder's name
    return Store(database or str(folder.absolute() / "game" / "game.db")), settings


def register_listed(
    store: Store,
    games: Path | None,
    title: str,
    page: str,
    audience: str,
    n_trials: int,
    named: Sequence[tuple[str, str]] = (),
) -> None:
    """Register the games of a file, or one for trials, whose addresses are printed.

    Parameters
    ----------
    store : Store
        The database.
    games : Path or None
        A YAML file of games. Others are closed.
    title : str
        The title of the game for trials.
    page : str
        The address of the activity's page without the game, such as `http://127.0.0.1:8000/teach`.
    audience : str
        The audience of launches.
    n_trials : int
        How many people can try it.
    named : sequence of (str, str)
        Further players of the game for trials by their ids, and the address of the page of each.
    """
    if games:
        listed = read_games(games, Game)
        with store.write() as connection:
            for game in listed:
                register_game(store, connection, game, audience)
        for game_id in close_other_games(store, [game.game_id for game in listed], audience):
            print_line(f"the game {game_id} is closed: it is not in {games}")
        return
    key, origin = Ed25519PrivateKey.generate(), page.rpartition("/")[0]
    trial = Game(game_id="trial", title=title, origin=origin, launch_keys=[public_text(key)])
    with store.write() as connection:
        register_game(store, connection, trial, audience)
    print_line("try it here, each address for one person, within five minutes:")
    people = [(secrets.token_urlsafe(), page, "") for _ in range(n_trials)]
    people += [(person, address, f"{person}: ") for person, address in named]
    for person, address, label in people:
        jti = secrets.token_urlsafe()
        launch = sign_launch(key, "trial", person, jti, time.time(), audience=audience)
        print_line(f"  {label}{address}/trial#{launch}")


def serve_activities(
    store: Store,
    settings: Settings,
    outbox: Outbox,
    activities: Sequence[Activity],
    ports: Ports,
) -> None:
    """Serve activities to players and to the operator until stopped; then close the database.

    Parameters
    ----------
    store, settings, outbox
        Of the service.
    activities : sequence of Activity
        What players can do.
    ports : tuple of two sockets
        From `open_ports`.
    """
    players, operator = ports
    print_line(f"operator: http://{LOCAL}:{operator.getsockname()[1]}/")
    try:
        run_servers(
            {
                players: create_app(store, settings, outbox, activities),
                operator: create_operator(store, settings, activities),
            }
        )
    finally:
        store.close()


def print_line(text: str) -> None:
    """Print a line at once, so that it is in a log."""
    print(text, flush=True)
