"""How well a model draws what it is asked: exact adherence on held-out prompts, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from diffusers import FluxPipeline
from scipy.stats import binomtest

from gamelabel.images.pipeline import generate
from gamelabel.world.scenes import FAMILIES, parse, sample_prompts
from gamelabel.world.verify import adherence


def share(hits: np.ndarray) -> dict[str, Any]:
    """Share of true values with its 95 % Wilson interval: {value, low, high, n}."""
    n = len(hits)
    interval = binomtest(int(hits.sum()), n).proportion_ci(method="wilson")
    return {"value": float(hits.mean()), "low": float(interval.low), "high": float(interval.high), "n": n}


def held_out(n: int, seed: int) -> tuple[list[str], list[int]]:
    """Prompts of combinations never drawn in training, families equally often, and a seed for each picture."""
    return sample_prompts(n, seed, "held-out"), [seed * 1_000_003 + i for i in range(n)]


def adherence_by_family(hits: np.ndarray, prompts: list[str]) -> dict[str, Any]:
    """Overall and by family: {"adherence": share, "families": {name: share}}."""
    families = np.array([parse(prompt).family for prompt in prompts])
    return {"adherence": share(hits), "families": {f: share(hits[families == f]) for f in FAMILIES if f in families}}


def evaluate(
    pipe: FluxPipeline, n: int, steps: int = 4, seed: int = 0, guidance: float = 1.0, progress: str = ""
) -> dict[str, Any]:
    """Draw n held-out prompts and judge them; paired seeds: two models with the same seed get the same noise."""
    prompts, seeds = held_out(n, seed)
    pictures = np.concatenate(list(generate(pipe, prompts, seeds, steps, guidance, progress=progress)))
    fits, _ = adherence(pictures, prompts)
    return {"steps": steps, "seed": seed, **adherence_by_family(fits, prompts)}
