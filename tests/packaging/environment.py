"""Render environment.yml, for users of conda, from pyproject.toml and requirements.lock.

Run `python tests/packaging/environment.py` after the lock has changed.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

TEMPLATE = """\
# Rendered from pyproject.toml and requirements.lock by tests/packaging/environment.py; do not edit.
# conda env create -f environment.yml
name: gamelabel
channels:
  - conda-forge
dependencies:
  - python>=3.11,<3.14
  - pip
  - pip:
{pins}
      - -e .
"""


def torch() -> Requirement:
    """Return the exact version of torch, which is installed separately and not in the lock."""
    (constraint,) = PYPROJECT["tool"]["uv"]["constraint-dependencies"]
    return Requirement(constraint)


def locked() -> list[Requirement]:
    """Return every requirement of the lock without its hashes."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [Requirement(line.removesuffix(" \\")) for line in lines if line[:1].isalnum()]


def render() -> str:
    """Return the text of environment.yml."""
    return TEMPLATE.format(pins="\n".join(f"      - {pin}" for pin in [torch(), *locked()]))


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(render())
