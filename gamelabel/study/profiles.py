"""A profile, a short YAML file -> the parameters of every notebook, strict in names and types.

Settings stand at the top level and go to every notebook that has a parameter of that name; those under a step's name
go to that step alone. `seed` is the study's root seed, `cell_minutes` how long one cell may take.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from gamelabel.study.parameters import Parameter, Value, parameters
from gamelabel.study.steps import Step, Study

CELL_MINUTES = Parameter("cell_minutes", 30.0, "how long one cell may take, minutes")
SEED = Parameter("seed", 0, "the study's root seed")
_OWN = {setting.name: setting for setting in (CELL_MINUTES, SEED)}
FOLDERS = ("run_dir", "report_dir")  # given by the runner


@dataclass(frozen=True)
class Profile:
    """What a profile comes to: its own words about itself, seed, limit, and each step's parameters with defaults."""

    name: str
    about: str
    seed: int
    cell_minutes: float
    steps: dict[str, dict[str, Value]]


def profile(study: Study, overrides: Sequence[str] = ()) -> Profile:
    """Read the study's profile and put `NAME=VALUE` overrides on top.

    Raises ValueError, with what is known, for an unknown profile, step or parameter and for a value of the wrong type.
    """
    known = {step.name: parameters(study.notebook(step)) for step in study.there()}
    settings = _settings(_read(study), known, study.steps)
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"-p {text}: write NAME=VALUE, such as -p seed=1")
        owners = _owners(name, known)
        for owner in owners:
            settings[owner][name] = owners[owner].read(value)

    own = settings[""]
    steps = {}
    for step in study.there():
        if "seed" in known[step.name]:
            settings[step.name].setdefault("seed", own["seed"])
        values = {
            name: settings[step.name].get(name, p.default) for name, p in known[step.name].items()
        }
        steps[step.name] = {**values, **_given(study, known[step.name])}
    return Profile(study.profile, _about(study), own["seed"], own["cell_minutes"], steps)


def _read(study: Study) -> Mapping[str, Any]:
    folder = study.notebooks / "profiles"
    path = folder / f"{study.profile}.yaml"
    if not path.exists():
        names = ", ".join(sorted(p.stem for p in folder.glob("*.yaml"))) or "none"
        raise ValueError(f"there is no profile {study.profile!r}; in {folder} there are: {names}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold lines of the form `name: value`")
    return content


def _about(study: Study) -> str:
    """The comment that a profile opens with."""
    lines = (
        (study.notebooks / "profiles" / f"{study.profile}.yaml")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    return " ".join(
        line.lstrip("# ") for line in itertools.takewhile(lambda line: line.startswith("#"), lines)
    )


def _settings(
    content: Mapping[str, Any], known: Mapping[str, Mapping[str, Parameter]], steps: Sequence[Step]
) -> dict[str, dict[str, Any]]:
    """The profile's values by step, the study's own under the empty name, each checked."""
    settings: dict[str, dict[str, Any]] = {
        "": {p.name: p.default for p in _OWN.values()},
        **{s: {} for s in known},
    }
    apart: list[tuple[str, str, Any]] = []
    for key, value in content.items():
        if isinstance(value, dict) or key in {s.name for s in steps}:
            if key not in {s.name for s in steps}:
                raise ValueError(
                    f"there is no step {key!r}; the steps are {', '.join(s.name for s in steps)}"
                )
            apart += [(key, name, setting) for name, setting in (value or {}).items()]
            continue
        for owner, parameter in _owners(key, known).items():
            settings[owner][key] = parameter.check(value)
    for step, name, value in apart:  # a step's own line wins
        if step in known:  # without its notebook nothing is known of a step
            if name not in known[step] or name in FOLDERS:
                raise ValueError(f"{step} has no parameter {name!r}; it has\n{_list(known[step])}")
            settings[step][name] = known[step][name].check(value)
    return settings


def _owners(name: str, known: Mapping[str, Mapping[str, Parameter]]) -> dict[str, Parameter]:
    """Who takes a setting of this name: steps, and the study itself under the empty name."""
    owners = {step: p[name] for step, p in known.items() if name in p}
    if name in _OWN:
        owners[""] = _OWN[name]
    if not owners or name in FOLDERS:
        lists = "\n".join(
            f"{step}\n{_list(p)}" for step, p in {"the study": _OWN, **known}.items() if p
        )
        raise ValueError(f"there is no parameter {name!r}; known are, in\n{lists}")
    return owners


def _list(known: Mapping[str, Parameter]) -> str:
    return "\n".join(f"  {p}" for name, p in known.items() if name not in FOLDERS)


def _given(study: Study, known: Mapping[str, Parameter]) -> dict[str, Value]:
    """What the runner itself gives a notebook that asks for it; folders as seen from the notebooks' folder."""
    folders = {"run_dir": study.run_dir, "report_dir": study.report_dir}
    given = {
        name: os.path.relpath(path, study.notebooks).replace(os.sep, "/")
        for name, path in folders.items()
    }
    return {name: value for name, value in given.items() if name in known}
