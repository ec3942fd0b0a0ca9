"""Where every file of a run came from: `manifest.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.study.provenance import git_state, machine_state
from gamelabel.study.run_result import RunResult
from gamelabel.study.steps import Study
from gamelabel.study.tracker import reported_files

SCHEMA_VERSION = 2  # 2: `files`, and of each step `git`, `stands`
MANIFEST = "manifest.json"
_PAGES = ("index.html", "report.pdf", "claims.json", "metrics.json")


def build_manifest(result: RunResult) -> dict[str, Any]:
    """Return the manifest of a run: the code, the machine, the profile, each step's provenance.

    A step that did not run this time keeps the provenance of the run that made its files. `files`
    is to be added when they are written; see `report_files`.
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
            "outputs": _outputs(result, step.name),
            "seconds": last.get("seconds"),
            "status": result.status[step.name],
            "stands": result.is_valid(step.name),
            "git": last.get("git"),
            "label_source": last.get("label_source", ""),
        }
    lock = study.root / "requirements.lock"
    return {
        "schema_version": SCHEMA_VERSION,
        "git": git_state(study.root),
        "lock": tracker.hashes.file(lock) if lock.exists() else None,
        "platform": machine_state(),
        "profile": profile.name,
        "parameters": {"seed": profile.seed, "cell_minutes": profile.cell_minutes},
        "seed": profile.seed,
        "steps": steps,
    }


def _outputs(result: RunResult, name: str) -> dict[str, str]:
    """Return the outputs of a step; those in the report only if its results stand."""
    study = result.tracker.study
    outputs: dict[str, str] = result.history.get(name, {}).get("outputs", {})
    if result.is_valid(name):
        return outputs
    report = f"{study.relative(study.report_dir)}/"
    return {path: sha for path, sha in outputs.items() if not path.startswith(report)}


def report_files(result: RunResult) -> dict[str, str]:
    """Return each file of a run's report besides the manifest: its path in it -> sha256.

    These are the pages, the numbers and the claims, the executed notebooks, and the figures and
    tables of the steps whose results the report shows.
    """
    study, hashes = result.tracker.study, result.tracker.hashes
    names = [*_PAGES]
    for step in study.runnable():
        names += [f"notebooks/{step.name}{suffix}" for suffix in (".ipynb", ".html")]
        if result.is_valid(step.name):
            reported = reported_files(study, step)
            names += [path.relative_to(study.report_dir).as_posix() for path in reported]
    paths = {name: study.report_dir / name for name in sorted(names)}
    return {name: hashes.file(path) for name, path in paths.items() if path.exists()}


def write_manifest(study: Study, manifest: dict[str, Any]) -> None:
    """Write `manifest.json` in the report of a study."""
    write_text(study.report_dir / MANIFEST, json.dumps(manifest, indent=1) + "\n")


def read_manifest(study: Study) -> dict[str, Any]:
    """Return the manifest of the last run of a study; see `load_manifest`."""
    return load_manifest(study.report_dir)


def load_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest in the folder of a report.

    Raises
    ------
    ValueError
        If there is none, or it is not the manifest of a run.
    """
    path = folder / MANIFEST
    if not path.exists():
        raise ValueError(f"{path} not found: gamelabel run --profile {folder.name} writes it")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): run the study again") from None
    if not isinstance(manifest, dict) or "steps" not in manifest:
        raise ValueError(f"{path} is not the manifest of a run: run the study again")
    return manifest
