"""A server under some players in a process of its own, for a test that kills it."""

from __future__ import annotations

from pathlib import Path

from gamelabel.service.keys import load_keys
from tests.service.play.play_harness import PlayServer, make_project

_FRAMES = 45  # of each player, at 30 a second: more than the second that may be lost


def main(database: str, folder: str, n_players: str) -> None:
    """Print which frame each player sees after more than a second; then play on.

    Parameters
    ----------
    database : str
        The address of the database.
    folder : str
        Where recordings and keys are.
    n_players : str
        How many players there are.
    """
    keys = load_keys(Path(folder) / "keys.json")
    server = PlayServer(database, Path(folder) / "recordings", make_project(), keys=keys)
    sockets = {}
    for number in range(int(n_players)):
        player = server.player(f"p{number}")
        session = player.open()
        sockets[session] = player.connect(session)
    while min(socket.frame for socket in sockets.values()) < _FRAMES:
        for socket in sockets.values():
            socket.receive(0.001)
    print(*(f"{session}={socket.frame}" for session, socket in sockets.items()), flush=True)
    while True:
        for socket in sockets.values():
            socket.receive(0.001)
