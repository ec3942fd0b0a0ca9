"""run_all.sh with a fake set-up and a fake command, which have their own tests."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "run_all.sh", tmp_path)
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "setup.sh").write_text("echo set up\n")
    command = tmp_path / ".venv" / "bin" / "gamelabel"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "gamelabel $*"\n[ "$1" != run ] || exit ${CODE:-0}\n')
    command.chmod(0o755)
    return tmp_path


def run_all(clone: Path, *words: str, code: int = 0) -> tuple[int, list[str]]:
    process = subprocess.run(
        [clone / "run_all.sh", *words], cwd="/", env={"PATH": "/usr/bin:/bin", "CODE": str(code)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return process.returncode, [line for line in process.stdout.splitlines() if line]


def test_small_is_the_default_and_the_claims_follow(clone: Path) -> None:
    code, lines = run_all(clone)
    assert code == 0
    assert lines[:3] == [
        "set up",
        "gamelabel run --profile small",
        "gamelabel claims --profile small",
    ]
    assert lines[3].endswith("reports/small/index.html")


def test_a_chapter_is_passed_on(clone: Path) -> None:
    expected = "gamelabel run --profile small --chapter all"
    assert run_all(clone, "small", "--chapter", "all")[1][1] == expected
    assert run_all(clone, "--chapter", "all")[1][1] == expected


def test_another_profile_and_further_options(clone: Path) -> None:
    assert run_all(clone, "smoke", "--jobs", "2")[1][1] == "gamelabel run --profile smoke --jobs 2"
    assert run_all(clone, "--jobs", "2")[1][1] == "gamelabel run --profile small --jobs 2"


@pytest.mark.parametrize(("code", "lines"), [(1, 4), (2, 2), (130, 2)])
def test_its_status_is_the_runs(clone: Path, code: int, lines: int) -> None:
    """Claims are shown after a failed step, but not if nothing ran or the run was stopped."""
    process = run_all(clone, code=code)
    assert (process[0], len(process[1])) == (code, lines)
