"""Stage 1, the autoencoder: 64 x 64 images to 8 x 8 latents of unit variance, and back."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from gamelabel.images.latents import encoder_input
from gamelabel.scenes.draw import SIDE, draw
from gamelabel.scenes.grammar import parse
from gamelabel.scenes.prompt_split import sample_prompts
from gamelabel.training import Loss, Metrics, TrainingStep

CHANNELS = 8
POSTERIOR_STD = 0.05  # latents that are near must mean images that are near
_PRIOR_WEIGHT = 0.02  # of the terms that shape the posterior


def make_autoencoder() -> AutoencoderKL:
    """Return an untrained autoencoder of FLUX's kind: factor 8, no attention, 8 channels.

    Full resolution is expensive, so the widest layers are the ones below it.
    """
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


def draw_batch(seed: int, texts: Sequence[str], rows: slice) -> Tensor:
    """Draw the scenes of some rows of a batch: float (rows, 3, 64, 64) in [-1, 1]."""
    images = [draw(parse(texts[i]), seed * len(texts) + i) for i in range(len(texts))[rows]]
    return encoder_input(np.stack(images))


def autoencoder_loss(autoencoder: AutoencoderKL, batch: int) -> Loss:
    """Return the loss: reconstruction error, and terms that shape the posterior.

    The error is absolute plus squared, weighted by how far a pixel is from the mean colour of its
    image. The posterior is pulled to zero mean and unit variance of each channel over images, and
    to a standard deviation of POSTERIOR_STD for each image.
    """

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = worker.share(batch)
        seed = int(torch.randint(2**31, (), generator=generator))
        images = draw_batch(seed, sample_prompts(batch, seed), rows).to(worker.device)
        posterior = autoencoder.encode(images).latent_dist
        noise = torch.randn(batch, *posterior.mean.shape[1:], generator=generator)
        latents = posterior.mean + POSTERIOR_STD * noise[rows].to(worker.device)
        difference = autoencoder.decode(latents).sample.float() - images
        contrast = (images - images.mean((2, 3), keepdim=True)).abs().mean(1, keepdim=True)
        weight = 1.0 + 4.0 * contrast
        error = (weight * (difference.abs() + difference.square())).mean()
        mean = posterior.mean.float().mean((0, 2, 3))
        variance = posterior.mean.float().var((0, 2, 3))
        prior = mean.square().mean() + (variance - 1.0).square().mean()
        prior = prior + (posterior.logvar.float() - 2.0 * log(POSTERIOR_STD)).square().mean()
        return error + _PRIOR_WEIGHT * prior, {}

    return loss
