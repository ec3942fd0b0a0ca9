"""A notebook opened before the notebooks that it builds on says in a sentence which to run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gamelabel.study.steps import STEPS, parents
from tests.study.conftest import ROOT

NEEDY = [step for step in STEPS if step.inputs and step.name != "10_figures"]


@pytest.mark.slow
@pytest.mark.parametrize("step", NEEDY, ids=lambda step: step.name)
def test_a_notebook_without_a_run_names_the_notebook_to_run_first(step, tmp_path: Path) -> None:
    cells = json.loads((ROOT / f"notebooks/{step.name}.ipynb").read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/models").symlink_to(ROOT / "data/models")
    program = tmp_path / "notebooks" / "notebook.py"
    program.write_text("\n".join(code), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    finished = subprocess.run(
        [sys.executable, program.name],
        cwd=program.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    sentence = finished.stderr.splitlines()[-1]
    first = [parent.name for parent in parents(step, STEPS)]
    assert finished.returncode == 1
    assert sentence.startswith(f"FileNotFoundError: {tmp_path}")
    assert any(sentence.endswith(f"run notebooks/{name}.ipynb first") for name in first), sentence
