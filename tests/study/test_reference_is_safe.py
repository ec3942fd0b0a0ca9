"""No run writes where published runs are, whatever its profile is called."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.study import Report
from gamelabel.study.runner import run_study
from gamelabel.study.steps import Study, is_reference
from tests.study.toys import PROMPTS, toy_study


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a published run."""
    toy_study(tmp_path, _01_prompts=PROMPTS)
    published = tmp_path / "reports" / "reference" / "small"
    published.mkdir(parents=True)
    (published / "manifest.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(project: Path) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in project.rglob("*"))


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("reference", "a profile cannot have the name 'reference'"),
        ("REFERENCE", "a profile cannot have the name 'REFERENCE'"),
        ("reference/small", "cannot name a profile"),
        ("smoke/../reference/small", "cannot name a profile"),
        ("../reports/reference/small", "cannot name a profile"),
        (".", "cannot name a profile"),
        ("", "cannot name a profile"),
    ],
)
@pytest.mark.parametrize("command", ["run", "status", "claims", "verify"])
def test_the_name_of_a_profile(project: Path, profile: str, message: str, command: str) -> None:
    # a file of that name would otherwise make it a profile
    (project / "notebooks" / "profiles" / "reference").mkdir()
    for name in ("reference", "reference/small"):
        (project / "notebooks" / "profiles" / f"{name}.yaml").write_text("seed: 1\n")
    before = files(project)
    done = CliRunner().invoke(app, [command, "--profile", profile])
    assert done.exit_code != 0
    assert message in str(done.exception)
    assert files(project) == before


@pytest.mark.parametrize("target", ["reports/reference", "reports/reference/small"])
def test_a_link_to_the_published_runs(project: Path, target: str) -> None:
    (project / "reports" / "smoke").symlink_to(project / target)
    before = files(project)
    with pytest.raises(ValueError, match="only `gamelabel publish` writes there"):
        run_study(Study(project, "smoke"))
    assert files(project) == before


def test_a_notebook_opened_alone(project: Path) -> None:
    for folder in ("reports/reference", "reports/reference/small", "reports/smoke/../reference/x"):
        with pytest.raises(ValueError, match="only `gamelabel publish` writes there"):
            Report("run", folder)
    Report("run", "reports/referenced")


def test_which_folders_are_published_runs() -> None:
    assert is_reference(Path("/a/Reports/Reference/small"))
    assert not is_reference(Path("/reference/reports/small"))
    assert not is_reference(Path("/a/reports/small/reference"))
