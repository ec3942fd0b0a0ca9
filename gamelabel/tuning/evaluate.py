"""What tuning changed: adherence on held-out prompts with paired seeds, and image quality apart from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.images.judge import adherence_by_family, to_judge_size
from gamelabel.images.pipeline import generate
from gamelabel.scenes import FAMILIES, adherence, draw, parse, sample_prompts

_CHUNK = 100


class Drawn(NamedTuple):
    """Pictures of held-out prompts: uint8 (n, 64, 64, 3), whether each fits (n,), its latents (n, d)."""

    pictures: NDArray[np.uint8]
    fits: NDArray[np.bool_]
    features: NDArray[np.float32]


def held_out(n: int, seed: int) -> tuple[list[str], list[int]]:
    """Prompts of combinations never drawn in training, families equally often, and a seed for each picture."""
    return sample_prompts(n, seed, "held-out"), [seed * 1_000_003 + i for i in range(n)]


def assess(
    pipe: FluxPipeline,
    n: int,
    steps: int = 4,
    seed: int = 0,
    guidance: float = 1.0,
    progress: str = "drawing",
) -> Drawn:
    """Draw n held-out prompts and judge them. Paired: two models with the same seed get the same prompts and noise.

    The judge knows pictures of 64 x 64; those of a larger model are scaled to that.
    """
    prompts, seeds = held_out(n, seed)
    drawn = generate(pipe, prompts, seeds, steps, guidance, progress=progress)
    pictures = np.concatenate([to_judge_size(part) for part in drawn])
    return Drawn(pictures, adherence(pictures, prompts)[0], features(pipe, pictures))


def scenes(pipe: FluxPipeline, n: int, seed: int = 0) -> NDArray[np.float32]:
    """Features of true drawings of the prompts of `assess`: what image quality is measured against."""
    prompts, seeds = held_out(n, seed)
    return features(
        pipe, np.stack([draw(parse(prompt), s) for prompt, s in zip(prompts, seeds, strict=True)])
    )


@torch.no_grad()
def features(pipe: FluxPipeline, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Latents of pictures under the model's own autoencoder, flat: (n, d)."""
    pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    parts = [
        pipe.vae.encode(
            part.to(pipe.vae.device, pipe.vae.dtype).div(127.5).sub(1.0)
        ).latent_dist.mean.flatten(1)
        for part in pixels.split(_CHUNK)
    ]
    return torch.cat(parts).float().cpu().numpy()


def adherence_change(
    ours: Drawn | Sequence[Drawn], base: Drawn | Sequence[Drawn]
) -> dict[str, Any]:
    """Change of exact adherence, paired by prompt and seed: {value, low, high, n}, 95 % normal interval.

    Of one method trained from several seeds give all that its models drew: a prompt counts as their mean, once.
    """
    difference = _fits(ours) - _fits(base)
    value, n = float(difference.mean()), len(difference)
    error = 1.96 * float(difference.std()) / n**0.5
    return {"value": value, "low": value - error, "high": value + error, "n": n}


def _fits(drawn: Drawn | Sequence[Drawn]) -> NDArray[np.float64]:
    """Of each prompt the share of the models whose picture fits, (n,)."""
    models = [drawn] if isinstance(drawn, Drawn) else drawn
    return np.mean([each.fits for each in models], axis=0, dtype=float)


def change_by_family(ours: Drawn, base: Drawn, seed: int = 0) -> pd.DataFrame:
    """`adherence_change` overall and in each family, a row each: name, value, low, high, n.

    seed: the one of `assess`, which tells which prompts these were.
    """
    families = np.array([parse(prompt).family for prompt in held_out(len(ours.fits), seed)[0]])
    parts = {
        "all": np.ones(len(families), bool),
        **{family: families == family for family in FAMILIES},
    }
    rows = [
        {
            "name": name,
            **adherence_change(*(Drawn(*(x[of] for x in drawn)) for drawn in (ours, base))),
        }
        for name, of in parts.items()
        if of.any()
    ]
    return pd.DataFrame(rows)


def evaluate(
    pipe: FluxPipeline,
    n: int,
    steps: int = 4,
    seed: int = 0,
    guidance: float = 1.0,
    progress: str = "drawing",
) -> dict[str, Any]:
    """Adherence as `gamelabel world evaluate` prints it: steps, seed, the share overall and by family."""
    drawn = assess(pipe, n, steps, seed, guidance, progress)
    return {"steps": steps, "seed": seed, **adherence_by_family(drawn.fits, held_out(n, seed)[0])}
