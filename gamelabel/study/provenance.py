"""What results can depend on besides a study's own files: the commit, and the machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

_PROCESSORS = Path("/proc/cpuinfo")


def git_state(root: Path) -> dict[str, Any]:
    """Return the commit of a project, and whether its files have changed since.

    Changes in `reports/`, on which no result depends, do not count. Both values are None if the
    folder is not the top of a git repository, or git cannot tell.
    """
    git = ["git", "--no-optional-locks", "-C", str(root)]
    try:
        if Path(_output_of([*git, "rev-parse", "--show-toplevel"])) != root.resolve():
            return {"commit": None, "dirty": None}
        commit = _output_of([*git, "rev-parse", "HEAD"])
        changes = _output_of([*git, "status", "--porcelain", "--", ".", ":(exclude)reports"])
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changes)}


def machine_state() -> dict[str, Any]:
    """Return the system and hardware that results and times can depend on."""
    import psutil

    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
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


def _processor() -> str | None:
    """Return the name of the processor, if the system tells it."""
    if _PROCESSORS.exists():
        for line in _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or None


def _output_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()
