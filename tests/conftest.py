"""Fixtures that several rooms share."""

import os
from pathlib import Path

import pytest


def pytest_xdist_auto_num_workers() -> int:
    """Start two processes a core with `-n auto`: many tests wait for a server or a kernel."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FLUX repository of the shipped model's layout with untrained weights; do not modify it."""
    from tests.images.repositories import untrained_repository  # torch, only where it is needed

    return untrained_repository(tmp_path_factory.mktemp("flux"))
