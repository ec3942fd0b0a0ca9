"""Find out which profile a machine can run: GPU, memory, disk, model hub and data."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

from gamelabel.sources import is_available, sources
from gamelabel.study.manifest import gpu_name

_EMBEDDED_MODEL = "data/models/scenes-flux"
_HUB = "https://huggingface.co"
_HUB_SECONDS = 3.0  # without an answer the hub counts as unreachable

# What a profile needs at least, in GB. For `paper`, FLUX.1-schnell has 34 GB of weights (24 of the
# transformer, 10 of the text encoders), which need room to train on the GPU; on disk there are
# also 20 GB of images and, while tuning, 30 GB of their latents and prompts.
_SMALL_NEEDS = {"memory": 6, "disk": 5}
_PAPER_NEEDS = {"a GPU": 48, "memory": 32, "disk": 90}


@dataclass(frozen=True)
class Machine:
    """What was found on a machine.

    Parameters
    ----------
    gpu : str or None
        The first GPU, as nvidia-smi names it.
    gpu_gb, memory_gb, disk_gb : float
        Memory of the GPU, memory, and free disk space, GB.
    cores : int
        The number of cores.
    hub : str
        Why the model hub cannot be reached; empty if it can.
    data : dict
        Which data are available and which are not.
    """

    gpu: str | None
    gpu_gb: float
    memory_gb: float
    disk_gb: float
    cores: int
    hub: str
    data: dict[str, str]

    def lines(self) -> list[tuple[str, str]]:
        """Return what was found as pairs of a name and a text."""
        rows = [
            ("GPU", self.gpu or "none"),
            ("cores", str(self.cores)),
            ("memory", f"{self.memory_gb:.0f} GB"),
            ("disk", f"{self.disk_gb:.0f} GB free"),
            ("hub", self.hub or "reachable"),
        ]
        return rows + [("data", f"{name}: {text}") for name, text in self.data.items()]


def examine(root: Path) -> Machine:
    """Look at the machine and at a project's folder, in a few seconds at most."""
    import psutil

    gpu = gpu_name()
    return Machine(
        gpu=gpu,
        gpu_gb=_gpu_gb(gpu) if gpu else 0.0,
        memory_gb=psutil.virtual_memory().total / 1e9,
        disk_gb=shutil.disk_usage(root).free / 1e9,
        cores=os.cpu_count() or 1,
        hub=hub_problem(),
        data=_data(root),
    )


def suggest_profile(machine: Machine) -> str:
    """Return the largest profile that the machine can run, and what the next one lacks."""
    available = {
        "a GPU": machine.gpu_gb,
        "memory": machine.memory_gb,
        "disk": machine.disk_gb,
    }
    if missing := _missing(available, _SMALL_NEEDS):
        return f"smoke; small needs {' and '.join(missing)}"
    missing = _missing(available, _PAPER_NEEDS)
    if machine.hub and not os.environ.get("HF_HUB_OFFLINE"):
        missing.append("the hub")
    return f"small; paper needs {', '.join(missing)}" if missing else "paper"


def _missing(available: dict[str, float], needs: dict[str, int]) -> list[str]:
    """Return the needs that are not met, in words."""
    return [
        f"{name} of {need} GB (found {available[name]:.0f})"
        for name, need in needs.items()
        if available[name] < need
    ]


def hub_problem(url: str = "", seconds: float = _HUB_SECONDS) -> str:
    """Return why the model hub cannot be reached; empty if it can.

    Parameters
    ----------
    url : str
        The hub's address, by default HF_ENDPOINT or huggingface.co. A proxy is used if one is set.
    seconds : float
        How long to wait for a connection.
    """
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return "switched off by HF_HUB_OFFLINE"
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    address = urlsplit(proxy or url or os.environ.get("HF_ENDPOINT", _HUB))
    port = address.port or (443 if address.scheme == "https" else 80)
    answers: Queue[str] = Queue()
    # in a daemon thread, since looking up a host name has no time limit
    target = (address.hostname or "", port, seconds, answers)
    Thread(target=_connect, args=target, daemon=True).start()
    try:
        return answers.get(timeout=max(0.1, seconds + 1))
    except Empty:
        return "unreachable (no answer)"


def _connect(host: str, port: int, seconds: float, answers: Queue[str]) -> None:
    try:
        socket.create_connection((host, port), timeout=seconds).close()
        answers.put("")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no answer"
        answers.put(f"unreachable ({reason})")


def _gpu_gb(gpu: str) -> float:
    """Return the memory in a line of nvidia-smi such as "NVIDIA A100, 40960 MiB", in GB."""
    try:
        return float(gpu.rpartition(",")[2].split()[0]) * 2**20 / 1e9
    except (ValueError, IndexError):
        return 0.0


def _data(root: Path) -> dict[str, str]:
    """Return whether the embedded model exists, and which data sets of `data/sources.yaml` do."""
    exists = (root / _EMBEDDED_MODEL / "model_index.json").exists()
    available = {key: is_available(key) for key in sources()}
    data = {
        "embedded model": "found" if exists else f"not found in {root / _EMBEDDED_MODEL}",
        "available": ", ".join(key for key in available if available[key]) or "no data set",
    }
    if absent := ", ".join(key for key in available if not available[key]):
        data["not available"] = absent
    return data
