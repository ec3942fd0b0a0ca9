"""The API reference that `just docs` writes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.environment import ROOT


@pytest.mark.full
def test_the_reference_has_a_page_for_every_module(tmp_path: Path) -> None:
    (command,) = re.findall(r"^    (pdoc .*)$", (ROOT / "justfile").read_text(), re.MULTILINE)
    command = command.replace("docs/api", str(tmp_path))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    modules = {
        path.relative_to(ROOT).with_suffix(".html")
        for path in (ROOT / "gamelabel").rglob("*.py")
        if path.name != "__init__.py" and "migrations" not in path.parts
    }
    assert {page for page in modules if not (tmp_path / page).exists()} == set()
    alpha = tmp_path / "gamelabel" / "reliability" / "krippendorff_alpha.html"
    assert "Krippendorff" in alpha.read_text()
