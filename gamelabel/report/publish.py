"""Publish a finished run: copy its numbers, claims and figures to `reports/reference/`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from gamelabel.files import sha256, write_text
from gamelabel.report.gallery import render_gallery, render_results
from gamelabel.study.manifest import MANIFEST, read_manifest
from gamelabel.study.profiles import FOLDERS, read_profile
from gamelabel.study.run_result import CACHED, DONE, NO_NOTEBOOK, NOT_SELECTED, OTHER_CHAPTER
from gamelabel.study.runner import run_lock
from gamelabel.study.steps import REFERENCE, Study
from gamelabel.study.verification import verify_report

GALLERY = "README.md"
_NUMBERS = ("claims.json", "metrics.json")
_MOST_BYTES = 12_000_000  # of a file in the repository
_BEGIN, _END = "<!-- results of {}: `gamelabel publish` writes them -->", "<!-- end of results -->"


class Published(NamedTuple):
    """What was published.

    Parameters
    ----------
    folder : Path
        Where.
    sizes : dict
        The name of each file in it -> its size in bytes.
    readme : bool
        Whether the project's README shows results of this profile, which were replaced.
    """

    folder: Path
    sizes: dict[str, int]
    readme: bool


def publish(study: Study, allow_dirty: bool = False) -> Published:
    """Copy the report of a study's last run to `reports/reference/<profile>/`.

    The manifest, claims, metrics and figures are copied, and a gallery is written. What was
    published before under this name is replaced.

    Parameters
    ----------
    study : Study
        The study, each step of which must have been run to its end, in one run or several.
    allow_dirty : bool
        Whether files of the project may have changed since the commit of the run.

    Raises
    ------
    ValueError
        If the run is not complete, is active, had other parameters than the profile or changed
        files, its files are not those of its manifest, or a figure is too large.
    """
    manifest = read_manifest(study)
    with run_lock(study):
        _check_run(study, manifest, allow_dirty)
        target = study.root / "reports" / REFERENCE / study.profile
        with _replacing_folder(target) as folder:
            sizes = _copy(study, manifest, folder)
    readme = study.root / GALLERY
    return Published(target, sizes, replace_results(readme, study.profile, target))


def _check_run(study: Study, manifest: Mapping[str, Any], allow_dirty: bool) -> None:
    command = f"gamelabel run --profile {study.profile}"
    parameters = read_profile(study).steps
    for name, step in manifest["steps"].items():
        if step["status"] == NO_NOTEBOOK:
            continue
        if step["status"] not in (DONE, CACHED) and not _left_standing(step):
            raise ValueError(
                f"the run is not complete ({name} {step['status']}): {command} completes it"
            )
        for parameter, value in step["parameters"].items():
            expected = parameters.get(name, {}).get(parameter)
            if parameter not in FOLDERS and value != expected:
                raise ValueError(
                    f"{name} ran with {parameter}={value}, and the profile has {expected}:"
                    f" {command} without -p runs it again"
                )
    if not allow_dirty and (problem := _dirty(manifest)):
        raise ValueError(f"{problem}: commit and run again, or publish with --dirty")
    _, problems, _ = verify_report(study.report_dir, study.root)
    if problems:
        more = f" and {len(problems) - 1} more differences" if len(problems) > 1 else ""
        raise ValueError(
            f"the report is not as the run wrote it, {problems[0]}{more}:"
            f" gamelabel verify --profile {study.profile} lists all; remove what was added, and"
            f" {command} makes the others again"
        )


def _left_standing(step: Mapping[str, Any]) -> bool:
    """Whether a run left a step out whose last complete run read the inputs that there are."""
    return bool(step["status"] in (NOT_SELECTED, OTHER_CHAPTER) and step["stands"])


def _dirty(manifest: Mapping[str, Any]) -> str:
    """Return why the code of a run is not that of its commit; empty if it is."""
    states = {name: step["git"] for name, step in manifest["steps"].items() if step["stands"]}
    for name, git in {**states, "the report": manifest["git"]}.items():
        if not git or git["commit"] is None:
            return f"the commit at which {name} was made is not known"
        if git["dirty"]:
            return f"files had changed since commit {git['commit'][:10]} when {name} was made"
    return ""


def _copy(study: Study, manifest: dict[str, Any], folder: Path) -> dict[str, int]:
    """Write the files to publish in a new folder; return their sizes."""
    figures = [name for name in manifest["files"] if name.startswith("figures/")]
    for name in (*_NUMBERS, *figures):
        path = study.report_dir / name
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(
                f"{path} has {path.stat().st_size / 1e6:.0f} MB, more than the"
                f" {_MOST_BYTES / 1e6:.0f} MB of a published file: draw it smaller"
            )
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    write_text(folder / GALLERY, render_gallery(study, manifest))
    names = sorted([*_NUMBERS, *figures, GALLERY])
    files = {name: sha256(folder / name) for name in names}
    write_text(folder / MANIFEST, json.dumps({**manifest, "files": files}, indent=1) + "\n")
    return {name: (folder / name).stat().st_size for name in [*names, MANIFEST]}


@contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """Give a new folder that replaces `target` when the block ends without an error."""
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace_results(readme: Path, profile: str, folder: Path) -> bool:
    """Replace the results of a profile in the project's README, where it shows them.

    Parameters
    ----------
    readme : Path
        The README.
    profile : str
        The profile whose results are replaced.
    folder : Path
        The folder of its published run.

    Returns
    -------
    bool
        Whether the README shows results of this profile.
    """
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    before, begin, rest = text.partition(_BEGIN.format(profile))
    _, end, after = rest.partition(_END)
    if not end:
        return False
    results = render_results(folder, readme.parent)
    write_text(readme, f"{before}{begin}\n{results}{end}{after}")
    return True
