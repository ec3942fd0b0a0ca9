"""Servers in processes of their own, which can be killed and started again."""

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
from tests.service.processes import run
settings = Settings(load_keys(Path(sys.argv[3])), calls_per_minute=10**6)
run(player_app(Store(sys.argv[2]), settings, PairSettings(look_s=0.0)))
"""


class Process:
    """A Python program that serves at a port, which outlives it; the port's file is its first argument."""

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


def run(app: Any) -> None:
    """Serve at the port of the first argument."""
    # not uvicorn's own `fd`, which takes it for a Unix socket: small answers would wait for one another
    here = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        app, log_level="critical", timeout_keep_alive=60
    )  # for those who wait for one another
    uvicorn.Server(config).run(sockets=[here])
