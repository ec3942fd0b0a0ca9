"""Several images of each prompt, for rankings and for the best of n: plan, draw and judge them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline

from gamelabel.images.judge import read_image, to_judge_size
from gamelabel.images.pairs import draw_files
from gamelabel.scenes import adherence


def plan_several(
    prompts: pd.DataFrame, images_per_prompt: int, seed: int, folder: str = "images"
) -> pd.DataFrame:
    """Plan several images of every prompt.

    Parameters
    ----------
    prompts : DataFrame
        The prompts, with columns prompt_id and text.
    images_per_prompt : int
        Number of images of each prompt.
    seed : int
        Seed of the plan.
    folder : str
        Where the images will lie, below the run's folder.

    Returns
    -------
    DataFrame
        One row for each image: prompt_id, prompt, image (its path below the run's folder) and
        seed (no seed occurs twice).

    Raises
    ------
    ValueError
        If `images_per_prompt` is below 1.
    """
    if images_per_prompt < 1:
        raise ValueError(f"{images_per_prompt} images per prompt: draw at least 1")
    distinct = prompts.drop_duplicates("prompt_id")
    repeated = distinct.index.repeat(images_per_prompt)
    rows = distinct.loc[repeated, ["prompt_id", "text"]].reset_index(drop=True)
    number = rows.groupby("prompt_id").cumcount().astype(str)
    seeds = np.random.default_rng(seed).choice(2**31, len(rows), replace=False)
    image = folder + "/" + rows["prompt_id"] + "-" + number + ".png"
    return rows.rename(columns={"text": "prompt"}).assign(image=image, seed=seeds)


def draw_several(
    pipe: FluxPipeline,
    images: pd.DataFrame,
    folder: Path,
    steps: int = 4,
    guidance: float = 1.0,
    batch_size: int = 0,
) -> int:
    """Draw the missing images of a plan from `plan_several`; see `draw_files`.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    images : DataFrame
        The plan.
    folder : Path
        The run's folder.
    steps, guidance, batch_size
        As in `generate`.

    Returns
    -------
    int
        The number of images drawn.
    """
    rows = zip(images["image"], images["prompt"], images["seed"], strict=True)
    files = [(folder / image, prompt, int(seed)) for image, prompt, seed in rows]
    return draw_files(pipe, files, steps, guidance, batch_size)


def judge_several(images: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add to a plan what the judge sees in each image: alignment in [0, 1], and fits.

    Raises
    ------
    UnknownPrompt
        If the judge cannot read a prompt; a subclass of ValueError.
    """
    stack = to_judge_size(np.stack([read_image(folder / image) for image in images["image"]]))
    fits, score = adherence(stack, images["prompt"].tolist())
    return images.assign(alignment=score, fits=fits)
