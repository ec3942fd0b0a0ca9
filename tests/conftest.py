"""Fixtures that several rooms share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FLUX repository of the shipped model's layout with untrained weights; do not modify it."""
    from tests.images.repositories import untrained_repository  # torch, only where it is needed

    return untrained_repository(tmp_path_factory.mktemp("flux"))
