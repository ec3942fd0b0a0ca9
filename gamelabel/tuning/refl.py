"""Reward feedback learning (ReFL): follow the gradient of a reward model through the decoder.

Xu et al. 2023, algorithm 1: sample without gradient down to a random late step, take one step with
gradient to the clean image, and minimize lambda relu(2 - r). An optimizer step on a pre-training
loss of its own precedes each: without it, models get worse than their base.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from diffusers import FluxPipeline
from torch import Tensor
from torch.nn.functional import relu
from torch.utils.checkpoint import checkpoint

from gamelabel.flow import Text, integrate
from gamelabel.images.latents import decode_pixels, image_size
from gamelabel.images.pipeline import sampling_sigmas, starting_noise
from gamelabel.training import Loss, Metrics, TrainingStep

REWARD_WEIGHT = 1e-3  # lambda, as in ImageReward's code
TARGET_REWARD = 2.0  # images with a higher score are good enough
# Decoded at once with gradients; one image of 1024 x 1024 takes 12 GB for it.
_DECODED_PIXELS = 2**20

# pixels (N, 3, H, W) in [0, 1] and their prompts -> scores (N,), with gradients to the pixels
Reward = Callable[[Tensor, Sequence[str]], Tensor]


def refl_loss(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    text: Text,
    reward: Reward,
    batch_size: int,
    steps: int = 4,
    last_steps: int = 2,
    weight: float = REWARD_WEIGHT,
) -> Loss:
    """Return the reward loss, which takes turns with a loss of pre-training images.

    Pass both to `tune_adapter`, as `[pretraining_loss, refl_loss(...)]`.

    Parameters
    ----------
    pipe : FluxPipeline
        The model. Its autoencoder is frozen.
    prompts : sequence of str
        The prompts to generate.
    text : Text
        The same, encoded.
    reward : callable
        A differentiable reward, such as `RewardModel.reward` of a model with
        `requires_grad_(False)`.
    batch_size : int
        Images a step.
    steps : int
        Sampling steps.
    last_steps : int
        One of this number of last steps, at random, has the gradient; from there
        x0 = x_t - sigma v is the image that is scored. ImageReward uses the last quarter, one
        step of four; from the last two more than the finest details can change.
    weight : float
        lambda.

    Raises
    ------
    ValueError
        If `last_steps` is not from 1 to `steps`.
    """
    if not 1 <= last_steps <= steps:
        raise ValueError(f"last_steps must be from 1 to {steps}, the sampling steps: {last_steps}")
    sigmas, transformer = sampling_sigmas(pipe, steps), pipe.transformer
    pipe.vae.requires_grad_(False)
    at_once = max(1, _DECODED_PIXELS // image_size(pipe) ** 2)
    if at_once == 1:
        # stays on, since the backward pass decodes again after the loss is returned
        pipe.vae.enable_gradient_checkpointing()

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        rows = torch.randint(len(prompts), (batch_size,), generator=step.generator)
        seeds = torch.randint(2**31, (batch_size,), generator=step.generator).tolist()
        share = step.worker.share(batch_size)
        rows, seeds = rows[share], seeds[share]
        at = steps - 1 - int(torch.randint(last_steps, (), generator=step.generator))
        batch = text.rows(rows)
        with torch.no_grad():
            noise = starting_noise(pipe, seeds).to(transformer.device)
            x_t = integrate(transformer, noise, batch, sigmas[:at], end=sigmas[at])
        x0 = integrate(transformer, x_t, batch, sigmas[at : at + 1])
        texts = [prompts[row] for row in rows.tolist()]
        scores = _score_images(pipe, x0, texts, reward, at_once)
        value = weight * relu(TARGET_REWARD - scores).mean()
        return value, {"rows": rows, "reward": scores.mean()}

    return loss


def _score_images(
    pipe: FluxPipeline, latents: Tensor, prompts: Sequence[str], reward: Reward, at_once: int
) -> Tensor:
    """Decode and score latents with gradients.

    Large images are decoded one after another, and nothing in the decoder is kept for the backward
    pass, which decodes them again, a block at a time.
    """
    if len(latents) <= at_once and at_once > 1:
        return reward(decode_pixels(pipe, latents), prompts)

    def score(part: Tensor, texts: Sequence[str]) -> Tensor:
        return reward(decode_pixels(pipe, part), texts)

    starts = range(0, len(latents), at_once)
    parts = [slice(start, start + at_once) for start in starts]
    scores = [checkpoint(score, latents[p], prompts[p], use_reentrant=False) for p in parts]
    return torch.cat(scores)
