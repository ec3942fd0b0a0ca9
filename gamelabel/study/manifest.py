"""Where every file of a run came from: write `manifest.json`, and check the files against it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.study.hashes import MISSING, Hashes
from gamelabel.study.run_result import RunResult
from gamelabel.study.steps import Study
from gamelabel.study.tracker import listing_path

SCHEMA_VERSION = 1


def build_manifest(result: RunResult) -> dict[str, Any]:
    """Return the manifest of a run: the code, the machine, the profile, each step's provenance.

    A step that did not run this time keeps the provenance of the run that made its files.
    """
    tracker = result.tracker
    study, profile = tracker.study, tracker.profile
    steps = {}
    for step in study.steps:
        last = result.history.get(step.name, {})
        steps[step.name] = {
            "notebook": study.relative(study.notebook(step)),
            "chapter": step.chapter,
            "parameters": last.get("parameters", profile.steps.get(step.name, {})),
            "inputs": last.get("inputs", {}),
            "outputs": last.get("outputs", {}),
            "seconds": last.get("seconds"),
            "status": result.status[step.name],
            "label_source": last.get("label_source", ""),
        }
    lock = study.root / "requirements.lock"
    return {
        "schema_version": SCHEMA_VERSION,
        "git": _git(study.root),
        "lock": tracker.hashes.file(lock) if lock.exists() else None,
        "platform": _machine(),
        "profile": profile.name,
        "parameters": {"seed": profile.seed, "cell_minutes": profile.cell_minutes},
        "seed": profile.seed,
        "steps": steps,
    }


def write_manifest(study: Study, manifest: dict[str, Any]) -> None:
    """Write `manifest.json` in the report of a study."""
    write_text(study.report_dir / "manifest.json", json.dumps(manifest, indent=1) + "\n")


def read_manifest(study: Study) -> dict[str, Any]:
    """Return the manifest of the last run.

    Raises
    ------
    ValueError
        If there is none.
    """
    path = study.report_dir / "manifest.json"
    if not path.exists():
        raise ValueError(f"{path} not found: gamelabel run --profile {study.profile} writes it")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def verify_files(study: Study) -> tuple[int, list[str]]:
    """Hash every input and output of the last run again.

    Returns
    -------
    tuple of int and list of str
        The number of files and folders, and a sentence for each that differs from the manifest.
    """
    problems: list[str] = []
    hashes, checked = Hashes(), set()
    for name, step in read_manifest(study)["steps"].items():
        for path, sha in {**step["inputs"], **step["outputs"]}.items():
            if path in checked:
                continue
            checked.add(path)
            now = hashes.digest(study.root / path)
            if now == MISSING:
                problems.append(f"{path} is missing ({name})")
            elif now != sha:
                lines = _differences(study.root / path, path, hashes)
                problems += [f"{line} ({name})" for line in lines]
    return len(checked), problems


def _differences(place: Path, path: str, hashes: Hashes) -> list[str]:
    """Return which files of a folder differ from the listing that its step wrote."""
    listing = listing_path(place)
    if not place.is_dir() or not listing.exists():
        return [f"{path} differs"]
    before = _parse_listing(listing.read_text(encoding="utf-8"))
    now = _parse_listing(hashes.listing(place))
    lines = []
    for file, sha in before.items():
        if file not in now:
            lines.append(f"{path}/{file} is missing")
        elif now[file] != sha:
            lines.append(f"{path}/{file} differs")
    lines += [f"{path}/{file} was not written by this run" for file in now if file not in before]
    return lines or [f"{path} differs"]


def _parse_listing(text: str) -> dict[str, str]:
    return {name: sha for sha, name in (line.split("  ", 1) for line in text.splitlines())}


def _git(root: Path) -> dict[str, Any]:
    """Return the current commit and whether files have changed since; None if git cannot tell."""
    try:
        commit = _output_of(["git", "-C", str(root), "rev-parse", "HEAD"])
        changes = _output_of(["git", "-C", str(root), "status", "--porcelain"])
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changes)}


def _machine() -> dict[str, Any]:
    """Return what results can depend on."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "gpu": gpu_name(),
    }


def gpu_name() -> str | None:
    """Return the name and memory of the first GPU in the words of nvidia-smi, if there is one."""
    if not shutil.which("nvidia-smi"):
        return None
    try:
        query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
        names = _output_of(query)
    except (OSError, subprocess.SubprocessError):
        return None
    return names.splitlines()[0] if names else None


def _output_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()
