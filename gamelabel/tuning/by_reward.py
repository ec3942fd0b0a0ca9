"""Tuning by a reward as ImageReward compares it: RAFT, dataset filtering, reward weighting.

All three are supervised on images that the model itself generated (Xu et al. 2023, section 4.2);
they differ in which of them they learn from, and how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from diffusers.utils import logging
from torch import Tensor

from gamelabel.images.latents import image_size
from gamelabel.scenes import SIDE
from gamelabel.training import Loss, Metrics, TrainingStep
from gamelabel.tuning.data import LatentDataset, cache_prompts, concatenate, pretraining_scenes
from gamelabel.tuning.scored import ScoredImages
from gamelabel.tuning.sft import flow_matching_errors, sft_loss

WEIRD = "Weird image."
PRETRAINING_WEIGHT = 0.5


def raft_loss(
    transformer: Any,
    scored: ScoredImages,
    batch_size: int,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
) -> Loss:
    """Return `sft_loss` on the best image of each prompt, the loss of one round of RAFT.

    Reward-ranked fine-tuning (RAFT; Dong et al. 2023, algorithm 1) repeats it with what the tuned
    model generates: see `tune_in_rounds`.
    """
    return sft_loss(transformer, scored.best(), batch_size, own_noise, sigmas)


def filtering_loss(
    transformer: Any,
    best: LatentDataset,
    worst: LatentDataset,
    pretraining: LatentDataset,
    batch_size: int,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
) -> Loss:
    """Return the loss of dataset filtering (Wu et al. 2023): `sft_loss` on three datasets.

    Good images are learned under their prompts and bad ones under a prompt that says so, which is
    then never asked for.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model.
    best : LatentDataset
        The best image of each prompt.
    worst : LatentDataset
        The worst images, as `mark_as_weird` returns them.
    pretraining : LatentDataset
        Images that the model was pre-trained on.
    batch_size : int
        Images a step; each of the three datasets' images is drawn equally often.
    own_noise, sigmas
        See `flow_matching_errors`.
    """
    images = concatenate((best, worst, pretraining))
    return sft_loss(transformer, images, batch_size, own_noise, sigmas)


def pretraining_images(
    pipe: FluxPipeline, scored: ScoredImages, n: int, seed: int = 0, scratch: Path | None = None
) -> LatentDataset:
    """Return images like those that the model was pre-trained on.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    scored : ScoredImages
        Images that it generated.
    n : int
        Number of images.
    seed : int
        Seed of the images.
    scratch : Path, optional
        A folder on the disk that holds the rows.

    Returns
    -------
    LatentDataset
        For a model of the drawn world's size, `pretraining_scenes`. What other models were trained
        on is not known: n of the images that they generated, at random.
    """
    if image_size(pipe) == SIDE:
        return pretraining_scenes(pipe, n, seed, scratch)
    generator = torch.Generator().manual_seed(seed)
    prompts = torch.randint(scored.scores.shape[0], (n,), generator=generator)
    images = torch.randint(scored.scores.shape[1], (n,), generator=generator)
    return scored.pick(prompts, images)


def mark_as_weird(
    pipe: FluxPipeline, images: LatentDataset, prompts: Sequence[str], scratch: Path | None = None
) -> LatentDataset:
    """Return the images of these prompts under the prompts "Weird image. ...".

    A prompt that gets longer than the model reads is truncated.
    """
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # each truncated prompt would be printed
    try:
        marked = [f"{WEIRD} {prompt}" for prompt in prompts]
        return images._replace(text=cache_prompts(pipe, marked, scratch))
    finally:
        logging.set_verbosity(verbosity)


def weighted_loss(
    transformer: Any,
    scored: ScoredImages,
    pretraining: Loss,
    batch_size: int,
    pretraining_weight: float = PRETRAINING_WEIGHT,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
) -> Loss:
    """Return the reward-weighted loss (Lee et al. 2023, eq. 4) on all generated images.

    E_model[-r log p] + beta E_pretraining[-log p], where the flow-matching error stands for -log p
    and r is the score, scaled to 0 for the worst of all images and 1 for the best.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model.
    scored : ScoredImages
        The images to learn from.
    pretraining : Loss
        The loss on pre-training images.
    batch_size : int
        Images a step, drawn with replacement.
    pretraining_weight : float
        beta; 0.5 in both papers.
    own_noise, sigmas
        See `flow_matching_errors`.

    Raises
    ------
    ValueError
        If all images have the same score.
    """
    rewards = scale_rewards(scored.scores).float()

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        prompts = torch.randint(len(rewards), (batch_size,), generator=step.generator)
        images = torch.randint(rewards.shape[1], (batch_size,), generator=step.generator)
        batch = scored.pick(prompts, images).rows(slice(None))
        reward = rewards[prompts, images]
        share = step.worker.share(batch_size)
        errors = flow_matching_errors(transformer, batch, step.generator, own_noise, sigmas, share)
        pretraining_value, _ = pretraining(step)
        value = (reward[share].to(errors) * errors).mean() + pretraining_weight * pretraining_value
        return value, {"rows": prompts, "reward": reward.mean()}

    return loss


def scale_rewards(scores: Tensor) -> Tensor:
    """Scale scores linearly to [0, 1]. Raises ValueError if they are all the same."""
    low, high = scores.min(), scores.max()
    if not bool(high > low):
        raise ValueError("all images have the same score, so they cannot be weighted by it")
    return (scores - low) / (high - low)
