"""The teaching game on an empty database, SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.dungeon.teach_harness import TeachService


@pytest.fixture
def make_school(url: str, tmp_path: Path) -> Iterator[Callable[..., TeachService]]:
    services = []

    def make_one(**teach: Any) -> TeachService:
        services.append(TeachService(url, tmp_path / "descent", **teach))
        return services[-1]

    yield make_one
    for service in services:
        service.close()


@pytest.fixture
def school(make_school: Callable[..., TeachService]) -> TeachService:
    return make_school()
