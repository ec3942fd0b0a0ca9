"""Several pictures of each prompt, as annotators rank them and as the best of several are chosen: plan, draw, judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline

from gamelabel.images.judge import open_picture, reduced
from gamelabel.images.pairs import draw_files
from gamelabel.scenes import adherence


def plan_several(
    prompts: pd.DataFrame, each: int, seed: int, folder: str = "images"
) -> pd.DataFrame:
    """Plan `each` pictures of every prompt (columns prompt_id, text): prompt_id, prompt, image, seed, to be drawn.

    image: a path in the run's folder; no seed is there twice. Raises ValueError for fewer than one picture a prompt.
    """
    if each < 1:
        raise ValueError(f"{each} pictures of a prompt: draw at least 1")
    distinct = prompts.drop_duplicates("prompt_id")
    rows = distinct.loc[distinct.index.repeat(each), ["prompt_id", "text"]].reset_index(drop=True)
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
    batch: int = 0,
) -> int:
    """Draw what is missing or broken of a plan from `plan_several`; returns how many were drawn. Raises OSError."""
    rows = zip(images["image"], images["prompt"], images["seed"], strict=True)
    files = [(folder / image, prompt, int(seed)) for image, prompt, seed in rows]
    return draw_files(pipe, files, steps, guidance, batch)


def judge_several(images: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The plan with what is true of each picture, by the world's judge: alignment in [0, 1], and whether it fits.

    Raises UnknownPrompt (a ValueError) for prompts that the judge cannot read.
    """
    pictures = reduced(np.stack([open_picture(folder / image) for image in images["image"]]))
    fits, score = adherence(pictures, images["prompt"].tolist())
    return images.assign(alignment=score, fits=fits)
