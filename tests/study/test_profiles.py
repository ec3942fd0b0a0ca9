from pathlib import Path

import pytest

from gamelabel.study.profiles import read_profile
from gamelabel.study.steps import Study
from tests.study.toys import IMAGES, PROMPTS, toy_study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return toy_study(tmp_path, _01_prompts=PROMPTS, _02_images=IMAGES)


def write(study: Study, text: str) -> None:
    (study.notebooks / "profiles" / "smoke.yaml").write_text(text)


def test_defaults_the_root_seed_and_the_folders(study: Study) -> None:
    got = read_profile(study)
    folders = {"run_dir": "../data/runs/smoke", "report_dir": "../reports/smoke"}
    assert got.seed == 3
    assert got.steps == {"01_prompts": {**folders, "seed": 3, "rows": 4}, "02_images": folders}


def test_a_steps_own_line_wins_and_the_command_line_over_all(study: Study) -> None:
    write(study, "01_prompts:\n  rows: 6\nrows: 5\ncell_minutes: 2\n")
    got = read_profile(study)
    assert (got.steps["01_prompts"]["rows"], got.cell_minutes) == (6, 2.0)
    got = read_profile(study, ["rows=7", "seed=9", "cell_minutes=0.5"])
    assert (got.steps["01_prompts"]["rows"], got.steps["01_prompts"]["seed"], got.seed) == (7, 9, 9)
    assert got.cell_minutes == 0.5


def test_the_settings_of_a_profile(study: Study) -> None:
    write(study, "# Two lines\n# of words.\nseed: 1  # any\n# not these\n")
    assert read_profile(study).about == "Two lines of words."


def test_an_unknown_profile_lists_the_known(study: Study) -> None:
    with pytest.raises(
        ValueError, match=r"there is no profile 'large'; the profiles in .* are smoke"
    ):
        read_profile(Study(study.root, "large"))


@pytest.mark.parametrize("line", ["row: 5", "run_dir: elsewhere", "unlike: 5"])
def test_an_unknown_parameter_has_a_suggestion_and_says_where_the_list_is(
    study: Study, line: str
) -> None:
    write(study, line)
    with pytest.raises(ValueError, match=r"no parameter '\w+'") as error:
        read_profile(study)
    lines = str(error.value).splitlines()
    assert str(study.notebooks) in lines[-1] and len(lines) <= 3
    assert ("  rows = 4  # how many prompts (01_prompts)" in lines) == (line == "row: 5")
    if "unlike" in line:
        assert lines[0].endswith("the parameters are cell_minutes, seed, jobs, cluster, rows")
    assert "where the tables lie" not in str(error.value)  # the runner gives that one


@pytest.mark.parametrize("line", ["01_prompts:\n  row: 5", "02_images:\n  rows: 5"])
def test_an_unknown_parameter_of_a_step_lists_those_of_the_step(study: Study, line: str) -> None:
    write(study, line)
    with pytest.raises(ValueError, match=r"_\w+ has no parameter '\w+'; it has") as error:
        read_profile(study)
    assert ("rows = 4  # how many prompts" in str(error.value)) == ("01_prompts" in line)
    assert "where the tables lie" not in str(error.value)


def test_an_unknown_step_lists_the_known(study: Study) -> None:
    write(study, "07_prompts:\n  rows: 5")
    with pytest.raises(
        ValueError, match="there is no step '07_prompts'; the steps are 01_prompts, 02_images"
    ):
        read_profile(study)


@pytest.mark.parametrize(
    "line", ["rows: many", "rows: 1.5", "seed: true", "01_prompts:\n  rows: '5'", "cell_minutes: x"]
)
def test_a_value_of_the_wrong_type(study: Study, line: str) -> None:
    write(study, line)
    with pytest.raises(ValueError, match=r" is a .*number, not "):
        read_profile(study)


@pytest.mark.parametrize("text", ["- a\n- b", "a: [", "just words"])
def test_a_file_without_settings(study: Study, text: str) -> None:
    write(study, text)
    with pytest.raises(ValueError, match=r"smoke\.yaml"):
        read_profile(study)


@pytest.mark.parametrize("text", ["rows", "rows=many", "=5", "row=5"])
def test_a_bad_override(study: Study, text: str) -> None:
    with pytest.raises(ValueError, match=r"NAME=VALUE|not 'many'|no parameter"):
        read_profile(study, [text])


def test_the_root_seed_replaces_a_notebooks_own(tmp_path: Path) -> None:
    """Also where the profile does not name a seed, so that the manifest's seed is the one used."""
    toy = ("seed = 5  # a seed\nn = 1  # a number",)
    study = toy_study(tmp_path, _01_prompts=toy)
    (study.notebooks / "profiles" / "smoke.yaml").write_text("n: 2\n")
    got = read_profile(study)
    assert (got.seed, got.steps["01_prompts"]) == (0, {"seed": 0, "n": 2})
