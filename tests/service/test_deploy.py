"""The files of examples/deploy fit together and fit the program."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gamelabel.cli import app
from gamelabel.service.games import read_games
from gamelabel.service.pairs.pair_games import PairGame

DEPLOY = Path(__file__).parents[2] / "examples/deploy"
SERVICES: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for _ in range(2):  # again, it changes nothing
        subprocess.run([sys.executable, DEPLOY / "prepare.py", folder], check=True)
    return folder


def test_the_service_is_started_with_files_that_are_made(data: Path) -> None:
    program, command, *options = SERVICES["service"]["command"]
    assert (program, command) == ("gamelabel", "serve")
    serve = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    names = {name for parameter in serve.params for name in parameter.opts}
    values = dict(option.split("=", 1) for option in options)
    assert set(values) <= names
    for name in ("--study", "--games", "--keys"):
        assert (data / Path(values[name]).relative_to("/data")).exists()
    (game,) = read_games(data / "games.yaml", PairGame)
    assert game.origin == "https://hills.localhost:8443"
    assert game.launch_keys[0] not in (data / "game.sh").read_text()
    assert (data / "game.sh").stat().st_mode & 0o077 == 0


def test_nginx_forwards_to_the_ports_of_the_service_and_the_game(data: Path) -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+);", text) == ["8000", "8002", "8001"]
    ports = {port.split(":")[-1] for port in SERVICES["service"]["ports"]}
    assert ports == set(re.findall(r"listen (\d+) ssl;", text))
    for name in ("game", "nginx"):
        assert SERVICES[name]["network_mode"] == "service:service"
    for file in re.findall(r"/data/([\w.]+)", text):
        assert (data / file).exists()


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_accepts_its_file(tmp_path: Path, data: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text((DEPLOY / "nginx.conf").read_text().replace("/data/", f"{data}/"))
    options = f"pid {tmp_path / 'pid'}; error_log stderr;"
    command = ["nginx", "-t", "-p", tmp_path, "-c", file, "-g", options]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "syntax is ok" in checked.stderr
