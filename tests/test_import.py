import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
NO_TORCH = next(
    contract["source_modules"]
    for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
    if contract["type"] == "forbidden"
)


@pytest.mark.parametrize("module", ["gamelabel", "gamelabel.cli", *NO_TORCH])
def test_importing_loads_no_torch(module: str) -> None:
    """The import rules read the source; this sees what Python loads, parent packages included."""
    code = f"import sys, {module}; print('torch' in sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "False"
