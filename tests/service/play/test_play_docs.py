"""A newcomer's own environment is served as `docs/play.md` says, by following the page."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from gamelabel.games.play.recorded_tables import game_ids, read_episodes
from tests.service.harness import wait_until
from tests.service.play.play_harness import GameSocket, PlayClient
from tests.service.test_serve import free_ports

PAGE = Path(__file__).parents[3] / "docs" / "play.md"


class Address:
    """What a client needs to know of a server."""

    def __init__(self, port: int) -> None:
        self.port, self.address = port, f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.address, timeout=30)
        self.sockets: list[GameSocket] = []


def test_a_newcomer_serves_an_own_environment(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Your own environment")[2]
    code, tasks = (re.search(rf"```{kind}\n(.*?)```", text, re.S)[1] for kind in ("python", "yaml"))
    assert len(code.splitlines()) < 45
    (tmp_path / "hill.py").write_text(code)
    (tmp_path / "tasks.yaml").write_text(tasks)
    command = re.search(r"^gamelabel (serve --play tasks.yaml)$", text, re.M)[1].split()
    port = free_ports(2)
    program = [sys.executable, "-c", "from gamelabel.cli import main; main()", *command]
    environment = os.environ | {"PYTHONPATH": str(PAGE.parents[1])}
    running = subprocess.Popen(
        [*program, "--port", str(port)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout
        printed = iter(running.stdout.readline, "")
        place = next(line for line in printed if line.startswith("play here"))
        assert f"http://127.0.0.1:{port}/library/play?channel=link" in place
        server = Address(port)
        assert wait_until(lambda: _answers(server), 60.0)
        visitor, link = {"visitor": "0" * 32}, {"game": "play", "channel": "link"}
        launch = server.client.post("/v1/play/arrivals", json=link | visitor).json()
        entry = server.client.post("/v1/sessions", json=launch).json()
        player = PlayClient(server, entry["session"])
        player.call("PUT", "/v1/play/consent", 204, json=visitor)
        socket: GameSocket = player.play("hill")
        assert socket.picture.shape == (60, 120, 3)
        socket.act(2)
        socket.until(lambda: socket.frame > 20)
        socket.finish()
        recordings = tmp_path / "data/runs/play-tasks/recordings"
        assert wait_until(lambda: game_ids(recordings), 60.0)
        (game,) = game_ids(recordings)
        (recorded,) = read_episodes(recordings, game)
        assert 2 in set(recorded.steps["action"])
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    finally:
        running.kill()
        running.wait()


def _answers(server: Address) -> bool:
    try:
        return server.client.get("/healthz").status_code == 200
    except httpx.HTTPError:
        return False
