"""The rules for the study's notebooks and profiles."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from gamelabel.study.dependencies import dependencies
from gamelabel.study.parameters import read_parameters
from gamelabel.study.profiles import FOLDERS, read_profile
from gamelabel.study.steps import STEPS, Study

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_CODE_CELLS = 20
MAX_LINES = 10  # of a code cell other than the parameters
MAX_LENGTH = 100  # characters of a line of code or of text
NOT_IN_NOTEBOOKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_cells(path: Path) -> list[dict[str, Any]]:
    """Return the code cells without the parameters."""
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    return [cell for cell in code if "parameters" not in cell["metadata"].get("tags", [])]


def names_in(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


@pytest.mark.parametrize("name", ["smoke", "small", "paper"])
def test_each_profile_fits_the_notebooks(name: str) -> None:
    profile = read_profile(Study(ROOT, name))
    assert set(profile.steps) == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("name", ["smoke", "small", "paper"])
def test_a_profile_gives_a_reason_on_each_line(name: str) -> None:
    lines = (ROOT / "notebooks" / "profiles" / f"{name}.yaml").read_text().splitlines()
    for line in lines:
        assert not line.strip() or line.endswith(":") or "# " in line, line


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
        parameters = read_parameters(path)
        assert set(FOLDERS) <= set(parameters)
        assert all(parameter.comment for parameter in parameters.values())

    def test_its_parameters_have_types(self, path: Path) -> None:
        """A value of another type is then one sentence; see `study.notebook_session`."""
        (tagged,) = [cell for cell in cells(path) if cell["metadata"].get("tags") == ["parameters"]]
        types = {node.target.id: node.annotation.id for node in ast.parse(text(tagged)).body}
        parameters = read_parameters(path)
        assert types == {name: type(p.default).__name__ for name, p in parameters.items()}

    def test_opened_alone_it_finds_the_run_that_smoke_left(self, path: Path) -> None:
        study, parameters = Study(ROOT, "smoke"), read_parameters(path)
        for name in FOLDERS:
            folder = study.notebooks / str(parameters[name].default)
            assert folder.resolve() == getattr(study, name)

    def test_its_file_has_one_format(self, path: Path) -> None:
        content = path.read_text(encoding="utf-8")
        assert content == json.dumps(json.loads(content), indent=1, ensure_ascii=False) + "\n"

    def test_its_cells_are_few_and_short(self, path: Path) -> None:
        code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
        assert len(code) <= MAX_CODE_CELLS
        for cell in code_cells(path):
            assert len(text(cell).splitlines()) <= MAX_LINES, text(cell)

    def test_its_lines_are_short(self, path: Path) -> None:
        lines = "\n".join(map(text, cells(path))).splitlines()
        assert [line for line in lines if len(line) > MAX_LENGTH] == []

    def test_its_cells_define_nothing(self, path: Path) -> None:
        for cell in code_cells(path):
            nodes = ast.walk(ast.parse(text(cell)))
            assert not any(isinstance(node, NOT_IN_NOTEBOOKS) for node in nodes), text(cell)

    def test_no_cell_depends_on_a_condition(self, path: Path) -> None:
        parameters = set(read_parameters(path))
        for cell in code_cells(path):
            body = ast.parse(text(cell)).body
            assert not isinstance(body[0], ast.If), text(cell)
            for statement in body:
                if isinstance(statement, ast.If):
                    assert not names_in(statement.test) & parameters, text(cell)

    def test_it_opens_with_words_and_closes_with_something_to_try(self, path: Path) -> None:
        first, last = cells(path)[0], cells(path)[-1]
        assert first["cell_type"] == "markdown"
        assert text(first).startswith("# ")
        assert last["cell_type"] == "markdown"
        assert "Try this" in text(last)

    def test_it_runs_none_of_the_machinery(self, path: Path) -> None:
        machinery = ("gamelabel.study.runner", "gamelabel.report.", "gamelabel.study.execute")
        assert not [name for name in dependencies(path) if name.startswith(machinery)]
