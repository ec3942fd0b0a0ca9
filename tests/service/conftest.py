"""A service on a database of its own; tests of `service` run on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.databases import make_database, unused_url
from tests.service.harness import Service, template


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of this version; `make` makes it with a pool of pairs."""
    address = unused_url(request.param, tmp_path)
    if "make" not in request.fixturenames:
        make_database(address, template(request.param))
    return address


@pytest.fixture
def make(url: str) -> Iterator[Callable[..., Service]]:
    services = []

    def make_one(**settings: Any) -> Service:
        services.append(Service(url, **settings))
        return services[-1]

    yield make_one
    for service in services:
        service.store.close()


@pytest.fixture
def service(make: Callable[..., Service]) -> Service:
    return make()
