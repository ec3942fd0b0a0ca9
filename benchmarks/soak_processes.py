"""The processes of `soak`: `gamelabel serve`, as an operator runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import yaml

from benchmarks.soak_game import Backend
from gamelabel.service.keys import public_text
from tests.service.test_serve import free_ports

_PROGRAM = "import sys; from gamelabel.cli import main; sys.argv[0] = 'gamelabel'; main()"
_START_S = 300.0  # the first process also fills the pool


class ServeProcess:
    """A process of `gamelabel serve` at a port of its own, the same after each start.

    Parameters
    ----------
    folder : Path
        With `games.yaml` and `keys.json`; the process logs there.
    url : str
        The database.
    look_s : float
        How long a pair is shown before it can be answered.
    """

    def __init__(self, folder: Path, url: str, look_s: float) -> None:
        self.port = free_ports(2)
        self.log = folder / f"{self.port}.log"
        command = [sys.executable, "-c", _PROGRAM, "serve", "--games", str(folder / "games.yaml")]
        command += ["--database", url, "--keys", str(folder / "keys.json")]
        self.command = [*command, "--port", str(self.port), "--look", str(look_s)]
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self.running is not None
        return self.running.pid

    def start(self, *more: str) -> None:
        """Start the process, with more options."""
        root = Path(__file__).parents[1]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        with self.log.open("ab") as log:
            command = [*self.command, *more]
            self.running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    async def is_ready(self) -> None:
        """Wait until the process can serve players."""
        end = time.monotonic() + _START_S
        async with httpx.AsyncClient() as client:
            while time.monotonic() < end and self.running and self.running.poll() is None:
                try:
                    reply = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                    if reply.status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)
        raise RuntimeError(f"the service did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        if self.running:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()


def write_games(path: Path, games: Sequence[Backend]) -> None:
    """Write the file of games."""
    fields = {
        game.game_id: {
            "title": game.game_id,
            "origin": "https://game.example",
            "launch_keys": [public_text(game.key)],
            "reward_url": game.url,
            "new_players_per_hour": 10**6,
        }
        for game in games
    }
    path.write_text(yaml.safe_dump(fields))
