"""The set-up of a fresh clone, with fake Python and pip: its steps, and its error messages."""

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
  "-m venv"*)
    [[ "${NO_VENV:-}" == "" ]] || exit 1
    rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  "-m pip"*) echo "$*" >>calls; printf '%s\\n' "${PIP_OUTPUT:-}"; exit "${PIP_STATUS:-0}" ;;
  "-c import tomllib"*) echo "torch==2.13.0" ;;
  -) cat requirements.lock ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project folder with the real set-up script, and fake Pythons that record their calls."""
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
    """Run the set-up; return its status, its error message and the calls of pip."""
    (clone / "calls").unlink(missing_ok=True)
    process = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "source .ci/setup.sh"],
        cwd=clone,
        env={"PATH": f"{clone}/pythons:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
    )
    calls = (clone / "calls").read_text().splitlines() if (clone / "calls").exists() else []
    return process.returncode, process.stderr.strip(), calls


def test_torch_first_then_the_lock_with_hashes_then_the_project(clone: Path) -> None:
    code, message, calls = set_up(clone)
    assert (code, message) == (0, "")
    assert [call.partition("--progress-bar off ")[2] for call in calls] == [
        "torch==2.13.0",
        "--no-deps --require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation --editable .",
    ]


def test_it_shows_what_it_installs(clone: Path) -> None:
    """Every tenth line that says something; all of them are in the log."""
    output = "\n".join(f"Collecting package{k}==1 (from -r lock)\n  noise {k}" for k in range(21))
    process = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "source .ci/setup.sh"],
        cwd=clone,
        env={"PATH": f"{clone}/pythons:/usr/bin:/bin", "PIP_OUTPUT": output},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = process.stdout.splitlines()
    packages = [f"  Collecting package{k}==1" for k in (0, 10, 20)]
    assert shown[1:6] == ["1 of 3: torch==2.13.0", *packages, shown[5]]
    assert shown[5].startswith("2 of 3")
    assert (clone / ".venv" / "install.log").read_text().count("noise") == 3 * 21


def test_only_a_changed_lock_installs_again(clone: Path) -> None:
    assert len(set_up(clone)[2]) == 3
    assert set_up(clone)[2] == []
    (clone / "requirements.lock").write_text("another\n")
    assert len(set_up(clone)[2]) == 3


def test_a_moved_folder_is_set_up_again(
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
            {"PIP_STATUS": "1", "PIP_OUTPUT": "OSError: [Errno 28] No space left on device"},
            "The disk is full: free about 4 GB",
        ),
        (
            {"PIP_STATUS": "1", "PIP_OUTPUT": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"},
            "A download does not match its hash",
        ),
        (
            {
                "PIP_STATUS": "1",
                "PIP_OUTPUT": "Retrying after connection broken by NewConnectionError",
            },
            "The package index cannot be reached",
        ),
        (
            {"PIP_STATUS": "1", "PIP_OUTPUT": "Temporary failure in name resolution"},
            "The package index cannot be reached",
        ),
        (
            {
                "PIP_STATUS": "1",
                "PIP_OUTPUT": "ERROR: No matching distribution found for torch==2.13.0",
            },
            "The package index has no torch==2.13.0 for Python 3.12.1",
        ),
        (
            {"PIP_STATUS": "1", "PIP_OUTPUT": "something else"},
            "The installation failed; .venv/install.log says why.",
        ),
    ],
)
def test_errors_are_one_sentence(clone: Path, environment: dict[str, str], sentence: str) -> None:
    code, message, _ = set_up(clone, **environment)
    assert code == 1
    assert message.startswith(sentence) and "\n" not in message
    assert len(set_up(clone)[2]) == 3, "the next call tries again"
