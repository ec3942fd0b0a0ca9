"""Best of n by the exact judge of the drawn world: what selection could give at most.

No person is as exact. The images are to players' choices what an upper bound is to a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.images.judge import to_judge_size
from gamelabel.scenes import adherence, all_prompts, normalize_prompt
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.scored import ScoredImages, generate_scored

JUDGE = "judge"  # the name of `judge_scores` in the saved results of `generate_scored`


def judge_scores(images: NDArray[np.uint8], prompts: Sequence[str]) -> NDArray[np.float64]:
    """Return the share of its prompt's facts that each image (n, H, W, 3) shows, a scorer.

    Raises UnknownPrompt, a ValueError, for prompts outside the world's grammar.
    """
    return adherence(to_judge_size(images), list(prompts))[1]


def generate_judged(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    images_per_prompt: int,
    folder: Path,
    seed: int = 0,
    steps: int = 4,
) -> ScoredImages:
    """Generate images of prompts and score them by the judge; see `generate_scored`."""
    task = (folder, seed, steps)
    return generate_scored(pipe, prompts, images_per_prompt, judge_scores, JUDGE, *task)


def best_of_judge(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    images_per_prompt: int,
    folder: Path,
    seed: int = 0,
    steps: int = 4,
) -> dict[str, LatentDataset]:
    """Return the best of several images of each prompt, under a name such as "best of 8".

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    prompts : sequence of str
        The prompts.
    images_per_prompt : int
        Images to generate of each.
    folder : Path
        Where they are saved; an interrupted call resumes.
    seed : int
        Seed of the starting noise.
    steps : int
        Sampling steps.

    Returns
    -------
    dict of str to LatentDataset
        One entry; none where the judge cannot read the prompts.
    """
    if not all_prompts().keys() >= set(map(normalize_prompt, prompts)):
        return {}
    scored = generate_judged(pipe, prompts, images_per_prompt, folder, seed, steps)
    return {f"best of {images_per_prompt}": scored.best()}
