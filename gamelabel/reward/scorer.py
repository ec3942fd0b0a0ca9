"""What a scorer is, and how scores of many images are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Picture = NDArray[np.uint8] | Path | str  # RGB (H, W, 3), or a file

# Images and their prompts -> scores (n,); higher is better. `RewardModel.score` is one.
Scorer = Callable[[Sequence[Picture] | NDArray[np.uint8], Sequence[str]], NDArray[np.float64]]


def score_batches(
    score_batch: Callable[[Sequence[Picture] | NDArray[np.uint8], Sequence[str]], Tensor],
    images: Sequence[Picture] | NDArray[np.uint8],
    prompts: Sequence[str],
    batch_size: int,
) -> NDArray[np.float64]:
    """Score images in batches.

    Parameters
    ----------
    score_batch : callable
        Takes a batch of images and their prompts, returns scores (n,).
    images : sequence of array or path
        N images.
    prompts : sequence of str
        The prompt of each image.
    batch_size : int
        Images scored at once.

    Returns
    -------
    array
        float (N,).

    Raises
    ------
    ValueError
        If there is not one prompt for each image.
    """
    check_prompts(images, prompts)
    scores = []
    for start in range(0, len(prompts), batch_size):
        rows = slice(start, start + batch_size)
        scores.append(score_batch(images[rows], prompts[rows]).double().cpu().numpy())
    return np.concatenate(scores) if scores else np.zeros(0)


def check_prompts(images: Sequence[Picture] | NDArray[np.uint8], prompts: Sequence[str]) -> None:
    """Raise ValueError unless there is one prompt for each image."""
    if isinstance(prompts, str):
        raise ValueError(f"{len(images)} images but one string: give a list with a prompt for each")
    if len(images) != len(prompts):
        raise ValueError(
            f"{len(images)} images but {len(prompts)} prompts: give a list with a prompt for each"
        )


def cached_scorer(scorer: Scorer) -> Scorer:
    """Return a scorer of image files that scores each pair of file and prompt once."""
    cache: dict[tuple[str, str], float] = {}

    def score(
        images: Sequence[Picture] | NDArray[np.uint8], prompts: Sequence[str]
    ) -> NDArray[np.float64]:
        check_prompts(images, prompts)
        keys = [(str(image), prompt) for image, prompt in zip(images, prompts, strict=True)]
        new = [key for key in dict.fromkeys(keys) if key not in cache]
        files, texts = [Path(file) for file, _ in new], [prompt for _, prompt in new]
        cache.update(zip(new, scorer(files, texts).tolist(), strict=True))
        return np.array([cache[key] for key in keys], float)

    return score
