"""Run the cells of a notebook as one program in a temporary folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(name: str, folder: Path, before: str = "", **parameters: object) -> tuple[str, dict]:
    """Run a notebook; return its output and the metrics that it recorded.

    Parameters
    ----------
    name : str
        Name of the notebook, such as "03_labels".
    folder : Path
        Working directory; `run` and `report` in it are the folders of the run and the report.
    before : str
        Code that runs before the notebook.
    **parameters
        Values of the notebook's parameters.
    """
    cells = json.loads((ROOT / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assignments = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
    program = folder / "notebook.py"
    program.write_text(
        "\n".join(
            [before, code[0], f"run_dir, report_dir = 'run', 'report'\n{assignments}", *code[1:]]
        )
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "agg",
        "JPY_SESSION_NAME": f"{name}.ipynb",
    }
    process = subprocess.run(
        [sys.executable, program.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    records = folder / f"run/records/{name}.json"
    return process.stdout, json.loads(records.read_text())["metrics"] if records.exists() else {}
