"""The set-up of a fresh clone, with stand-ins for Python and pip: what it does, and the one sentence when it cannot."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """\
#!/bin/bash
case "$*" in
  "-c import ensurepip"*) exit "${OLD:-0}" ;;
  -V*) echo "Python 3.12.1" ;;
  "-m venv"*) [[ "${NO_VENV:-}" == "" ]] || exit 1; rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  "-m pip"*) echo "$*" >>calls; printf '%s\\n' "${SAID:-}"; exit "${FAILS:-0}" ;;
  "-c import tomllib"*) echo "torch==2.13.0" ;;
  -) cat requirements.lock ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project folder with the real set-up, and Pythons that only say what they were asked."""
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "setup.sh", tmp_path / ".ci")
    (tmp_path / "pythons").mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (tmp_path / "pythons" / name).write_text(PYTHON)
        (tmp_path / "pythons" / name).chmod(0o755)
    return tmp_path


def set_up(clone: Path, **environment: str) -> tuple[int, str, list[str]]:
    """Exit status, the sentence, and what pip was asked to install."""
    (clone / "calls").unlink(missing_ok=True)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "source .ci/setup.sh"],
        cwd=clone, env={"PATH": f"{clone}/pythons:/usr/bin:/bin", **environment}, capture_output=True, text=True,
    )  # fmt: skip
    calls = (clone / "calls").read_text().splitlines() if (clone / "calls").exists() else []
    return done.returncode, done.stderr.strip(), calls


def test_torch_first_then_the_lock_with_hashes_then_the_project(clone: Path) -> None:
    code, said, calls = set_up(clone)
    assert (code, said) == (0, "")
    assert [call.partition("--quiet ")[2] for call in calls] == [
        "torch==2.13.0",
        "--no-deps --require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation --editable .",
    ]


def test_a_second_call_installs_nothing_and_a_changed_lock_does(clone: Path) -> None:
    assert len(set_up(clone)[2]) == 3
    assert set_up(clone)[2] == []
    (clone / "requirements.lock").write_text("another\n")
    assert len(set_up(clone)[2]) == 3


def test_a_folder_that_was_moved_starts_afresh(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    set_up(clone)
    moved = tmp_path_factory.mktemp("moved") / "clone"
    shutil.copytree(clone, moved)
    assert len(set_up(moved)[2]) == 3


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"OLD": "1"}, "gamelabel needs Python 3.11 or newer with the venv module"),
        ({"NO_VENV": "1"}, "No virtual environment could be made in"),
        (
            {"FAILS": "1", "SAID": "OSError: [Errno 28] No space left on device"},
            "The disk is full: free about 4 GB",
        ),
        (
            {"FAILS": "1", "SAID": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"},
            "A download does not match its hash",
        ),
        (
            {"FAILS": "1", "SAID": "Retrying after connection broken by NewConnectionError"},
            "The package index cannot be reached",
        ),
        (
            {"FAILS": "1", "SAID": "Temporary failure in name resolution"},
            "The package index cannot be reached",
        ),
        (
            {"FAILS": "1", "SAID": "ERROR: No matching distribution found for torch==2.13.0"},
            "The package index has no torch==2.13.0 for Python 3.12.1",
        ),
        (
            {"FAILS": "1", "SAID": "something else"},
            "The installation failed; .venv/install.log says why.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    clone: Path, environment: dict[str, str], sentence: str
) -> None:
    code, said, _ = set_up(clone, **environment)
    assert code == 1
    assert said.startswith(sentence) and "\n" not in said
    assert len(set_up(clone)[2]) == 3, "the next call tries again"
