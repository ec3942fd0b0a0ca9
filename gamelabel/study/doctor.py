"""What this machine can run: GPU, memory, disk, the model hub, the data at hand, and the profile that fits."""

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
from gamelabel.study.manifest import gpu

GB = 1e9
MODEL = "data/models/scenes-flux"  # the embedded one
SMALL = (6, 5)  # GB of memory, GB of disk: what a profile needs at least
# FLUX.1-schnell, by arithmetic: 34 GB of weights (24 of the transformer, 10 of the text encoders), which on the GPU
# need room to train in; on disk beside them 20 GB of pictures, 30 of their latents and prompts while tuning
PAPER = (32, 90)
GPU_GB = 48
_SECONDS = 3.0  # until the hub counts as out of reach
_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Machine:
    """What was found: sizes in GB, the GPU as nvidia-smi names it, the data as name -> where, or why not."""

    gpu: str | None
    gpu_gb: float
    memory_gb: float
    disk_gb: float
    cores: int
    hub: str
    data: dict[str, str]

    def lines(self) -> list[tuple[str, str]]:
        """What was found, as pairs of a name and words."""
        rows = [
            ("GPU", self.gpu or "none"),
            ("cores", str(self.cores)),
            ("memory", f"{self.memory_gb:.0f} GB"),
            ("disk", f"{self.disk_gb:.0f} GB free"),
            ("hub", self.hub or "in reach"),
        ]
        return rows + [("data", f"{name}: {where}") for name, where in self.data.items()]


def examine(root: Path) -> Machine:
    """Look at the machine and at a project folder; takes a few seconds at most, whatever the network does."""
    import psutil

    card = gpu()
    return Machine(
        gpu=card,
        gpu_gb=_mebibytes(card) * 2**20 / GB if card else 0.0,
        memory_gb=psutil.virtual_memory().total / GB,
        disk_gb=shutil.disk_usage(root).free / GB,
        cores=os.cpu_count() or 1,
        hub=hub(),
        data=_data(root),
    )


def fits(machine: Machine) -> str:
    """The largest profile that this machine can run, and what stands between it and the next."""
    short = [f"{name} of {need} GB (here {have:.0f})" for name, have, need in (
        ("memory", machine.memory_gb, SMALL[0]), ("disk", machine.disk_gb, SMALL[1])) if have < need]  # fmt: skip
    if short:
        return f"smoke; small needs {' and '.join(short)}"
    missing = [f"{name} of {need} GB (here {have:.0f})" for name, have, need in (
        ("a GPU", machine.gpu_gb, GPU_GB), ("memory", machine.memory_gb, PAPER[0]), ("disk", machine.disk_gb, PAPER[1]),
    ) if have < need]  # fmt: skip
    missing += ["the hub"] if machine.hub and not os.environ.get("HF_HUB_OFFLINE") else []
    return f"small; paper needs {', '.join(missing)}" if missing else "paper"


def hub(url: str = "", seconds: float = _SECONDS) -> str:
    """Why the model hub cannot be reached; empty where it can. Tries a connection, for a few seconds at most."""
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return "switched off by HF_HUB_OFFLINE"
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    place = urlsplit(proxy or url or os.environ.get("HF_ENDPOINT", _HUB))
    port = place.port or (443 if place.scheme == "https" else 80)
    answers: Queue[str] = Queue()
    # in a thread that may be left behind: looking up a name knows no time limit
    Thread(
        target=_connect, args=(place.hostname or "", port, seconds, answers), daemon=True
    ).start()
    try:
        return answers.get(timeout=max(0.1, seconds + 1))
    except Empty:
        return "out of reach (no answer)"


def _connect(host: str, port: int, seconds: float, answers: Queue[str]) -> None:
    try:
        socket.create_connection((host, port), timeout=seconds).close()
        answers.put("")
    except (OSError, UnicodeError) as error:
        answers.put(
            f"out of reach ({getattr(error, 'strerror', None) or str(error) or 'no answer'})"
        )


def _mebibytes(card: str) -> float:
    """From nvidia-smi's line: "NVIDIA A100, 40960 MiB"."""
    try:
        return float(card.rpartition(",")[2].split()[0])
    except (ValueError, IndexError):
        return 0.0


def _data(root: Path) -> dict[str, str]:
    """The embedded model, and the outside sets of `data/sources.yaml` that are here or would have to be fetched."""
    model = "there" if (root / MODEL / "model_index.json").exists() else f"not in {MODEL}"
    here = {key: is_available(key) for key in sources()}
    found = {
        "embedded model": model,
        "at hand": ", ".join(key for key in here if here[key]) or "no outside set",
    }
    if absent := ", ".join(key for key in here if not here[key]):
        found["not at hand"] = absent
    return found
