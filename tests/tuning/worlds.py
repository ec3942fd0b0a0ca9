"""A model with random weights, and judges of its pictures whose taste is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.training import TrainingConfig
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


def redness(pictures: NDArray[np.uint8], prompts: Sequence[str]) -> NDArray[np.float64]:
    """A judge who likes red, whatever was asked."""
    assert pictures.dtype == np.uint8 and len(pictures) == len(prompts)
    return pictures[..., 0].mean((1, 2)) / 255.0
