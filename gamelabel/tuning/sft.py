"""Supervised fine-tuning (SFT) on chosen images, as in GameLabel-10K, by flow matching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gamelabel.flow import Text, velocity_errors
from gamelabel.training import Loss, Metrics, TrainingStep
from gamelabel.tuning.data import LatentDataset


def sft_loss(
    transformer: Any,
    images: LatentDataset,
    batch_size: int,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
    caption_dropout: float = 0.0,
    empty: Text | None = None,
) -> Loss:
    """Return the mean flow-matching error of a batch of images, a loss for `training.train`.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model.
    images : LatentDataset
        The images to learn from.
    batch_size : int
        Images a step, drawn with replacement.
    own_noise, sigmas
        See `flow_matching_errors`.
    caption_dropout : float
        Share of the images whose prompt is replaced by the empty one, anew at each step.
    empty : Text, optional
        The encoded empty prompt, one row; needed for caption dropout.

    Raises
    ------
    ValueError
        For caption dropout without `empty`.
    """
    if caption_dropout and empty is None:
        raise ValueError("caption dropout needs `empty`, the encoded empty prompt")

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        rows = torch.randint(len(images.latents), (batch_size,), generator=step.generator)
        batch = images.rows(rows)
        if empty is not None:
            is_dropped = torch.rand(batch_size, generator=step.generator) < caption_dropout
            batch = batch._replace(text=_drop_captions(batch.text, empty, is_dropped))
        share = step.worker.share(batch_size)
        errors = flow_matching_errors(transformer, batch, step.generator, own_noise, sigmas, share)
        return errors.mean(), {"rows": rows}

    return loss


def _drop_captions(text: Text, empty: Text, is_dropped: Tensor) -> Text:
    """Replace the rows of a mask (N,) by the empty prompt."""
    device = text.embeds.device  # texts of a data set stay in main memory
    mask, empty = is_dropped.to(device), Text(*(part.to(device) for part in empty))
    embeds = torch.where(mask[:, None, None], empty.embeds, text.embeds)
    return Text(embeds, torch.where(mask[:, None], empty.pooled, text.pooled))


def flow_matching_errors(
    transformer: Any,
    images: LatentDataset,
    generator: torch.Generator,
    own_noise: bool,
    sigmas: Sequence[float],
    share: slice = slice(None),
) -> Tensor:
    """Compute the flow-matching error of each image at a random noise level.

    The published recipe draws new noise and a uniform noise level. A distilled model samples along
    paths of its own; `own_noise` with the `sigmas` of sampling trains on these paths.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model.
    images : LatentDataset
        N images.
    generator : torch.Generator
        Source of noise and noise levels.
    own_noise : bool
        Use the noise that each image was generated from instead of new noise.
    sigmas : sequence of float
        The noise levels to draw from; if empty, all of [0, 1).
    share : slice
        The images to compute. Noise and levels are drawn for all N.

    Returns
    -------
    Tensor, shape (N,) or the share's
        Squared errors of the velocity, averaged over latent dimensions.
    """
    noise = torch.randn(images.latents.shape, generator=generator)
    sigma = torch.rand(len(noise), generator=generator)
    if sigmas:
        sigma = torch.tensor(list(sigmas))[(sigma * len(sigmas)).long()]
    if own_noise:
        noise = images.noise
    latents, text = images.latents[share], images.text.rows(share)
    return velocity_errors(transformer, latents, noise[share], sigma[share], text)
