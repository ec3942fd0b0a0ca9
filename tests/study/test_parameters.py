from pathlib import Path

import papermill
import pytest

from gamelabel.study.parameters import Parameter, read_parameters
from tests.study.toys import write_notebook

CELL = """\
rows = 10  # how many prompts
share = 0.25  # of all, 0 to 1
rule = "whole # word"  # which rule
on: bool = True  # annotated
bare = -3"""


def test_the_same_as_papermill_reads(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", CELL)
    parameters, expected = read_parameters(notebook), papermill.inspect_notebook(str(notebook))
    assert list(parameters) == list(expected)
    plain = {
        name: p for name, p in parameters.items() if name != "rule"
    }  # papermill cuts a text at its `#`
    assert {name: repr(p.default) for name, p in plain.items()} == {
        name: expected[name]["default"] for name in plain
    }
    assert [p.comment for p in plain.values()] == [expected[name]["help"] for name in plain]
    assert parameters["rule"] == Parameter("rule", "whole # word", "which rule")


def test_a_line_that_a_formatter_has_broken(tmp_path: Path) -> None:
    source = 'n = (\n    "a"  # what it is\n)\nm = 1  # another'
    parameters = read_parameters(write_notebook(tmp_path / "n.ipynb", source))
    assert [str(p) for p in parameters.values()] == ["n = 'a'  # what it is", "m = 1  # another"]


@pytest.mark.parametrize(
    "source", ["n = []", "n = None", "n = len('a')", "import os", "a.b = 1", "n ="]
)
def test_a_cell_that_is_not_flat(tmp_path: Path, source: str) -> None:
    with pytest.raises(ValueError, match=r"n\.ipynb, the cell tagged `parameters`"):
        read_parameters(write_notebook(tmp_path / "n.ipynb", source))


@pytest.mark.parametrize(
    ("default", "value"),
    [(1, 1.5), (1, True), (1, "1"), (0.5, "x"), (0.5, False), (True, 1), ("a", 1), ("a", None)],
)
def test_a_value_of_the_wrong_type(default: bool | int | float | str, value: object) -> None:
    with pytest.raises(ValueError, match=r"n is .*, not .*: n = .*  # what it is"):
        Parameter("n", default, "what it is").check(value)


def test_values_as_text() -> None:
    assert Parameter("n", 1, "").read("7") == 7
    assert Parameter("n", 0.5, "").read("7") == 7.0
    words = {"true": True, "Yes": True, "1": True, "false": False, "no": False, "0": False}
    assert {word: Parameter("n", True, "").read(word) for word in words} == words
    assert Parameter("n", "", "").read("7") == "7"
    for default in (1, 0.5, True):
        with pytest.raises(ValueError, match=r"n is .*, not 'seven'"):
            Parameter("n", default, "").read("seven")


def test_a_whole_number_is_a_number() -> None:
    value = Parameter("n", 0.5, "").check(2)
    assert (value, type(value)) == (2.0, float)


@pytest.mark.parametrize(
    ("name", "default", "wrong", "allowed"),
    [
        ("gate", "threshold", "foo", "threshold, sprt, posterior"),
        ("method", "auto", "mean", "auto, majority, weighted"),
        ("methods", "majority", "majority, mean", "auto, majority, weighted"),
        ("rule", "whole word", "word", "whole word, substring"),
        ("label_source", "simulated", "cvs", "simulated, gamelabel10k, csv"),
        ("crowds", "", "rte, rta", "rte, dog"),
        ("split", "teacher", "teachers", "example, teacher"),
        ("pilot_use", "test", "tests", "both, test"),
    ],
)
def test_a_wrong_word_is_refused_with_the_allowed_ones(
    name: str, default: str, wrong: str, allowed: str
) -> None:
    parameter = Parameter(name, default, "")
    message = f"^{name} is one of {allowed}.*, not '{wrong.split(', ')[-1]}'$"
    for read in (parameter.read, parameter.check):
        with pytest.raises(ValueError, match=message):
            read(wrong)
    assert parameter.read(default) == default


def test_the_words_are_those_of_the_notebooks() -> None:
    """A parameter that is renamed would no longer be checked before the run."""
    notebooks = (Path(__file__).parents[2] / "notebooks").glob("*.ipynb")
    names = {name for path in notebooks for name in read_parameters(path)}
    checked = {"gate", "method", "methods", "rule", "label_source", "crowds", "split", "pilot_use"}
    assert checked <= names


def test_a_path_is_from_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world").mkdir()
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "labels.csv").touch()
    file = Parameter("labels_file", "", "a CSV, a folder; path")
    assert file.read("labels.csv") == str(tmp_path / "labels.csv")
    assert file.read("missing.csv") == str(tmp_path / "missing.csv")
    assert file.read("models") == str(tmp_path / "models")
    for other in ("hub", "sqlite:///game.db", "/data/labels.csv", "a" * 5000, ""):
        assert file.read(other) == other
    model = Parameter("model", "../x", "the base: a folder or name on the hub")
    assert model.read("models/mine") == str(tmp_path / "models/mine")
    for other in ("black-forest-labs/FLUX.1-schnell", "../data/models/scenes-flux"):
        assert model.read(other) == other
    corpus = Parameter("corpus", "world", "world or a CSV file; name or a folder")
    assert corpus.read("world") == "world"
    assert Parameter("name", "", "a name").read("labels.csv") == "labels.csv"
