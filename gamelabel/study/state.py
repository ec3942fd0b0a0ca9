"""What a step's results rest on, and whether they still stand: the parts compared, the first difference in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gamelabel.files import sha256_text, write_text
from gamelabel.sources import is_available, sources
from gamelabel.study.hashes import Hashes
from gamelabel.study.imports import modules, text_of
from gamelabel.study.profiles import FOLDERS, Profile
from gamelabel.study.steps import Step, Study, parents

NEVER = "has not run yet"
NOT_THERE = "skipped: its notebook is not there"
NOT_ASKED = "skipped: not asked for"


@dataclass(frozen=True)
class Watch:
    """Reads what steps rest on and leave, for one profile."""

    study: Study
    profile: Profile
    hashes: Hashes

    def parts(self, step: Step) -> dict[str, str]:
        """All that a step's results rest on, what -> its hash or value."""
        study, hashes = self.study, self.hashes
        parts = {"its notebook": sha256_text(text_of(study.notebook(step)))}
        parts["the lock"] = hashes.of(study.root / "requirements.lock")
        code = modules(study.notebook(step))
        parts |= {name: hashes.file(path) for name, path in code.items()}
        if "gamelabel.sources" in code:
            parts["the outside data at hand"] = _at_hand()
        for name, value in self.profile.steps[step.name].items():
            if name not in FOLDERS:
                parts[f"parameter {name}"] = json.dumps(value)
        return {**parts, **self.inputs(step)}

    def inputs(self, step: Step) -> dict[str, str]:
        """What a step reads of the project and of other steps, path in the project -> sha256, or `missing`.

        A file or folder that a parameter names, such as a model, is read too.
        """
        there = {s.name for s in self.study.there()}
        records = [s.records for s in self.study.steps if s.name in step.after and s.name in there]
        paths = [self.study.root / name for name in step.project]
        paths += [self.study.run_dir / name.rstrip("?") for name in (*step.inputs, *records)]
        given = {
            k: v
            for k, v in self.profile.steps[step.name].items()
            if k not in FOLDERS and isinstance(v, str) and v
        }
        paths += [place for text in given.values() if _exists(place := self.study.notebooks / text)]
        return {self.study.relative(path): self.hashes.of(path) for path in paths}

    def outputs(self, step: Step) -> dict[str, str]:
        """What a step left, path in the project -> sha256: tables, pictures, what it recorded, figures."""
        study = self.study
        places = {study.run_dir / name.rstrip("?"): name.endswith("?") for name in step.outputs}
        paths = [place for place, perhaps in places.items() if place.exists() or not perhaps]
        paths += [p for p in [study.run_dir / step.records] if p.exists()]
        kept = records(study, step)
        paths += [study.report_dir / "figures" / f"{name}.png" for name in kept["figures"]]
        paths += [study.report_dir / "tables" / f"{name}.csv" for name in kept["tables"]]
        return {study.relative(path): self.hashes.of(path) for path in paths}

    def list_folders(self, step: Step) -> None:
        """Write beside each folder that a step leaves the sha256 of its files, in the form of `sha256sum`."""
        for name in step.outputs:
            folder = self.study.run_dir / name.rstrip("?")
            if folder.is_dir():
                write_text(listing(folder), self.hashes.listing(folder))

    def missing(self, step: Step) -> str:
        """Why a step cannot run: an input that is not there, and who makes it; empty where it can."""
        for name in step.inputs:
            if not name.endswith("?") and not (self.study.run_dir / name).exists():
                maker = next(
                    (s for s in parents(step, self.study.steps) if name in s.outputs), None
                )
                if maker is None or maker in self.study.there():
                    return f"needs {name}" + (
                        f", which {maker.name} makes: run that first" if maker else ""
                    )
                return f"needs {name}, which {maker.name} makes, and that notebook is not there"
        return ""

    def changed(self, step: Step, kept: dict[str, Any]) -> str:
        """What has changed since a step ran, in words; empty where its results still stand."""
        if not kept:
            return NEVER
        before, now = kept["parts"], self.parts(step)
        for name in {**now, **before}:
            if before.get(name) != now.get(name):
                if name.startswith("parameter ") and name in before and name in now:
                    return f"{name} changed from {before[name]} to {now[name]}"
                return f"{name} changed"
        outputs = self.outputs(step)
        for name, sha in kept["outputs"].items():
            if outputs.get(name) != sha:
                return f"{name} {'is missing' if outputs.get(name, 'missing') == 'missing' else 'was altered'}"
        if not self.study.executed(step).exists():
            return f"{self.study.relative(self.study.executed(step))} is missing"
        return ""


@cache
def _at_hand() -> str:
    """Which outside sets are here; what is in them is held by their checksums."""
    return " ".join(key for key in sources() if is_available(key))


def _exists(path: Path) -> bool:
    """Whether a parameter's text names a file or folder; a text that cannot be a path does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def listing(folder: Path) -> Path:
    """Where the sha256 of a folder's files stand."""
    return folder.with_name(f"{folder.name}.sha256")


def records(study: Study, step: Step) -> dict[str, Any]:
    """What a step's notebook recorded: metrics, figures, tables, label_source."""
    path = study.run_dir / step.records
    empty: dict[str, Any] = {"metrics": {}, "figures": {}, "tables": {}, "label_source": ""}
    return {**empty, **json.loads(path.read_text())} if path.exists() else empty
