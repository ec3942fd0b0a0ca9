"""Notebooks run alone: their code cells as one program, in a folder of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from gamelabel.report.write import write_report
from gamelabel.study.runner import run_study
from gamelabel.study.steps import Study
from tests.study.real import real_study

ROOT = Path(__file__).parents[2]
# Code that hides the data sets of this machine
NO_DATA = """
import os
from gamelabel import sources
os.environ.pop("GAMELABEL_DATA", None)
sources.SHARED_DATA = sources.DATA_CACHE = sources.ROOT / "nowhere"
"""


class NotebookRun(NamedTuple):
    """What a notebook printed and recorded."""

    output: str
    metrics: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, Any]]
    tables: dict[str, dict[str, Any]]


RunNotebook = Callable[..., NotebookRun]


@pytest.fixture
def run_notebook(tmp_path: Path) -> RunNotebook:
    """Return a function that runs a notebook with `tmp_path / "run"` and `tmp_path / "report"`.

    It takes the notebook's name, code that runs first (`before`) and the notebook's parameters.
    """

    def run(name: str, before: str = "", **parameters: object) -> NotebookRun:
        path = ROOT / f"notebooks/{name}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        defaults, *code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        values = {"run_dir": "run", "report_dir": "report", **parameters}
        changed = [f"{parameter} = {value!r}" for parameter, value in values.items()]
        program = tmp_path / "notebook.py"
        program.write_text("\n".join([before, defaults, *changed, *code]), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
        environment["JPY_SESSION_NAME"] = path.name
        finished = subprocess.run(
            [sys.executable, program.name],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert finished.returncode == 0, finished.stderr
        records = json.loads((tmp_path / f"run/records/{name}.json").read_text(encoding="utf-8"))
        return NotebookRun(
            finished.stdout, records["metrics"], records["figures"], records["tables"]
        )

    return run


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return a study that has run once, with its report; all test processes share it: copy it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / "finished_study"
    with FileLock(base / "finished_study.lock"):
        study = Study(folder, "smoke")
        if not (study.report_dir / "index.html").exists():
            shutil.rmtree(folder, ignore_errors=True)
            result = run_study(real_study(folder))
            assert result.complete
            write_report(result)
    return study


def copy_study(study: Study, folder: Path) -> Study:
    """Copy a study with all that it has computed, which then stands."""
    shutil.copytree(study.root, folder, symlinks=True)
    return Study(folder, study.profile)
