"""A server under 16 players in a process of its own, for a test that kills it."""

from __future__ import annotations

import time
from pathlib import Path

from gamelabel.service.keys import load_keys
from tests.service.play.play_harness import PlayServer, make_project

_SECONDS = 3.0


def main(database: str, folder: str) -> None:
    """Print which frame each of 16 players sees after some seconds; then play on.

    Parameters
    ----------
    database : str
        The address of the database.
    folder : str
        Where recordings and keys are.
    """
    keys = load_keys(Path(folder) / "keys.json")
    server = PlayServer(database, Path(folder) / "recordings", make_project(), keys=keys)
    sockets = {}
    for number in range(16):
        player = server.player(f"p{number}")
        session = player.open()
        sockets[session] = player.connect(session)
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end or min(socket.frame for socket in sockets.values()) < 45:
        for socket in sockets.values():
            socket.receive(0.001)
    print(*(f"{session}={socket.frame}" for session, socket in sockets.items()), flush=True)
    while True:
        for socket in sockets.values():
            socket.receive(0.001)
