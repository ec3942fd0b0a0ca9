"""Recordings are copied from a running service, over HTTP, and the copy follows what it has."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.games.play.dataset import episodes
from gamelabel.games.play.recorded_copies import fetch_games
from gamelabel.games.play.recorded_tables import game_ids
from gamelabel.service.operator import create_operator
from gamelabel.service.operator_keys import read_operator_key
from gamelabel.service.play.recordings_client import RecordingsServer
from gamelabel.service.servers import server_config
from tests.service.play.play_harness import OPERATOR_KEY, PlayClient, PlayServer


@contextmanager
def serving(application: FastAPI) -> Iterator[str]:
    """Serve an application on a port of its own, and give its address."""
    config = server_config(application)
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


def play_a_game(server: PlayServer, name: str) -> PlayClient:
    """Let a player play some frames, and wait for the recording."""
    before, player = len(game_ids(server.folder)), server.player(name)
    socket = player.play()
    socket.until(lambda: socket.frame >= 3)
    socket.finish()
    end = time.monotonic() + 20
    while len(game_ids(server.folder)) == before or any(server.folder.glob("journals/*.journal")):
        assert time.monotonic() < end
        time.sleep(0.05)
    return player


def test_new_games_are_copied_and_deleted_ones_are_deleted(
    server: PlayServer, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    with serving(create_operator(server.store, server.settings, [server.activity])) as address:
        source = RecordingsServer(address, OPERATOR_KEY)
        assert fetch_games(source, copy) == ([], [])  # nobody has played yet
        anna = play_a_game(server, "anna")
        first = game_ids(server.folder)
        assert fetch_games(source, copy) == (first, [])
        assert fetch_games(source, copy) == ([], [])
        for table in ("steps", "seats", "episodes"):
            original = server.folder / table / f"{first[0]}.parquet"
            assert (copy / table / original.name).read_bytes() == original.read_bytes()
        assert len(episodes(copy)[0].load().actions) >= 3

        play_a_game(server, "bob")
        new, deleted = fetch_games(source, copy)
        assert (len(new), deleted) == (1, []) and new != first
        anna.call("DELETE", "/v1/player", 204)
        assert fetch_games(source, copy) == ([], first)
        assert game_ids(copy) == new

        key = tmp_path / "operator.key"
        key.write_text(f"anna {OPERATOR_KEY}\n")
        key.chmod(0o600)
        words = ["export", "play", address, str(tmp_path / "other"), "--key", str(key)]
        result = CliRunner().invoke(app, words, env={"GAMELABEL_OPERATOR_KEY": None})
        assert "1 games, 1 of them new; 0 deleted" in result.output.replace("\n", " ")

        with pytest.raises(ValueError, match="does not know this operator's key"):
            RecordingsServer(address, "x" * 20).games()
        with pytest.raises(ValueError, match="answers 404: is it the operator's port"):
            RecordingsServer(server.address, OPERATOR_KEY).games()
        strange = source._get("/..%2F..%2Fgame/steps")
        assert strange.status_code in (404, 422)
    with pytest.raises(ConnectionError, match="the same call goes on"):
        source.games()
    actions = server.operator().get("/v1/actions").json()
    assert {(a["operator"], a["action"]) for a in actions} == {("anna", "read recordings")}


def test_a_server_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=["../../games"]))
    source = RecordingsServer("https://play.example", "a key", transport)
    with pytest.raises(ValueError, match="does not answer with ids of games"):
        fetch_games(source, tmp_path)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["http://play.example:8001", "play.example", "ftp://localhost"])
def test_the_key_is_not_sent_unencrypted(address: str) -> None:
    with pytest.raises(ValueError, match="must begin with https://"):
        RecordingsServer(address, "a key")


def test_a_missing_file_of_the_key_is_named_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GAMELABEL_OPERATOR_KEY", raising=False)
    with pytest.raises(FileNotFoundError, match=r"no file .*absent\.key.*gamelabel serve"):
        read_operator_key(tmp_path / "absent.key")
