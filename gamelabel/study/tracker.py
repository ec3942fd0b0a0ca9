"""Decide whether a step has to run: compare what its results depend on with the last run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gamelabel.files import sha256_text, write_text
from gamelabel.sources import is_available, sources
from gamelabel.study.dependencies import dependencies
from gamelabel.study.hashes import MISSING, Hashes
from gamelabel.study.notebook_cells import text_of
from gamelabel.study.profiles import FOLDERS, Profile
from gamelabel.study.steps import Step, Study, parents

NEVER_RUN = "has not run yet"


@dataclass(frozen=True)
class Tracker:
    """Reads what the steps of a study depend on and what they have written, for one profile."""

    study: Study
    profile: Profile
    hashes: Hashes

    def dependencies(self, step: Step) -> dict[str, str]:
        """Return everything that a step's results depend on: its name -> its hash or value."""
        notebook = self.study.notebook(step)
        code = dependencies(notebook, self.hashes)
        values = {
            "its notebook": sha256_text(text_of(notebook)),
            "requirements.lock": self.hashes.digest(self.study.root / "requirements.lock"),
        }
        values |= code
        if any(name.startswith("gamelabel.sources.") for name in code):
            values["the set of available data"] = _available_data()
        for name, value in self._tracked_parameters(step).items():
            values[f"parameter {name}"] = json.dumps(value)
        return values | self.inputs(step)

    def inputs(self, step: Step, parameters: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return the files that a step reads: path in the project -> sha256, or `MISSING`.

        A file or folder that a parameter names, such as a model, is an input too.

        Parameters
        ----------
        step : Step
            The step.
        parameters : mapping, optional
            Of another run than this one.
        """
        if parameters is None:
            parameters = self.profile.steps[step.name]
        study = self.study
        recorded = [s.records for s in study.runnable() if s.name in step.after]
        paths = [study.root / name for name in step.project]
        paths += [study.run_dir / name.rstrip("?") for name in (*step.inputs, *recorded)]
        values = _without_folders(parameters).values()
        texts = [text for text in values if text and isinstance(text, str)]
        paths += [study.notebooks / text for text in texts if _exists(study.notebooks / text)]
        return {study.relative(path): self.hashes.digest(path) for path in paths}

    def existing_inputs(
        self, step: Step, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """Return those `inputs` that exist: path in the project -> sha256."""
        inputs = self.inputs(step, parameters)
        return {path: sha for path, sha in inputs.items() if sha != MISSING}

    def outputs(self, step: Step) -> dict[str, str]:
        """Return the files that a step wrote: path in the project -> sha256, or `MISSING`.

        These are its tables and images, its records, and its figures and tables in the report.
        """
        study = self.study
        paths = []
        for name in step.outputs:
            path = study.run_dir / name.rstrip("?")
            if path.exists() or not name.endswith("?"):
                paths.append(path)
        if (study.run_dir / step.records).exists():
            paths.append(study.run_dir / step.records)
        places = {path: path for path in paths}
        for path in reported_files(study, step):
            kept = outdated_path(study, step, path)
            places[path] = kept if kept.exists() and not path.exists() else path
        return {study.relative(path): self.hashes.digest(place) for path, place in places.items()}

    def missing_outputs(self, step: Step) -> list[str]:
        """Return the outputs that a step must write and that do not exist."""
        required = [name for name in step.outputs if not name.endswith("?")]
        return [name for name in required if not (self.study.run_dir / name).exists()]

    def missing_input(self, step: Step) -> str:
        """Return why a step cannot run: an input that does not exist; empty if it can run."""
        for name in step.inputs:
            if name.endswith("?") or (self.study.run_dir / name).exists():
                continue
            makers = [s for s in parents(step, self.study.steps) if name in s.outputs]
            if not makers:
                return f"needs {name}"
            if makers[0] in self.study.runnable():
                return f"needs {name}: run {makers[0].name} first"
            return f"needs {name} of {makers[0].name}, whose notebook does not exist"
        return ""

    def change(self, step: Step, last: Mapping[str, Any]) -> str:
        """Return the first thing that has changed since a step ran, in words; empty if none.

        Parameters
        ----------
        step : Step
            The step.
        last : mapping
            What was kept of its last run: its `dependencies` and `outputs`; empty if none.
        """
        if not last:
            return NEVER_RUN
        before, now = last["dependencies"], self.dependencies(step)
        names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
        # what changed itself explains more than what is now used, or no longer
        for name in sorted(names, key=lambda name: name not in before or name not in now):
            if name.startswith("parameter ") and name in before and name in now:
                return f"{name} changed from {before[name]} to {now[name]}"
            return f"{name} changed"
        outputs = self.outputs(step)
        for name, sha in last["outputs"].items():
            if outputs.get(name, MISSING) == MISSING:
                return f"{name} is missing"
            if outputs[name] != sha:
                return f"{name} was modified"
        executed = self.study.executed(step)
        return "" if executed.exists() else f"{self.study.relative(executed)} is missing"

    def write_listings(self, step: Step) -> None:
        """Write beside each output folder of a step the sha256 of its files, as `sha256sum`."""
        for name in step.outputs:
            folder = self.study.run_dir / name.rstrip("?")
            if folder.is_dir():
                write_text(listing_path(folder), self.hashes.listing(folder))

    def _tracked_parameters(self, step: Step) -> dict[str, Any]:
        return _without_folders(self.profile.steps[step.name])


def _without_folders(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in FOLDERS}


@cache
def _available_data() -> str:
    """Return the names of the data sets found here; their content is fixed by checksums."""
    return " ".join(key for key in sources() if is_available(key))


def _exists(path: Path) -> bool:
    """Return whether a parameter's text names a file; a text that cannot be a path does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def listing_path(folder: Path) -> Path:
    """Return the file with the sha256 of each file of an output folder."""
    return folder.with_name(f"{folder.name}.sha256")


def reported_files(study: Study, step: Step) -> list[Path]:
    """Return the figures and tables of a step in the report, by its records."""
    records = read_records(study, step)
    paths = [study.report_dir / "figures" / f"{name}.png" for name in records["figures"]]
    return paths + [study.report_dir / "tables" / f"{name}.csv" for name in records["tables"]]


def outdated_path(study: Study, step: Step, path: Path | None = None) -> Path:
    """Return where a figure or table of a step is while its results do not stand.

    Without a path, this is the folder of all of them.
    """
    folder = study.run_dir / ".outdated" / step.name
    return folder if path is None else folder / path.relative_to(study.report_dir)


def read_records(study: Study, step: Step) -> dict[str, Any]:
    """Return what a step's notebook recorded: metrics, figures, tables and label_source."""
    path = study.run_dir / step.records
    empty: dict[str, Any] = {"metrics": {}, "figures": {}, "tables": {}, "label_source": ""}
    return {**empty, **json.loads(path.read_text(encoding="utf-8"))} if path.exists() else empty
