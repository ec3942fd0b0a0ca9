"""Latents of the training sets on disk: files of 1,000, each made from a seed of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from gamelabel.data_parallel import Worker
from gamelabel.files import replacing
from gamelabel.models.flux_scenes.autoencoder import CHANNELS
from gamelabel.scenes.draw import SIDE
from gamelabel.scenes.grammar import FAMILIES
from gamelabel.scenes.prompt_split import sample_prompts

CHUNK = 1000  # latents in a file
TOKENS = (SIDE // 16) ** 2
# The seeds of two stages are far apart: chunk i of a stage has seed _STAGE_SEED * 100_003 + i.
_STAGE_SEED = {"scenes": 10, "hard_scenes": 20, "distillation_set": 50}
# Families that are learned slowly are sampled more often, and more still where the teacher's
# images are filtered.
_STAGE_FAMILIES = {
    "scenes": FAMILIES,
    "hard_scenes": ("single", "count", "position", "two", "two", "binding", "binding"),
    "distillation_set": (
        *("single", "count", "position"),
        *("two", "two", "two"),
        *("binding", "binding"),
    ),
}


def chunk_seeds(stage: str, total: int) -> list[tuple[int, int]]:
    """Return the seed and the number of images of every chunk of a stage."""
    first = _STAGE_SEED[stage] * 100_003
    n_chunks = (total + CHUNK - 1) // CHUNK
    return [(first + i, min(CHUNK, total - i * CHUNK)) for i in range(n_chunks)]


def chunk_prompts(stage: str, seed: int, n: int) -> list[str]:
    """Sample the prompts of a chunk."""
    return sample_prompts(n, seed, families=_STAGE_FAMILIES[stage])


def chunk_noise(seed: int, n: int) -> Tensor:
    """Draw the noise of a chunk, packed: (n, tokens, 4 * channels)."""
    return torch.randn(n, TOKENS, 4 * CHANNELS, generator=torch.Generator().manual_seed(seed))


def write_chunks(
    folder: Path, total: int, make: Callable[[int, int], Tensor], worker: Worker
) -> None:
    """Make the chunks of a stage that are missing; workers take turns.

    Parameters
    ----------
    folder : Path
        Where the chunks are stored; its name is the stage.
    total : int
        Images of the stage.
    make : callable
        `make(seed, n)` returns the latents of a chunk, (n, tokens, channels).
    worker : Worker
        One of the processes that share the work.
    """
    chunks = chunk_seeds(folder.name, total)[worker.rank :: worker.size]
    bar = tqdm(chunks, desc=folder.name, unit_scale=CHUNK, unit="picture", disable=worker.rank > 0)
    for seed, n in bar:
        path = folder / f"{seed}.npy"
        if path.exists():
            continue
        with torch.no_grad():
            latents = make(seed, n)
        with replacing(path) as partial:
            np.save(partial, latents.half().cpu().numpy())


def load_chunks(folder: Path, total: int) -> Tensor:
    """Read the latents of a stage: float16 (total, tokens, channels)."""
    chunks = [np.load(folder / f"{seed}.npy") for seed, _ in chunk_seeds(folder.name, total)]
    return torch.cat([torch.from_numpy(chunk) for chunk in chunks])
