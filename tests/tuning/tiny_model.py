"""A model with random weights, datasets of noise, and a judge whose taste is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.images.pipeline import encode_prompts
from gamelabel.training import Loss, TrainingConfig, TrainingStep
from gamelabel.tuning.data import LatentDataset
from tests.images.repositories import untrained_pipeline

PROMPTS = [
    "a red circle",
    "two blue stars",
    "a red circle and a blue star",
    "a small green square",
    "a red star",
]
SHORT = TrainingConfig(
    steps=3, batch_size=4, learning_rate=1e-3, warmup_steps=1, ema_decay=0.5, bf16=False
)


def make_pipe(seed: int = 0) -> FluxPipeline:
    pipe = untrained_pipeline(seed)
    pipe.set_progress_bar_config(disable=True)
    for part in (pipe.transformer, pipe.vae, pipe.text_encoder, pipe.text_encoder_2):
        part.eval().requires_grad_(False)
    return pipe


def make_dataset(pipe: FluxPipeline, seed: int = 0) -> LatentDataset:
    """Random latents and noise for the five prompts."""
    generator = torch.Generator().manual_seed(seed)
    latents, noise = torch.randn(2, len(PROMPTS), 16, 32, generator=generator)
    return LatentDataset(latents, noise, encode_prompts(pipe, PROMPTS))


def value_of(loss: Loss, seed: int = 0) -> float:
    """The value of a loss for the random numbers of a seed."""
    with torch.no_grad():
        return loss(TrainingStep(0, torch.Generator().manual_seed(seed)))[0].item()


def redness(images: NDArray[np.uint8], prompts: Sequence[str]) -> NDArray[np.float64]:
    """A judge who likes red, whatever the prompt."""
    assert images.dtype == np.uint8 and len(images) == len(prompts)
    return images[..., 0].mean((1, 2)) / 255.0
