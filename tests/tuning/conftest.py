"""A tiny untrained model for the tests of tuning."""

from collections.abc import Iterator

import pytest
from diffusers import FluxPipeline

from gamelabel.tuning.adapter import add_adapter, remove_adapter
from tests.tuning.tiny_model import make_pipe


@pytest.fixture(scope="module")
def pipe() -> FluxPipeline:
    return make_pipe()


@pytest.fixture
def adapted(pipe: FluxPipeline) -> Iterator[FluxPipeline]:
    """The model with a new adapter, which is removed after the test."""
    add_adapter(pipe.transformer, rank=4)
    yield pipe
    remove_adapter(pipe.transformer)
