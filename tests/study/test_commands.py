import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.study import runner
from gamelabel.study.steps import STEPS
from tests.study.toys import PROMPTS, toy_study, write_notebook


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    toy_study(tmp_path, _01_prompts=PROMPTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gamelabel(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    is_message = isinstance(result.exception, ValueError)
    return result.exit_code, str(result.exception) if is_message else result.output


@pytest.mark.parametrize("command", ["run", "status", "verify", "claims", "doctor"])
def test_help(command: str) -> None:
    assert gamelabel(command, "--help")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--profile", "large"], "there is no profile 'large'"),
        (["--profile", "smoke", "-p", "row=5"], "there is no parameter 'row'"),
        (["--profile", "smoke", "-p", "rows=five"], "rows is a whole number, not 'five'"),
        (["--profile", "smoke", "--only", "99"], "there is no step '99'"),
        (["--profile", "smoke", "--chapter", "plai"], "the chapters are pairs, play, dungeon"),
        (["--profile", "smoke", "--from", "02_images"], "step 02_images has no notebook"),
    ],
)
def test_an_invalid_argument_is_explained(project: Path, words: list[str], message: str) -> None:
    code, shown = gamelabel("run", *words)
    assert code == 1
    assert message in shown
    assert not (project / "data" / "runs").exists()


def test_a_file_that_does_not_exist_is_said_before_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters, *cells = PROMPTS
    parameters += '\nlabels_file = ""  # votes, a CSV file or hub; path'
    write_notebook(project / "notebooks/01_prompts.ipynb", parameters, *cells)
    ran: list[str] = []
    monkeypatch.setattr(runner, "execute", lambda *_: ran.append("a notebook"))
    for name in ("votes.csv", str(project / "votes")):
        result = CliRunner().invoke(app, ["run", "--profile", "smoke", "-p", f"labels_file={name}"])
        assert isinstance(result.exception, FileNotFoundError)
        message = str(result.exception)
        assert message.startswith(f"labels_file names {project / name}, which does not exist: ")
    assert not ran and not (project / "data" / "runs").exists()
    (project / "votes.csv").write_text("task,worker,label\n")
    for name in ("votes.csv", "hub", "sqlite:///none.db"):
        gamelabel("run", "--profile", "smoke", "-p", f"labels_file={name}")
    assert len(ran) == 3


def test_before_any_run(project: Path) -> None:
    assert "01_prompts             has not run yet" in gamelabel("status", "--profile", "smoke")[1]
    for command in ("verify", "claims"):
        assert (
            "gamelabel run --profile smoke writes it" in gamelabel(command, "--profile", "smoke")[1]
        )


def test_the_rows_of_status_begin_in_one_column(project: Path) -> None:
    rows = gamelabel("status", "--profile", "smoke")[1].splitlines()
    names = [row.split()[0] for row in rows]
    assert names == [step.name for step in STEPS]
    starts = {
        len(name) + len(row) - len(name) - len(row[len(name) :].lstrip())
        for name, row in zip(names, rows, strict=True)
    }
    assert len(starts) == 1


@pytest.mark.parametrize("command", ["run", "status", "verify", "claims", "plan"])
def test_an_unknown_profile_is_named_with_the_known_ones(project: Path, command: str) -> None:
    message = f"there is no profile 'large'; the profiles in {project}/notebooks/profiles are smoke"
    assert gamelabel(command, "--profile", "large") == (1, message)


def test_a_failed_step_gives_status_1(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise runner.StepFailed(2, "ValueError: broken", ["the last line"])

    monkeypatch.setattr(runner, "execute", fails)
    code, shown = gamelabel("run", "--profile", "smoke")
    assert code == 1
    assert "failed, cell 2: ValueError: broken" in shown
    assert "the last line" in shown
    assert "run the same command again to resume" in shown
    status = gamelabel("status", "--profile", "smoke")[1]
    assert "failed, cell 2: ValueError: broken" in status


def test_status_says_failed_until_the_step_is_done(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise runner.StepFailed(3, "ValueError: a\nb", ["ValueError: a"])

    with monkeypatch.context() as patched:
        patched.setattr(runner, "execute", fails)
        shown = gamelabel("run", "--profile", "smoke")[1]
    assert shown.count("ValueError: a") == 1  # the sentence has no copy below it
    assert "failed, cell 3: ValueError: a b" in gamelabel("status", "--profile", "smoke")[1]
    assert gamelabel("run", "--profile", "smoke")[0] == 0
    assert "01_prompts             up to date" in gamelabel("status", "--profile", "smoke")[1]


def test_claims_as_a_table_and_as_json(project: Path) -> None:
    claim = {"id": "players", "paper": "P", "paper_number": 188, "accepted": [188, 188]}
    claim |= {"ours": 188, "low": None, "high": None, "verdict": "matches", "reason": ""}
    (project / "reports" / "smoke").mkdir(parents=True)
    (project / "reports" / "smoke" / "claims.json").write_text(json.dumps([claim]))
    shown = gamelabel("claims", "--profile", "smoke")[1]
    assert shown.startswith("1 claims of P: 1 matches\n")
    assert "players  188        188       188   matches" in shown
    assert json.loads(gamelabel("claims", "--profile", "smoke", "--json")[1]) == [claim]
