"""`gamelabel verify`: each kind of file of a run is falsified, and it names the file."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.report.write import write_report
from gamelabel.study.runner import run_study
from gamelabel.study.steps import Study
from gamelabel.study.verification import Verification, verify_report
from tests.study.toys import IMAGES, LABELS, PROMPTS, RELIABILITY, toy_study

CLAIMS = Path(__file__).parents[2] / "data" / "claims"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    toys = {
        "_01_prompts": PROMPTS,
        "_02_images": IMAGES,
        "_03_labels": LABELS,
        "_04_reliability": RELIABILITY,
    }
    study = toy_study(tmp_path_factory.mktemp("finished"), **toys)
    shutil.copytree(CLAIMS, study.root / "data" / "claims")
    (study.root / "data" / "sources.yaml").write_text("{}")
    (study.root / "requirements.lock").write_text("numpy==2.3.0\n")
    write_report(run_study(study, ["broken=false"]))
    return study


@pytest.fixture
def study(finished: Study, tmp_path: Path) -> Study:
    """A copy of the finished study, to be falsified."""
    shutil.copytree(finished.root, tmp_path / "study")
    return Study(tmp_path / "study", "smoke")


def verify(study: Study) -> Verification:
    return verify_report(study.report_dir, study.root)


def change_one_byte(path: Path) -> None:
    """Change the last byte; size and modification time stay."""
    content, stat = bytearray(path.read_bytes()), path.stat()
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def add_beside(path: Path) -> None:
    path.with_name(f"added{path.suffix}").write_bytes(b"x")


def test_all_is_as_in_the_manifest(study: Study) -> None:
    checked, problems, notes = verify(study)
    assert (problems, notes) == ([], [])
    files = [path for path in study.report_dir.rglob("*") if path.is_file()]
    tables, folders, records, project_files = 6, 1, 3, 2
    assert checked == len(files) - 1 + tables + folders + records + project_files


REPORT_FILES = (
    "index.html",
    "report.pdf",
    "claims.json",
    "metrics.json",
    "figures/line.png",
    "tables/kept.csv",
    "notebooks/04_reliability.html",
    "notebooks/04_reliability.ipynb",
)


@pytest.mark.parametrize("name", REPORT_FILES)
@pytest.mark.parametrize(
    ("falsify", "sentence"),
    [
        (change_one_byte, "reports/smoke/{name} differs"),
        (Path.unlink, "reports/smoke/{name} is missing"),
        (add_beside, "reports/smoke/{added} was not written by this run"),
    ],
)
def test_each_file_of_the_report(
    study: Study, name: str, falsify: Callable[[Path], None], sentence: str
) -> None:
    falsify(study.report_dir / name)
    added = Path(name).with_name(f"added{Path(name).suffix}").as_posix()
    assert verify(study).problems == [sentence.format(name=name, added=added)]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("data/sources.yaml", " (01_prompts)"),
        ("data/runs/smoke/prompts.parquet", " (01_prompts)"),
        ("data/runs/smoke/labels.parquet", " (03_labels)"),
        ("data/runs/smoke/images/a.png", " (02_images)"),
        ("data/runs/smoke/records/04_reliability.json", " (04_reliability)"),
        ("requirements.lock", ""),
    ],
)
def test_inputs_and_outputs_of_steps(study: Study, name: str, step: str) -> None:
    change_one_byte(study.root / name)
    assert verify(study).problems == [f"{name} differs{step}"]
    (study.root / name).unlink()
    assert verify(study).problems == [f"{name} is missing{step}"]


def test_a_file_added_to_a_folder_of_images(study: Study) -> None:
    add_beside(study.run_dir / "images" / "a.png")
    problem = "data/runs/smoke/images/added.png was not written by this run (02_images)"
    assert verify(study).problems == [problem]


def test_the_command(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.root)
    done = CliRunner().invoke(app, ["verify", "--profile", "smoke"])
    assert (done.exit_code, "all as in the manifest" in done.output) == (0, True)
    change_one_byte(study.report_dir / "claims.json")
    done = CliRunner().invoke(app, ["verify", "reports/smoke"])
    assert (done.exit_code, "reports/smoke/claims.json differs" in done.output) == (1, True)
    (study.report_dir / "manifest.json").write_text("[]")
    done = CliRunner().invoke(app, ["verify", "reports/smoke"])
    assert "manifest.json is not the manifest of a run" in str(done.exception)
    (study.report_dir / "manifest.json").unlink()
    done = CliRunner().invoke(app, ["verify", "reports/smoke"])
    assert "gamelabel run --profile smoke writes it" in str(done.exception)


def test_the_manifest_says_at_which_commit_each_step_ran(study: Study) -> None:
    """A step that is not run again keeps its commit; `reports/` does not make a commit dirty."""
    from gamelabel.study.manifest import read_manifest

    def git(*words: str) -> str:
        command = ["git", "-C", str(study.root), "-c", "user.name=a", "-c", "user.email=a@b.c"]
        done = subprocess.run([*command, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")
    (study.root / ".gitignore").write_text("data/runs/\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    first = {"commit": git("rev-parse", "HEAD"), "dirty": False}
    run = ["broken=false"]
    write_report(run_study(study, run, start="03"))
    git("commit", "--quiet", "--allow-empty", "-m", "second")
    write_report(run_study(study, run, only="04"))
    second = {"commit": git("rev-parse", "HEAD"), "dirty": False}
    manifest = read_manifest(study)
    steps = manifest["steps"]
    assert [steps[name]["git"] for name in ("03_labels", "04_reliability")] == [first, second]
    assert manifest["git"] == second
    (study.root / "data" / "sources.yaml").write_text("{} ")
    write_report(run_study(study, run, only="04"))
    assert read_manifest(study)["git"] == {**second, "dirty": True}
    # a folder inside another repository has no commit of its own
    (study.root / ".git").rename(study.root.parent / ".git")
    write_report(run_study(study, run, only="04"))
    assert read_manifest(study)["git"] == {"commit": None, "dirty": None}
