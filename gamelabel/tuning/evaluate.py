"""What tuning changed: adherence on held-out prompts with paired seeds, and image quality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.images.judge import adherence_by_family, to_judge_size
from gamelabel.images.latents import latent_means
from gamelabel.images.pipeline import generate
from gamelabel.reliability.estimate import Estimate
from gamelabel.scenes import (
    FAMILIES,
    adherence,
    all_prompts,
    draw,
    normalize_prompt,
    parse,
    sample_prompts,
)

_IMAGES_AT_ONCE = 100


class HeldOutImages(NamedTuple):
    """Images that a model generated for held-out prompts.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, 64, 64, 3)
        The images, reduced to the judge's size.
    fits : ndarray of bool, shape (N,)
        Whether each fits its prompt exactly.
    features : ndarray of float32, shape (N, d)
        Their latents under the model's autoencoder, flattened.
    """

    images: NDArray[np.uint8]
    fits: NDArray[np.bool_]
    features: NDArray[np.float32]


def held_out_prompts(n: int, seed: int) -> tuple[list[str], list[int]]:
    """Return n prompts of combinations that no model was trained on, and a seed for each image.

    Families of prompts are equally frequent.
    """
    return sample_prompts(n, seed, "held-out"), [seed * 1_000_003 + i for i in range(n)]


def world_prompts(prompts: Iterable[str]) -> list[str]:
    """Return the prompts of the drawn world among others: its exact judge reads no other ones.

    >>> world_prompts(["a red circle", "a knight in the rain"])
    ['a red circle']
    """
    known = all_prompts()
    return [prompt for prompt in prompts if normalize_prompt(prompt) in known]


def generate_held_out(
    pipe: FluxPipeline,
    n: int,
    steps: int = 4,
    seed: int = 0,
    guidance: float = 1.0,
    progress: str = "images",
) -> HeldOutImages:
    """Generate images of held-out prompts and judge them.

    Parameters
    ----------
    pipe : FluxPipeline
        The model, with the adapter that is loaded. Larger images are reduced to the judge's size.
    n : int
        Number of images.
    steps : int
        Sampling steps.
    seed : int
        Seed of prompts and noise: two models with the same seed get the same ones.
    guidance : float
        Scale of classifier-free guidance; 1 for none.
    progress : str
        Title of the progress bar.

    Returns
    -------
    HeldOutImages
        n images.
    """
    return generate_test(pipe, *held_out_prompts(n, seed), steps, guidance, progress)


def generate_test(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    steps: int = 4,
    guidance: float = 1.0,
    progress: str = "images",
) -> HeldOutImages:
    """Generate images of other prompts of the world and judge them, as `generate_held_out` does.

    Parameters
    ----------
    pipe : FluxPipeline
        The model, with the adapter that is loaded.
    prompts, seeds : sequences of equal length N
        What to draw, and the seed of each image's noise.
    steps, guidance, progress
        See `generate_held_out`.

    Returns
    -------
    HeldOutImages
        N images.
    """
    batches = generate(pipe, prompts, seeds, steps, guidance, progress=progress)
    images = np.concatenate([to_judge_size(batch) for batch in batches])
    return HeldOutImages(images, adherence(images, prompts)[0], _features(pipe, images))


def drawing_features(pipe: FluxPipeline, n: int, seed: int = 0) -> NDArray[np.float32]:
    """Return features of true drawings of the same prompts, the reference of image quality."""
    prompts, seeds = held_out_prompts(n, seed)
    drawings = [draw(parse(prompt), s) for prompt, s in zip(prompts, seeds, strict=True)]
    return _features(pipe, np.stack(drawings))


def _features(pipe: FluxPipeline, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    starts = range(0, len(images), _IMAGES_AT_ONCE)
    batches = (images[start : start + _IMAGES_AT_ONCE] for start in starts)
    features = torch.cat([latent_means(pipe, batch).flatten(1) for batch in batches])
    return features.float().cpu().numpy()


def adherence_change(
    tuned: HeldOutImages | Sequence[HeldOutImages], base: HeldOutImages | Sequence[HeldOutImages]
) -> Estimate:
    """Estimate the change of adherence, the share of images that fit their prompts exactly.

    Parameters
    ----------
    tuned, base : HeldOutImages or sequence of HeldOutImages
        The images of both models, paired by prompt and noise. Of a method that was trained from
        several seeds pass the images of all its models: a prompt counts once, as their mean.

    Returns
    -------
    Estimate
        The difference of the shares, its normal 95 % interval, and the number of prompts.
    """
    difference = _fits(tuned) - _fits(base)
    value, n = float(difference.mean()), len(difference)
    margin = 1.96 * float(difference.std()) / n**0.5
    return Estimate(value, value - margin, value + margin, n)


def _fits(models: HeldOutImages | Sequence[HeldOutImages]) -> NDArray[np.float64]:
    """Return the share of the models whose image fits, for each prompt (N,)."""
    models = [models] if isinstance(models, HeldOutImages) else models
    return np.mean([model.fits for model in models], axis=0, dtype=float)


def change_by_family(tuned: HeldOutImages, base: HeldOutImages, seed: int = 0) -> pd.DataFrame:
    """Estimate the change of adherence overall and in each family of prompts.

    Parameters
    ----------
    tuned, base : HeldOutImages
        The images of both models.
    seed : int
        The seed of `generate_held_out`, which determines the prompts.

    Returns
    -------
    DataFrame
        The columns `name` ("all" and the families), `value`, `low`, `high`, `n`.
    """
    prompts, _ = held_out_prompts(len(tuned.fits), seed)
    families = np.array([parse(prompt).family for prompt in prompts])
    changes = {"all": adherence_change(tuned, base)}
    for family in FAMILIES:
        rows = families == family
        if rows.any():
            changes[family] = adherence_change(_rows(tuned, rows), _rows(base, rows))
    return pd.DataFrame([{"name": name, **change._asdict()} for name, change in changes.items()])


def _rows(images: HeldOutImages, rows: NDArray[np.bool_]) -> HeldOutImages:
    return HeldOutImages(images.images[rows], images.fits[rows], images.features[rows])


def evaluate_adherence(
    pipe: FluxPipeline,
    n: int,
    steps: int = 4,
    seed: int = 0,
    guidance: float = 1.0,
    progress: str = "images",
) -> dict[str, Any]:
    """Return what `gamelabel world evaluate` prints: steps, seed, adherence overall and by family.

    The parameters are those of `generate_held_out`.
    """
    generated = generate_held_out(pipe, n, steps, seed, guidance, progress)
    prompts, _ = held_out_prompts(n, seed)
    return {"steps": steps, "seed": seed, **adherence_by_family(generated.fits, prompts)}
