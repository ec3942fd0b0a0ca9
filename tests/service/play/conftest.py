"""A service with the play activity; test_play_storage.py has what depends on the database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.databases import new_url

pytest.importorskip("gymnasium")
pytest.importorskip("websockets")

from tests.service.play.play_harness import PlayServer, make_project


@pytest.fixture
def database(tmp_path: Path) -> str:
    return new_url("sqlite", tmp_path)


@pytest.fixture
def make_server(database: str, tmp_path: Path) -> Iterator[Callable[..., PlayServer]]:
    servers = []

    def make(**settings: Any) -> PlayServer:
        project = settings.pop("project", None) or make_project()
        servers.append(PlayServer(database, tmp_path / "recordings", project, **settings))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayServer]:
    folder = tmp_path_factory.mktemp("play")
    made = PlayServer(new_url("sqlite", folder), folder / "recordings", make_project())
    yield made
    made.close()


@pytest.fixture
def shared(module_server: PlayServer) -> Iterator[PlayServer]:
    """Return a server of all tests of a module: for those that look at their own players only."""
    yield module_server
    module_server.clear()


@pytest.fixture
def server(make_server: Callable[..., PlayServer]) -> PlayServer:
    return make_server()
