"""Services on an empty database each; a test that asks for `service` runs on SQLite and on PostgreSQL."""

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
    made = []

    def make_one(**settings: Any) -> Service:
        made.append(Service(url, **settings))
        return made[-1]

    yield make_one
    for service in made:
        service.store.close()


@pytest.fixture
def service(make: Callable[..., Service]) -> Service:
    return make()
