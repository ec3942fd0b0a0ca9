from pathlib import Path

import pytest

from gamelabel.study.notebook_cells import code_of, text_of
from tests.study.toys import write_notebook


def test_outputs_and_ids_do_not_count(tmp_path: Path) -> None:
    first = write_notebook(tmp_path / "a.ipynb", "n = 1", "n + 1")
    second = write_notebook(tmp_path / "b.ipynb", "n = 1", "n + 1")
    assert first.read_text() != second.read_text()
    assert (
        text_of(first)
        == text_of(second)
        != text_of(write_notebook(tmp_path / "c.ipynb", "n = 1", "n + 2"))
    )


def test_invalid_notebooks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text("{}")
    with pytest.raises(ValueError, match="is not a notebook"):
        code_of(tmp_path / "n.ipynb")
