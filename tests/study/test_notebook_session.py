"""A notebook in a kernel: the types of its parameters, and mistakes as one sentence."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from gamelabel.study.notebook_session import prepare_session
from gamelabel.study.parameter_types import check_type

OPEN = "from gamelabel import study, tables\nreport = study.Report('run', 'report')"


def shown_error(folder: Path, *cells: str) -> str:
    """Run cells in a kernel; return what the last shows in place of a traceback."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    with pytest.raises(CellExecutionError):
        client.execute()
    (error,) = [o for o in notebook.cells[-1].outputs if o.output_type == "error"]
    return "\n".join(error.traceback)


def test_a_number_in_quotes_is_one_sentence(tmp_path: Path) -> None:
    shown = shown_error(tmp_path, 'n_players: int = "20"  # simulated players, count', OPEN)
    assert shown == ("ValueError: n_players is a whole number, not '20'; write it without quotes")


def test_a_missing_table_is_one_sentence_with_the_notebook_to_run_first(tmp_path: Path) -> None:
    shown = shown_error(tmp_path, OPEN, 'tables.read_table("run", "pairs")')
    place = tmp_path / "run" / "pairs.parquet"
    assert shown == f"FileNotFoundError: {place} not found: run notebooks/02_images.ipynb first"


def test_a_wrong_word_is_one_sentence_with_the_allowed_ones(tmp_path: Path) -> None:
    cell = 'study.choose("gate", "foo", {"threshold": 1, "sprt": 2})'
    assert shown_error(tmp_path, OPEN, cell) == (
        "ValueError: gate is one of threshold, sprt, not 'foo'"
    )


def test_a_file_that_a_library_does_not_find_is_one_sentence(tmp_path: Path) -> None:
    shown = shown_error(tmp_path, OPEN, "from pathlib import Path\nPath('no').read_text()")
    assert shown == "FileNotFoundError: [Errno 2] No such file or directory: 'no'"


@pytest.mark.parametrize("cell", ["int('x')", "1 / 0", "import pandas\npandas.Timestamp('x')"])
def test_an_error_of_other_code_keeps_its_traceback(tmp_path: Path, cell: str) -> None:
    shown = shown_error(tmp_path, OPEN, cell)
    assert "Traceback" in shown
    assert "Error" in shown.splitlines()[-1]


def test_the_traceback_can_be_asked_for(tmp_path: Path) -> None:
    cells = ["%env GAMELABEL_DEBUG=1", OPEN, 'study.choose("gate", "foo", {})']
    assert "Traceback" in shown_error(tmp_path, *cells)


def test_outside_a_notebook_nothing_happens() -> None:
    prepare_session()


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (int, "20", "n is a whole number, not '20'; write it without quotes"),
        (int, "x", "n is a whole number, not 'x'"),
        (int, 1.5, "n is a whole number, not 1.5"),
        (bool, "True", "n is true or false, not 'True'; write it without quotes"),
        (str, 3, "n is text, not 3; write it in quotes"),
    ],
)
def test_a_message_says_what_to_write(kind: type, value: object, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        check_type("n", kind, value)
    assert str(raised.value) == message
