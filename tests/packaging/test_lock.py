"""The lock pins every dependency, and environment.yml and the citation agree with it."""

import re

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.environment import PYPROJECT, ROOT, locked, render, torch

PROJECT = PYPROJECT["project"]
GROUPS = [
    PROJECT["dependencies"],
    *PROJECT["optional-dependencies"].values(),
    PYPROJECT["build-system"]["requires"],
]
REQUIRED = sorted({line for group in GROUPS for line in group if not line.startswith("gamelabel[")})
PINS = {canonicalize_name(pin.name): pin for pin in [torch(), *locked()]}
LOCK = (ROOT / "requirements.lock").read_text()


@pytest.mark.parametrize("line", REQUIRED)
def test_every_dependency_is_locked_at_a_version_it_allows(line: str) -> None:
    required = Requirement(line)
    (pin,) = PINS[canonicalize_name(required.name)].specifier
    assert pin.operator == "=="
    assert required.specifier.contains(pin.version)


def test_every_pin_has_a_hash_and_no_line_names_an_index() -> None:
    pins = re.findall(
        r"^[a-z0-9].*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+", LOCK, flags=re.MULTILINE
    )
    assert len(pins) == len(locked())
    assert "://" not in LOCK


def test_torch_and_its_gpu_libraries_are_not_in_the_lock() -> None:
    assert not [pin.name for pin in locked() if re.match(r"torch$|triton$|nvidia-|cuda-", pin.name)]


def test_environment_yml_is_the_rendered_lock() -> None:
    text = (ROOT / "environment.yml").read_text()
    assert text == render(), "run: python tests/packaging/environment.py"
    assert yaml.safe_load(text)["dependencies"][0].startswith("python>=3.11")


def test_the_citation_names_this_version() -> None:
    init = (ROOT / "gamelabel" / "__init__.py").read_text()
    version = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]
    assert f'__version__ = "{version}"' in init


def test_the_core_and_the_service_are_light() -> None:
    """The core and the service need no torch and no Jupyter; `all` names every other extra."""
    extras = PROJECT["optional-dependencies"]
    heavy = {"torch", "diffusers", "transformers", "jupyterlab", "papermill", "datasets"}
    for group in (PROJECT["dependencies"], extras["service"]):
        assert not heavy & {canonicalize_name(Requirement(line).name) for line in group}
    assert extras["study"][0] == "gamelabel[models]"
    assert Requirement(*extras["all"]).extras == set(extras) - {"all"}
