"""Where every file of a run came from: `manifest.json`, and the check of the files against it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.study.hashes import Hashes
from gamelabel.study.runner import Result
from gamelabel.study.state import listing
from gamelabel.study.steps import Study

SCHEMA = 1


def build(result: Result) -> dict[str, Any]:
    """The manifest of a run, as DESIGN says: the code, the machine, the profile, and each step's provenance.

    A step that did not run this time keeps the provenance of the run that its files come from.
    """
    study = result.watch.study
    steps = {}
    for step in study.steps:
        kept = result.kept.get(step.name, {})
        steps[step.name] = {
            "notebook": study.relative(study.notebook(step)),
            "parameters": kept.get("parameters", result.profile.steps.get(step.name, {})),
            "inputs": {
                path: sha for path, sha in kept.get("inputs", {}).items() if sha != "missing"
            },
            "outputs": kept.get("outputs", {}),
            "seconds": kept.get("seconds"),
            "status": result.status[step.name],
            "label_source": kept.get("label_source", ""),
        }
    lock = study.root / "requirements.lock"
    return {
        "schema_version": SCHEMA,
        "git": git(study.root),
        "lock": result.watch.hashes.file(lock) if lock.exists() else None,
        "platform": machine(),
        "profile": result.profile.name,
        "parameters": {"seed": result.profile.seed, "cell_minutes": result.profile.cell_minutes},
        "seed": result.profile.seed,
        "steps": steps,
    }


def write(study: Study, manifest: dict[str, Any]) -> None:
    """Write the manifest into the report."""
    write_text(study.report_dir / "manifest.json", json.dumps(manifest, indent=1) + "\n")


def read(study: Study) -> dict[str, Any]:
    """The manifest of the last run. Raises ValueError where there is none."""
    path = study.report_dir / "manifest.json"
    if not path.exists():
        raise ValueError(f"{path} is not there: gamelabel run --profile {study.profile} writes it")
    return json.loads(path.read_text())


def verify(study: Study) -> tuple[int, list[str]]:
    """Hash every artifact anew: how many there are, and one sentence for each that differs from the manifest."""
    wrong: list[str] = []
    hashes, seen = Hashes(), set()
    for name, step in read(study)["steps"].items():
        for path, sha in {**step["inputs"], **step["outputs"]}.items():
            if path in seen:
                continue
            seen.add(path)
            now = hashes.of(study.root / path)
            if now == "missing":
                wrong.append(f"{path} is missing ({name})")
            elif now != sha:
                wrong += [f"{line} ({name})" for line in _inside(study.root / path, path, hashes)]
    return len(seen), wrong


def _inside(place: Path, path: str, hashes: Hashes) -> list[str]:
    """Which files of a folder differ, by the listing that its step left; a file is itself."""
    if not place.is_dir() or not listing(place).exists():
        return [f"{path} differs"]
    before, now = (_pairs(text) for text in (listing(place).read_text(), hashes.listing(place)))
    words = {True: "differs", False: "is missing"}
    lines = [
        f"{path}/{file} {words[file in now]}"
        for file, sha in before.items()
        if now.get(file) != sha
    ]
    return lines + [f"{path}/{file} is not of this run" for file in now if file not in before] or [
        f"{path} differs"
    ]


def _pairs(text: str) -> dict[str, str]:
    return {name: sha for sha, name in (line.split("  ", 1) for line in text.splitlines())}


def git(root: Path) -> dict[str, Any]:
    """The commit that is checked out and whether files were changed since; none where git cannot say."""
    try:
        commit = _ask(["git", "-C", str(root), "rev-parse", "HEAD"])
        return {
            "commit": commit,
            "dirty": bool(_ask(["git", "-C", str(root), "status", "--porcelain"])),
        }
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def machine() -> dict[str, Any]:
    """The machine as far as results can depend on it."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "gpu": gpu(),
    }


def gpu() -> str | None:
    """The first GPU's name and memory as nvidia-smi says; none without one."""
    if not shutil.which("nvidia-smi"):
        return None
    try:
        names = _ask(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    except (OSError, subprocess.SubprocessError):
        return None
    return names.splitlines()[0] if names else None


def _ask(command: list[str]) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()
