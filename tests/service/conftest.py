"""A service on an empty database; tests of `service` run on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.databases import new_url
from tests.service.harness import Service


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url(request.param, tmp_path)


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
