"""The examples in the documentation of the drawn world and of the prompts run as written."""

import doctest
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["scenes.md", "prompts.md"])
def test_the_examples_of_a_page_run(page: str) -> None:
    outcome = doctest.testfile(str(PAGES / page), module_relative=False)
    assert outcome.attempted >= 3 and not outcome.failed
