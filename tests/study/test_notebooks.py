"""The rules for the study's own notebooks and profiles, as DESIGN has them."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from gamelabel.study.imports import modules
from gamelabel.study.parameters import read_parameters
from gamelabel.study.profiles import FOLDERS, read_profile
from gamelabel.study.steps import STEPS, Study

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINES = 10


def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.mark.parametrize("name", ["smoke", "small", "paper"])
def test_each_profile_fits_the_notebooks(name: str) -> None:
    got = read_profile(Study(ROOT, name))
    assert {step for step in got.steps} == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("name", ["smoke", "small", "paper"])
def test_a_profile_gives_a_reason_on_each_line(name: str) -> None:
    lines = (ROOT / "notebooks" / "profiles" / f"{name}.yaml").read_text().splitlines()
    for line in lines:
        assert not line.strip() or line.endswith(":") or "# " in line, line


@pytest.mark.skipif(not NOTEBOOKS, reason="there are no notebooks yet")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_it_is_a_step(self, path: Path) -> None:
        assert path.stem in {step.name for step in STEPS}

    def test_it_is_stored_without_outputs_and_with_ids(self, path: Path) -> None:
        ids = [cell["id"] for cell in cells(path)]
        assert len(ids) == len(set(ids))
        for cell in cells(path):
            assert cell["cell_type"] != "code" or (
                cell["outputs"] == [] and cell["execution_count"] is None
            )

    def test_its_parameters_are_flat_and_each_says_what_it_is(self, path: Path) -> None:
        tagged = [cell for cell in cells(path) if "parameters" in cell["metadata"].get("tags", [])]
        assert len(tagged) == 1
        found = read_parameters(path)
        assert set(FOLDERS) <= set(found)
        assert all(parameter.comment for parameter in found.values())

    def test_its_cells_are_short_and_define_nothing(self, path: Path) -> None:
        for cell in cells(path):
            if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", []):
                assert len(text(cell).splitlines()) <= LINES, text(cell)
                code = "\n".join(
                    "" if line.lstrip().startswith(("%", "!")) else line
                    for line in text(cell).splitlines()
                )
                kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
                assert not any(isinstance(node, kinds) for node in ast.walk(ast.parse(code))), text(
                    cell
                )

    def test_it_opens_with_words_and_closes_with_something_to_try(self, path: Path) -> None:
        first, last = cells(path)[0], cells(path)[-1]
        assert first["cell_type"] == "markdown"
        assert text(first).startswith("# ")
        assert last["cell_type"] == "markdown"
        assert "Try this" in text(last)

    def test_it_runs_none_of_the_machinery(self, path: Path) -> None:
        assert not {
            "gamelabel.study.runner",
            "gamelabel.report.write",
            "gamelabel.study.execute",
        } & set(modules(path))
