"""Find out which profile a machine can run: GPU, memory, disk, model hub and data."""

from __future__ import annotations

import math
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

from gamelabel.sources import missing_files, sources
from gamelabel.study.plan import Hardware, plan_study, totals
from gamelabel.study.profiles import read_profile
from gamelabel.study.provenance import gpu_name
from gamelabel.study.steps import Study

_EMBEDDED_MODEL = "data/models/scenes-flux"
_HUB = "https://huggingface.co"
_HUB_SECONDS = 3.0  # without an answer the hub counts as unreachable

# What `paper` is planned for; a larger card changes its time alone. The weights of FLUX.1-schnell,
# of BLIP and of ImageReward come onto the disk as well.
_PAPER_CARD_GB = 48
_DOWNLOAD_GB = 38


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


def this_hardware() -> Hardware:
    """Return what this machine computes with, for a plan."""
    gpu = gpu_name()
    return Hardware(_gpu_gb(gpu) if gpu else 0.0, gpu or "", os.cpu_count() or 1)


def profile_needs(study: Study, machine: Machine) -> dict[str, float]:
    """Return what a profile needs at least, in GB: "a GPU", "memory" and "disk".

    A profile whose model is on this machine is planned for its processor if it has no GPU; one
    whose model is on the hub for a GPU.
    """
    profile = read_profile(study)
    models = {values["model"] for values in profile.steps.values() if "model" in values}
    from_hub = not all((study.notebooks / str(model)).exists() for model in models)
    if from_hub and not machine.gpu_gb:  # a plan would take half a minute to say the same
        return {"a GPU": _PAPER_CARD_GB, "memory": 0.0, "disk": 0.0, "hub": _DOWNLOAD_GB}
    card = max(machine.gpu_gb, _PAPER_CARD_GB) if from_hub else 0.0
    total = totals(plan_study(study, profile, Hardware(card, machine.gpu or "")))
    needs = {"memory": total["memory"] / 1e9, "disk": total["disk"] / 1e9}
    return {"a GPU": total["card"] / 1e9, **needs, "hub": _DOWNLOAD_GB * from_hub}


def suggest_profile(
    machine: Machine, needs: Mapping[str, Callable[[], Mapping[str, float]]]
) -> str:
    """Return the largest profile that the machine can run, and what the next one lacks.

    Parameters
    ----------
    machine : Machine
        What `examine` found.
    needs : mapping of str to callable
        By profile, the smaller first, what returns the result of `profile_needs`. A profile is
        not planned if a smaller one lacks something.
    """
    largest = "smoke"
    for profile, plan in needs.items():
        sizes = plan()
        download = sizes.get("hub", 0.0)
        required = {name: sizes[name] for name in ("a GPU", "memory", "disk")}
        required["disk"] += download
        available = {
            "a GPU": machine.gpu_gb,
            "memory": machine.memory_gb,
            "disk": machine.disk_gb,
        }
        missing = _missing(available, required)
        if download and machine.hub and not os.environ.get("HF_HUB_OFFLINE"):
            missing.append("the hub")
        if missing:
            return f"{largest}; {profile} needs {' and '.join(missing)}"
        largest = profile
    return largest


def _missing(available: Mapping[str, float], needs: Mapping[str, float]) -> list[str]:
    """Return the needs that are not met, in words."""
    return [
        f"{name} of {math.ceil(need)} GB (found {available[name]:.0f})"
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
    present, absent = [], []
    for key, source in sources().items():
        n_missing, n_files = len(missing_files(key)), len(source.files)
        if n_missing == n_files:
            absent.append(key)
        else:
            part = f" ({n_files - n_missing} of {n_files} files)" if n_missing else ""
            present.append(key + part)
    data = {
        "embedded model": "found" if exists else f"not found in {root / _EMBEDDED_MODEL}",
        "available": ", ".join(present) or "no data set",
    }
    if absent:
        data["not here"] = f"{', '.join(absent)}; `gamelabel data fetch` gets them"
    return data
