"""The wheel in fresh environments: the light core alone, and with extras."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.packaging.environment import ROOT, locked, torch

pytestmark = pytest.mark.full

STATISTICS = """
import sys
import pandas as pd
from gamelabel.aggregation import aggregate
from gamelabel.reliability import alpha
labels = pd.DataFrame({"task": list("aabbcc"), "worker": list("xyxyxy")})
labels["label"] = [1, 1, 0, 1, 0, 0]
print(round(float(alpha(labels)), 4), *aggregate(labels, "dawid-skene").label)
assert not {"torch", "IPython", "datasets", "sqlalchemy"} & set(sys.modules)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Return the output of a command that sees neither this repository nor a model hub."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    process = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**environment, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, f"{command}\n{process.stdout}\n{process.stderr}"
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and write the versions of the lock as constraints beside it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    run(sys.executable, *build, cwd=folder)
    pins = [f"{pin.name}{pin.specifier}" for pin in [torch(), *locked()] if not pin.marker]
    (folder / "constraints.txt").write_text("\n".join(pins))
    return next(folder.glob("gamelabel-*.whl"))


def install(wheel: Path, folder: Path, extras: str) -> Path:
    """Install the wheel with extras in a fresh environment; return its `bin` folder."""
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    pip = (folder / "venv/bin/python", "-m", "pip", "--quiet", "install", "--no-compile")
    pip += ("--constraint", wheel.with_name("constraints.txt"))
    if "models" in extras:
        run(*pip, str(torch()), cwd=folder)
    run(*pip, f"gamelabel{extras} @ {wheel.as_uri()}", cwd=folder)
    return folder / "venv/bin"


def test_the_core_computes_statistics_without_torch_or_jupyter(wheel: Path, tmp_path: Path) -> None:
    programs = install(wheel, tmp_path, "")
    assert run(programs / "python", "-c", STATISTICS, cwd=tmp_path) == "0.4444 1 0 0\n"
    packages = run(programs / "python", "-m", "pip", "list", "--format=freeze", cwd=tmp_path)
    installed = {line.partition("==")[0].lower() for line in packages.splitlines()}
    assert not {"torch", "jupyterlab", "papermill", "diffusers", "datasets"} & installed
    assert "circle" in run(programs / "gamelabel", "world", "draw", "--help", cwd=tmp_path)
    assert "two red circles" in run(
        programs / "gamelabel", "world", "draw", "two red circles", "--n", "2", cwd=tmp_path
    )


def test_models_and_service_run_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    programs = install(wheel, tmp_path, "[models,service]")
    run(programs / "gamelabel", "world", "sample", "a red circle", "--n", "2", cwd=tmp_path)
    port = 28_413  # the players'; the operator's and the demo game's follow it
    demo = subprocess.Popen(
        [programs / "gamelabel", "serve", "--demo", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert b"<html" in fetch(f"http://127.0.0.1:{port + 2}/", demo)
        assert b"kid" in fetch(f"http://127.0.0.1:{port}/v1/keys", demo)
    finally:
        demo.terminate()
        demo.communicate(timeout=30)


def fetch(address: str, server: "subprocess.Popen[str]") -> bytes:
    """Return the page at an address, as soon as the server responds."""
    for _ in range(300):
        if server.poll() is not None:
            raise AssertionError(server.communicate()[0])
        try:
            return urllib.request.urlopen(address, timeout=5).read()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"{address} did not answer")
