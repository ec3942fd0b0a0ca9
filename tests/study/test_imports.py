import ast
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gamelabel.study import imports
from gamelabel.study.imports import modules, text_of
from tests.study.toys import write_notebook


def test_modules_with_their_packages_and_lazy_imports(tmp_path: Path) -> None:
    imported = modules(
        write_notebook(
            tmp_path / "n.ipynb", "n = 1", "%matplotlib inline\nfrom gamelabel import study"
        )
    )
    assert {"gamelabel", "gamelabel.study", "gamelabel.study.recording"} <= set(imported)
    assert "gamelabel.study.steps" in imported  # recording.py imports it inside a function
    assert not {"gamelabel.study.runner", "gamelabel.report.write", "gamelabel.scenes"} & set(
        imported
    )
    assert all(path.exists() for path in imported.values())


def test_names_of_a_package_lead_to_its_modules(tmp_path: Path) -> None:
    imported = modules(
        write_notebook(tmp_path / "n.ipynb", "n = 1", "from gamelabel.scenes import verify")
    )
    assert {"gamelabel.scenes.verify", "gamelabel.scenes.grammar"} <= set(imported)


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
        modules(tmp_path / "n.ipynb")


def test_one_thread_parses_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython 3.11 can raise SystemError where two do."""
    parsing, together = [], []

    def parse(code: str) -> ast.Module:
        parsing.append(code)
        together.append(len(parsing))
        time.sleep(0.02)
        parsing.pop()
        return ast.Module([], [])

    monkeypatch.setattr(imports.ast, "parse", parse)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: imports._imported("", ""), range(8)))
    assert together == [1] * 8
