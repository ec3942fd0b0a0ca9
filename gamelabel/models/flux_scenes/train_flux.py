"""Run the stages of the recipe, each in its own processes; interrupted, a stage resumes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from gamelabel.data_parallel import Worker, run_workers
from gamelabel.files import write_text
from gamelabel.models.flux_scenes.flux_stages import STAGES
from gamelabel.models.flux_scenes.recipe import FluxRecipe

# glibc returns large blocks to the system after every step and faults them in again at the next
# step (10 to 20 % of an autoencoder step on a CPU). With these settings workers keep their memory.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "2147483648"}


def train_flux_scenes(
    recipe: FluxRecipe,
    folder: Path,
    workers: int = 2,
    device: str = "cpu",
    stages: Sequence[str] = tuple(STAGES),
) -> None:
    """Run the stages that are not finished; an interrupted stage resumes from its checkpoint.

    Parameters
    ----------
    recipe : FluxRecipe
        Settings of the stages.
    folder : Path
        Each stage works in `folder/STAGE/`; the file `done` there marks it as finished.
    workers : int
        Processes that share every batch: one a core, or 1 on a GPU.
    device : str
        "cpu" or "cuda".
    stages : sequence of str
        Names of the stages to run, in order.
    """
    os.environ.update(_KEEP_MEMORY)
    for stage in stages:
        if not (folder / stage / "done").exists():
            _run_stage(stage, recipe, folder, workers, device)


def _run_stage(stage: str, recipe: FluxRecipe, folder: Path, workers: int, device: str) -> None:
    """Run one stage in `workers` processes; its seconds add up over interrupted calls."""
    seconds_file = folder / stage / "seconds"
    seconds_before = int(seconds_file.read_text()) if seconds_file.exists() else 0
    started = time.monotonic()
    try:
        run_workers(_run_worker, (stage, recipe, folder), workers, device)
    finally:
        seconds = seconds_before + round(time.monotonic() - started)
        write_text(seconds_file, str(seconds))
    done = {"seconds": seconds, "workers": workers, "device": device}
    write_text(folder / stage / "done", json.dumps(done))


def _run_worker(stage: str, recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    torch.manual_seed(recipe.seed)
    STAGES[stage](recipe, folder, worker)
