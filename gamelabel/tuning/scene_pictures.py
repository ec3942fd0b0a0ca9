"""Pairs of text and picture to hold a model at what it knew, for methods that have a pre-training term."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxPipeline
from torch import Tensor
from tqdm import tqdm

from gamelabel.images.latents import image_size
from gamelabel.scenes import draw, parse, sample_prompts
from gamelabel.scenes.draw import SIDE
from gamelabel.tuning.data import Pictures, collect, encode_pictures, read_text

_CHUNK = 64


def drawn_scenes(
    pipe: FluxPipeline, n: int, seed: int = 0, scratch: Path | None = None
) -> Pictures:
    """n true drawings of prompts that the embedded model was trained on; no noise is their own (not-a-number).

    Raises ValueError for a model of pictures of another size: give pairs of its own to `read_pictures`.
    """
    if image_size(pipe) != SIDE:
        raise ValueError(
            f"drawn scenes are {SIDE} x {SIDE} pixels, this model draws {image_size(pipe)} x {image_size(pipe)}: take "
            "pictures of its own size for pre-training, by read_pictures"
        )
    prompts = sample_prompts(n, seed)

    def parts() -> Iterator[tuple[Tensor]]:
        for start in tqdm(range(0, n, _CHUNK), desc="scenes"):
            numbered = enumerate(prompts[start : start + _CHUNK], seed * 1_000_003 + start)
            yield (
                encode_pictures(
                    pipe, np.stack([draw(parse(prompt), number) for number, prompt in numbered])
                ),
            )

    (clean,) = collect(parts(), n, scratch)
    return Pictures(
        clean, torch.tensor(math.nan).expand(clean.shape), read_text(pipe, prompts, scratch)
    )
