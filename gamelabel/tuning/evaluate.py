"""How well a model draws what it is asked: exact adherence on held-out prompts, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from diffusers import FluxPipeline

from gamelabel.images.pipeline import generate
from gamelabel.images.truth import adherence_by_family
from gamelabel.world import adherence, sample_prompts


def held_out(n: int, seed: int) -> tuple[list[str], list[int]]:
    """Prompts of combinations never drawn in training, families equally often, and a seed for each picture."""
    return sample_prompts(n, seed, "held-out"), [seed * 1_000_003 + i for i in range(n)]


def evaluate(
    pipe: FluxPipeline, n: int, steps: int = 4, seed: int = 0, guidance: float = 1.0, progress: str = ""
) -> dict[str, Any]:
    """Draw n held-out prompts and judge them; paired seeds: two models with the same seed get the same noise."""
    prompts, seeds = held_out(n, seed)
    pictures = np.concatenate(list(generate(pipe, prompts, seeds, steps, guidance, progress=progress)))
    fits, _ = adherence(pictures, prompts)
    return {"steps": steps, "seed": seed, **adherence_by_family(fits, prompts)}
