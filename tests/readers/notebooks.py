"""Runs a notebook's cells as one program, in a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(name: str, folder: Path, before: str = "", **parameters: object) -> tuple[str, dict]:
    """The output and the records of a notebook, with `folder/run` for its run and `folder/report` for its report.

    before: code that runs first.
    """
    cells = json.loads((ROOT / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    given = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
    program = folder / "notebook.py"
    program.write_text(
        "\n".join([before, code[0], f"run_dir, report_dir = 'run', 'report'\n{given}", *code[1:]])
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "agg",
        "JPY_SESSION_NAME": f"{name}.ipynb",
    }
    done = subprocess.run(
        [sys.executable, program.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    records = folder / f"run/records/{name}.json"
    return done.stdout, json.loads(records.read_text())["metrics"] if records.exists() else {}
