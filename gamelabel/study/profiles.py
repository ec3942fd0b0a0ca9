"""Read a profile, a short YAML file, and give each notebook its parameters.

A setting at the top level applies to every notebook that has a parameter of that name; a setting
under a step's name applies to that step alone. `seed` is the root seed of the study,
`cell_minutes` how long a cell may show no sign of life, and `jobs` and `cluster` say where it is
computed, which changes no result. Names and types are checked.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from gamelabel.study.parameters import Parameter, Value, read_parameters
from gamelabel.study.steps import Study, find_root

CELL_MINUTES = Parameter("cell_minutes", 30.0, "how long a cell may show no sign of life, minutes")
SEED = Parameter("seed", 0, "the root seed of the study")
JOBS = Parameter("jobs", 1, "processes at once, count")
CLUSTER = Parameter("cluster", "", "the address of a Dask scheduler; empty for this machine alone")
_STUDY_SETTINGS = {setting.name: setting for setting in (CELL_MINUTES, SEED, JOBS, CLUSTER)}
FOLDERS = ("run_dir", "report_dir")  # set by the runner


@dataclass(frozen=True)
class Profile:
    """A profile as it applies to a study.

    Parameters
    ----------
    name : str
        The name of its file.
    about : str
        The comment at its top.
    seed : int
        The root seed.
    cell_minutes : float
        How long a cell may show no sign of life.
    jobs : int
        The number of processes at once.
    cluster : str
        The address of a Dask scheduler, if any.
    steps : dict
        The parameters of each step, defaults included.
    """

    name: str
    about: str
    seed: int
    cell_minutes: float
    jobs: int
    cluster: str
    steps: dict[str, dict[str, Value]]


def read_profile(study: Study, overrides: Sequence[str] = ()) -> Profile:
    """Read the profile of a study and apply overrides of the form NAME=VALUE.

    Raises
    ------
    ValueError
        If the profile, a step or a parameter is unknown (the message lists the known ones), or a
        value has the wrong type.
    """
    known = {step.name: read_parameters(study.notebook(step)) for step in study.runnable()}
    settings = _settings(_read_yaml(study), known, study)
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"-p {text}: write NAME=VALUE, for example -p seed=1")
        owners = _owners(name, known, study)
        for owner in owners:
            settings[owner][name] = owners[owner].read(value)

    study_settings = settings[""]
    steps = {}
    for step in study.runnable():
        if "seed" in known[step.name]:
            settings[step.name].setdefault("seed", study_settings["seed"])
        values = {
            name: settings[step.name].get(name, p.default) for name, p in known[step.name].items()
        }
        steps[step.name] = {**values, **_folders(study, known[step.name])}
    return Profile(study.profile, _about(study), **study_settings, steps=steps)


def check_named_files(study: Study, profile: Profile, selected: Collection[str]) -> None:
    """Raise FileNotFoundError if a parameter of one of these steps names a file that is missing."""
    for step in study.runnable():
        if step.name not in selected:
            continue
        for name, parameter in read_parameters(study.notebook(step)).items():
            value = profile.steps[step.name][name]
            path = None if name in FOLDERS else parameter.missing_file(value, study.notebooks)
            if path:
                raise FileNotFoundError(f"{name} names {path}, which does not exist: {parameter}")


def open_study(profile: str) -> Study:
    """Return the study of the project in which the user is.

    Raises
    ------
    ValueError
        If there is no project, or no profile of this name; the message lists the profiles.
    """
    study = Study(find_root(), profile)
    _profile_file(study)
    return study


def _profile_file(study: Study) -> Path:
    folder = study.notebooks / "profiles"
    path = folder / f"{study.profile}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in folder.glob("*.yaml"))) or "none"
        raise ValueError(
            f"there is no profile {study.profile!r}; the profiles in {folder} are {names}"
        )
    return path


def _read_yaml(study: Study) -> Mapping[str, Any]:
    path = _profile_file(study)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must contain lines of the form `name: value`")
    return content


def _about(study: Study) -> str:
    """Return the comment at the top of a profile."""
    lines = (
        (study.notebooks / "profiles" / f"{study.profile}.yaml")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    return " ".join(
        line.lstrip("# ") for line in itertools.takewhile(lambda line: line.startswith("#"), lines)
    )


def _settings(
    content: Mapping[str, Any], known: Mapping[str, Mapping[str, Parameter]], study: Study
) -> dict[str, dict[str, Any]]:
    """Return the checked values by step; those of the study itself under the empty name."""
    settings: dict[str, dict[str, Any]] = {
        "": {p.name: p.default for p in _STUDY_SETTINGS.values()},
        **{s: {} for s in known},
    }
    step_names = [s.name for s in study.steps]
    of_steps: list[tuple[str, str, Any]] = []
    for key, value in content.items():
        if isinstance(value, dict) or key in step_names:
            if key not in step_names:
                names = ", ".join(step_names)
                raise ValueError(f"there is no step {key!r}; the steps are {names}")
            of_steps += [(key, name, setting) for name, setting in (value or {}).items()]
            continue
        for owner, parameter in _owners(key, known, study).items():
            settings[owner][key] = parameter.check(value)
    for step, name, value in of_steps:  # they override the top level
        if step in known:  # the parameters of a step without a notebook are unknown
            if name not in known[step] or name in FOLDERS:
                raise ValueError(f"{step} has no parameter {name!r}; it has\n{_list(known[step])}")
            settings[step][name] = known[step][name].check(value)
    return settings


def _owners(
    name: str, known: Mapping[str, Mapping[str, Parameter]], study: Study
) -> dict[str, Parameter]:
    """Return who takes a setting of this name: steps, and the study under the empty name."""
    owners = {step: p[name] for step, p in known.items() if name in p}
    if name in _STUDY_SETTINGS:
        owners[""] = _STUDY_SETTINGS[name]
    if not owners or name in FOLDERS:
        raise ValueError(
            f"there is no parameter {name!r}; {_similar(name, known)}\nThe cell tagged "
            f"`parameters` of each notebook in {study.notebooks} says what its parameters are"
        )
    return owners


def _similar(name: str, known: Mapping[str, Mapping[str, Parameter]]) -> str:
    """Return the parameters whose names resemble a name, or the names of all."""
    everywhere = {"the study": _STUDY_SETTINGS, **known}
    names = {name: None for of_step in everywhere.values() for name in of_step}
    names = {name: None for name in names if name not in FOLDERS}
    similar = get_close_matches(name, names)
    if not similar:
        return f"the parameters are {', '.join(names)}"
    steps_by_line: dict[str, list[str]] = {}
    for other in similar:
        for step, parameters in everywhere.items():
            if other in parameters:
                steps_by_line.setdefault(str(parameters[other]), []).append(step)
    lines = [f"  {line} ({', '.join(steps)})" for line, steps in steps_by_line.items()]
    return "\n".join(["did you mean", *lines])


def _list(known: Mapping[str, Parameter]) -> str:
    return "\n".join(f"  {p}" for name, p in known.items() if name not in FOLDERS)


def _folders(study: Study, known: Mapping[str, Parameter]) -> dict[str, Value]:
    """Return the folders that the runner sets, relative to the folder of the notebooks."""
    folders = {"run_dir": study.run_dir, "report_dir": study.report_dir}
    values = {
        name: os.path.relpath(path, study.notebooks).replace(os.sep, "/")
        for name, path in folders.items()
    }
    return {name: value for name, value in values.items() if name in known}
