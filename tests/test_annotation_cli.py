"""`gamelabel export annotation` and `gamelabel data annotation` on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.cli.annotation_commands import AnnotationLayout
from gamelabel.games.annotation.layouts.answer_files import read_answer_files
from gamelabel.games.annotation.layouts.layout_registry import ANSWER_LAYOUTS

EXAMPLE = Path(__file__).parents[1] / "examples/annotation"


def typed(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output.replace("\n", ""), str(result.exception)


def test_each_layout_has_a_command_each_way() -> None:
    assert [layout.value for layout in AnnotationLayout] == list(ANSWER_LAYOUTS)


@pytest.mark.parametrize("layout", ANSWER_LAYOUTS)
def test_the_sample_is_written_and_read_again(layout: str, tmp_path: Path) -> None:
    out, tables = tmp_path / "out", tmp_path / "tables"
    options = ["--layout", layout, "--pictures", EXAMPLE]
    code, output, _ = typed("export", "annotation", EXAMPLE / "layouts/answers", out, *options)
    assert code == 0 and str(out) in output and "rejected" not in output
    shipped = EXAMPLE / "layouts" / layout
    assert {path.name for path in shipped.iterdir()} <= {path.name for path in out.iterdir()}
    for source in (out, shipped):
        code, output, error = typed("data", "annotation", source, tables / source.name, *options)
        assert code == 0 and "rejected" not in output, (output, error)
    read, again = (read_answer_files(tables / source.name) for source in (out, shipped))
    assert read.tables() == again.tables()
    assert read.prompts == read_answer_files(EXAMPLE / "layouts/answers").prompts


def test_what_is_rejected_is_shown_and_listed(tmp_path: Path) -> None:
    record = {"id": "7", "prompt": "a star", "generations": ["1", "2"], "ranking": [1, 2]}
    path = tmp_path / "rankings.json"
    path.write_text(json.dumps([record, record | {"id": "8", "ranking": [1, 3]}]))
    out = tmp_path / "tables"
    code, output, _ = typed("data", "annotation", path, out, "--layout", "imagereward")
    assert code == 0 and "1 rejected in all" in output
    fault = "rank has the place 3, but no picture at place 2"
    assert f"rejected: {path}, row 1: {fault}" in output
    assert f"{path},1,rank," in (out / "rejected.csv").read_text()
    _, _, error = typed("data", "annotation", path, out, "--layout", "imagereward")
    assert error == f"{out} exists: choose a new folder, or delete it first"
    path.write_text(json.dumps([record | {"ranking": [1, 3]}]))
    _, _, error = typed("data", "annotation", path, tmp_path / "x", "--layout", "imagereward")
    assert "has no answer that can be used" in error and fault in error
    assert not (tmp_path / "x").exists()
