"""The file of games, and `gamelabel serve` on the command line."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gamelabel.service.games import Game, read_games
from gamelabel.service.pairs.demo_run import make_demo_run
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.start import serve_demo, serve_study
from gamelabel.service.store import Store
from tests.service.harness import KEYS

_START_S = 300.0  # for which a program may start on a machine that is busy
DOCS = (Path(__file__).parents[2] / "docs/deployment.md").read_text()
VALID: dict[str, Any] = {
    "game_id": "x",
    "title": "x",
    "origin": "https://x.example",
    "launch_keys": [KEYS.public],
}


def test_the_example_in_the_documentation_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "games.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", DOCS, re.DOTALL)[1])
    (game,) = read_games(path, PairGame)
    assert (game.game_id, game.coins, game.pool) == ("hills", 50, "study")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "must map the id of each game to its fields"),
        ("[1]", "must map the id of each game to its fields"),
        ("hills: {title: [}", "is not valid YAML"),
        ("hills: 3", "line 1: game hills: the field title is missing"),
        (
            "hills:\n  title: x\n  colour: red",
            "line 3: game hills: the field colour is not a field",
        ),
        ("hills: {title: x}", "line 1: game hills: the field origin is missing"),
        (
            "hills:\n  origin: http://x.example",
            "line 2: game hills: the field origin must begin with",
        ),
        (
            "hills:\n  origin: https://x.example/*",
            "line 2: game hills: the field origin must be scheme and host only",
        ),
        ("hills:\n  launch_keys:\n  - abc", "line 3.*launch_keys.0 'abc' is not an Ed25519"),
        ("hills:\n  launch_keys: []", "line 2.*launch_keys must have at least one entry"),
        ("hills:\n  reward_url: http://x.example/", "line 2.*reward_url must begin with https"),
        ("hills:\n  coins: '50'", "line 2.*coins must be a whole number"),
        ("hills:\n  coins: 0", "line 2.*coins must be 1 or more"),
        ("hills:\n  coins: 99999999999999999999", "line 2.*coins must be 1000000 or less"),
        ("hills:\n  title: 2026-99-99", "is not valid YAML: month must be in"),
        ("hills:\n  title: x\n  title: y", "line 3: title is there twice"),
        ("hills:\n  3: x", "line 1: game hills: field names must be words"),
        ("a b: {title: x}", "line 1: game a b: the field game_id may have 1 to 64"),
    ],
)
def test_an_invalid_file_of_games_is_refused_with_file_line_and_field(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "games.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        read_games(path, PairGame)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example",
        "https://",
        "https://[::1",
        "https://x.example:99999/",
        "https://x example/",
        "rewards",
        "https://x.example/\\x01",
    ],
)
def test_an_address_that_rewards_cannot_be_sent_to_is_refused(tmp_path: Path, url: str) -> None:
    path = tmp_path / "games.yaml"
    lines = ["hills:", "  title: x", f'  reward_url: "{url}"']
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match=r"line 3.*reward_url .* is not a web address") as error:
        read_games(path, PairGame)
    assert str(path) in str(error.value)
    assert "pydantic" not in str(error.value)


def test_only_a_game_with_pairs_has_a_pool(tmp_path: Path) -> None:
    Game(**VALID)
    with pytest.raises(ValueError, match="pool"):
        Game(**VALID, pool="study")
    store = Store(f"sqlite:///{tmp_path / 'game.db'}")
    with pytest.raises(ValueError, match=r"game x: the pool 'study' does not exist.*--study"):
        register_pair_game(store, PairGame(**VALID))


def test_nothing_to_serve_is_an_error() -> None:
    with pytest.raises(ValueError, match="give the folder of a run"):
        serve_study(None)


def free_ports(n: int) -> int:
    """Return the first of n ports in a row that are free."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
        try:
            for i in range(n):
                with socket.socket() as second:
                    second.bind(("127.0.0.1", port + i))
        except OSError:
            continue
        return port


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with the run of a demo that has few pictures."""
    folder = tmp_path_factory.mktemp("demo")
    make_demo_run(folder / "data/runs/demo", preferences=6, comparisons=20)
    return folder


def start_demo(folder: Path, port: int) -> subprocess.Popen[str]:
    program = "import sys; from gamelabel.cli import main; sys.argv[0] = 'gamelabel'; main()"
    command = [sys.executable, "-c", program, "serve", "--demo", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def iter_until(lines: Iterable[str], beginning: str) -> Iterator[str]:
    """Yield lines until one begins as expected, or there are no more."""
    for line in lines:
        yield line
        if line.startswith(beginning):
            return


@pytest.mark.slow
def test_the_demo_starts_its_game_and_stops_it(demo_folder: Path) -> None:
    port = free_ports(3)
    demo = start_demo(demo_folder, port)
    game = f"http://127.0.0.1:{port + 2}"
    try:
        assert demo.stdout is not None
        lines = list(iter_until(demo.stdout, "operator:"))
        assert lines[-1].startswith("operator:"), "".join(lines)
        # Its port is open before it says so: a request waits until it is served.
        service = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_START_S)
        assert len(service.get("/v1/keys").json()) == 1
        with httpx.Client(base_url=game, timeout=_START_S) as client:
            assert "Seven Hills" in client.get("/").text
            launch = client.post("/launches").json()
        reply = service.post("/v1/sessions", json=launch)
        assert (reply.status_code, reply.json()["state"]) == (201, "active")
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(_START_S)
    with pytest.raises(httpx.ConnectError):
        httpx.get(game)


def test_a_demo_game_that_cannot_start_is_an_error(demo_folder: Path) -> None:
    port = free_ports(3)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 2))
        with pytest.raises(OSError, match=f"the demo game did not start at port {port + 2}"):
            serve_demo(demo_folder / "data/runs/demo", port, look_s=1.0, minimal=False)
