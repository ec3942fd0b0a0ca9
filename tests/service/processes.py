"""Servers in child processes, which tests can kill and start again."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import uvicorn

SERVICE = """
import sys
from pathlib import Path
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.start import player_app
from gamelabel.service.keys import load_keys
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.service.processes import serve_app
settings = Settings(load_keys(Path(sys.argv[3])), calls_per_minute=10**6)
serve_app(player_app(Store(sys.argv[2]), settings, PairSettings(look_s=0.0)))
"""


class Process:
    """A Python program that serves at a port; the open port survives when the program is killed.

    The first argument of the program is the file descriptor of the socket.
    """

    def __init__(self, program: str, *arguments: str) -> None:
        self.program, self.arguments = program, arguments
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(512)
        self.port = self.socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", self.program, str(self.socket.fileno()), *self.arguments]
        root = Path(__file__).parents[2]
        self.running = subprocess.Popen(command, cwd=root, pass_fds=[self.socket.fileno()])

    def kill(self) -> None:
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()


def serve_app(app: Any) -> None:
    """Serve an app on the socket whose file descriptor is the first argument."""
    # Not uvicorn's option `fd`: it assumes a Unix socket and leaves TCP_NODELAY off, so that small
    # responses are delayed.
    inherited = socket.socket(fileno=int(sys.argv[1]))
    # Clients of the load tests keep idle connections open while they wait for each other.
    config = uvicorn.Config(app, log_level="critical", timeout_keep_alive=60)
    uvicorn.Server(config).run(sockets=[inherited])
