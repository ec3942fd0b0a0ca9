"""A service with the play activity, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.databases import new_url

pytest.importorskip("gymnasium")
pytest.importorskip("websockets")

from tests.service.play.play_harness import PlayServer, make_project


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url(request.param, tmp_path)


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


@pytest.fixture
def server(make_server: Callable[..., PlayServer]) -> PlayServer:
    return make_server()
