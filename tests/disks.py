"""A small disk for tests of a full disk."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Disk:
    """A file system in memory whose size can be increased."""

    folder: Path

    def grow(self, size: str = "200m") -> None:
        self._remount(f"size={size}")

    def fill(self) -> None:
        """Fill the disk."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def lock(self) -> None:
        """Make the disk read-only, also for root."""
        self._remount("ro")

    def _remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 60 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", str(folder)],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk can be mounted by the administrator of a Linux machine only")
    yield Disk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)
