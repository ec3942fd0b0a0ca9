"""Check every file of a report, and what it was made from, against its manifest."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gamelabel.study.hashes import MISSING, Hashes
from gamelabel.study.manifest import MANIFEST, load_manifest
from gamelabel.study.steps import is_reference
from gamelabel.study.tracker import listing_path


class Verification(NamedTuple):
    """What a check of a report found.

    Parameters
    ----------
    checked : int
        The number of files and folders that were compared with the manifest.
    problems : list of str
        A sentence for each file that differs from the manifest.
    notes : list of str
        What could not be compared, and what has changed since on purpose.
    """

    checked: int
    problems: list[str]
    notes: list[str]


def verify_report(folder: Path, root: Path) -> Verification:
    """Hash every file of a report again, and every input and output of its steps.

    A published reference is checked without the run's own tables and images, which are not
    published, and its inputs may have changed in a later commit.

    Parameters
    ----------
    folder : Path
        The folder of the report.
    root : Path
        The project's folder.

    Raises
    ------
    ValueError
        If the folder has no manifest, or one that lists no files.
    """
    manifest = load_manifest(folder)
    if "files" not in manifest:
        raise ValueError(
            f"{folder / MANIFEST} is of an earlier version and does not list the report's files:"
            " gamelabel run writes it again"
        )
    return _Check(folder, root, manifest).verify()


class _Check:
    def __init__(self, folder: Path, root: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.root, self.manifest = folder.resolve(), root.resolve(), manifest
        self.published = is_reference(folder)
        self.hashes = Hashes()
        self.checked: set[Path] = set()
        self.unpublished: set[str] = set()
        self.problems: list[str] = []
        self.notes: list[str] = []

    def verify(self) -> Verification:
        """Check the report's files, then those of its steps and the lock."""
        self._check_files()
        for name, step in self.manifest["steps"].items():
            commit = (step.get("git") or {}).get("commit")
            for path, sha in {**step["inputs"], **step["outputs"]}.items():
                self._check_path(path, sha, f" ({name})", commit)
        if lock := self.manifest["lock"]:
            commit = self.manifest["git"]["commit"]
            self._check_path("requirements.lock", lock, "", commit)
        if self.unpublished:
            self.notes.append(
                f"{len(self.unpublished)} files and folders of the run are not published:"
                f" gamelabel run --profile {self.manifest['profile']} makes them again"
            )
        return Verification(len(self.checked), self.problems, self.notes)

    def _check_files(self) -> None:
        expected: Mapping[str, str] = self.manifest["files"]
        for name, sha in expected.items():
            path = self.folder / name
            self.checked.add(path)
            self._compare(path, self._shown(path), sha, "")
        present = {path.relative_to(self.folder) for path in self._present()}
        for added in sorted(present - {Path(name) for name in expected}):
            shown = self._shown(self.folder / added)
            self.problems.append(f"{shown} was not written by this run")

    def _present(self) -> Iterator[Path]:
        """Yield the report's files, without the manifest and hidden ones such as .DS_Store."""
        for path in self.folder.rglob("*"):
            names = path.relative_to(self.folder).parts
            if path.is_dir() or any(name.startswith(".") for name in names):
                continue
            if path != self.folder / MANIFEST:
                yield path

    def _shown(self, path: Path) -> str:
        """Return a path in the project with slashes, or as it is outside."""
        inside = path.is_relative_to(self.root)
        return path.relative_to(self.root).as_posix() if inside else str(path)

    def _check_path(self, name: str, sha: str, where: str, commit: str | None) -> None:
        """Check an input or output of a step; its name is relative to the project."""
        path = self._place(name)
        if path is None:
            self.unpublished.add(name)
        elif path not in self.checked:
            self.checked.add(path)
            if self._changed_since(path, name, sha, commit):
                short = str(commit)[:10]
                self.notes.append(f"{name} has changed since commit {short} of the run{where}")
            else:
                self._compare(path, self._shown(path), sha, where)

    def _place(self, name: str) -> Path | None:
        """Return where a file of the run is; None if it is not published."""
        if not self.published:
            return self.root / name
        reports = f"reports/{self.manifest['profile']}/"
        if name.startswith(reports):
            path = self.folder / name.removeprefix(reports)
            return path if name.removeprefix(reports) in self.manifest["files"] else None
        return None if name.startswith(("data/runs/", "../")) else self.root / name

    def _compare(self, path: Path, shown: str, sha: str, where: str) -> None:
        now = self.hashes.digest(path)
        if now == MISSING:
            self.problems.append(f"{shown} is missing{where}")
        elif now != sha:
            lines = _differences(path, shown, self.hashes)
            self.problems += [f"{line}{where}" for line in lines]

    def _changed_since(self, path: Path, name: str, sha: str, commit: str | None) -> bool:
        """Whether an input of a published run is as in the manifest in the run's commit only."""
        if not self.published or commit is None or self.hashes.digest(path) == sha:
            return False
        return _committed_digest(self.root, commit, name) == sha


def _committed_digest(root: Path, commit: str, name: str) -> str:
    """Return the sha256 of a file or folder in a commit; `MISSING` if git does not have it."""
    command = ["git", "-C", str(root), "archive", "--format=tar", commit, "--", name]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return MISSING
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        return Hashes().digest(Path(folder) / name)


def _differences(path: Path, shown: str, hashes: Hashes) -> list[str]:
    """Return which files of a folder differ from the listing that its step wrote."""
    listing = listing_path(path)
    if not path.is_dir() or not listing.exists():
        return [f"{shown} differs"]
    before = _parse_listing(listing.read_text(encoding="utf-8"))
    now = _parse_listing(hashes.listing(path))
    lines = []
    for file, sha in before.items():
        if file not in now:
            lines.append(f"{shown}/{file} is missing")
        elif now[file] != sha:
            lines.append(f"{shown}/{file} differs")
    lines += [f"{shown}/{file} was not written by this run" for file in now if file not in before]
    return lines or [f"{shown} differs"]


def _parse_listing(text: str) -> dict[str, str]:
    return {name: sha for sha, name in (line.split("  ", 1) for line in text.splitlines())}
