"""An annotation project on an empty database, SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.annotation.annotation_harness import AnnotationService, write_project


@pytest.fixture
def make_service(url: str, tmp_path: Path) -> Iterator[Callable[..., AnnotationService]]:
    services = []

    def make_one(minimal: bool = False, **project: Any) -> AnnotationService:
        path = write_project(tmp_path / "project", **project)
        services.append(AnnotationService(url, path, minimal))
        return services[-1]

    yield make_one
    for service in services:
        service.store.close()


@pytest.fixture
def service(make_service: Callable[..., AnnotationService]) -> AnnotationService:
    return make_service()
