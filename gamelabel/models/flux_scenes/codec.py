"""Stage 1, the autoencoder: 64 x 64 pictures to 8 x 8 latents of unit variance, and back."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from gamelabel.scenes.draw import SIDE, draw
from gamelabel.scenes.grammar import parse
from gamelabel.scenes.prompt_split import sample_prompts
from gamelabel.training import Loss, Metrics, Step

CHANNELS = 8
NOISE = 0.05  # standard deviation of the posterior: near latents must mean near pictures


def make_codec() -> AutoencoderKL:
    """FLUX's kind of autoencoder, factor 8, without attention; full resolution is dear, so the width lies below it."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16, 32, 48, 48),
        layers_per_block=1,
        norm_num_groups=8,
        latent_channels=CHANNELS,
        sample_size=SIDE,
        scaling_factor=1.0,
        shift_factor=0.0,
        force_upcast=False,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
    ).to(memory_format=torch.channels_last)


def to_tensor(pictures: np.ndarray) -> Tensor:
    """RGB uint8 (N, H, W, 3) -> float (N, 3, H, W) in [-1, 1], channels last in memory."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1.0)


def to_pictures(tensor: Tensor) -> np.ndarray:
    """The way back: float (N, 3, H, W) in [-1, 1], clipped -> RGB uint8 (N, H, W, 3)."""
    return tensor.clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def draw_batch(seed: int, texts: Sequence[str], rows: slice) -> Tensor:
    """The given rows of a batch of scenes, drawn anew: float (rows, 3, 64, 64)."""
    pictures = [draw(parse(texts[i]), seed * len(texts) + i) for i in range(len(texts))[rows]]
    return to_tensor(np.stack(pictures))


def codec_loss(codec: AutoencoderKL, batch: int) -> Loss:
    """Absolute and squared error of the picture, what stands out weighted, and a posterior held to its shape.

    That shape is: each channel of zero mean and unit variance over pictures, and a standard deviation of NOISE about
    each picture's own latents.
    """

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = worker.share(batch)
        seed = int(torch.randint(2**31, (), generator=generator))
        pictures = draw_batch(seed, sample_prompts(batch, seed), rows).to(worker.device)
        posterior = codec.encode(pictures).latent_dist
        noise = torch.randn(batch, *posterior.mean.shape[1:], generator=generator)[rows].to(
            worker.device
        )
        difference = codec.decode(posterior.mean + NOISE * noise).sample.float() - pictures
        weight = 1.0 + 4.0 * (pictures - pictures.mean((2, 3), keepdim=True)).abs().mean(
            1, keepdim=True
        )
        error = (weight * (difference.abs() + difference.square())).mean()
        mean, variance = (
            posterior.mean.float().mean((0, 2, 3)),
            posterior.mean.float().var((0, 2, 3)),
        )
        shape = mean.square().mean() + (variance - 1.0).square().mean()
        shape = shape + (posterior.logvar.float() - 2.0 * log(NOISE)).square().mean()
        return error + 0.02 * shape, {}

    return loss
