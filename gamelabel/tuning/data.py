"""Training data: latents of images with their starting noise and encoded prompts, in memory maps.

Row i of the latents, of the noise and of the text belong to the same image. FLUX.1's text
embeddings of 6,800 prompts take 14 GB and their latents 7, so all rows are memory-mapped files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from gamelabel.flow import Text
from gamelabel.images.judge import read_image
from gamelabel.images.latents import encode_images, image_size
from gamelabel.images.pipeline import (
    encode_prompts,
    encoders_on_device,
    fit_batch_size,
    release_encoders,
    starting_noise,
)
from gamelabel.scenes import draw, parse, sample_prompts
from gamelabel.scenes.draw import SIDE
from gamelabel.tuning.disk_tensors import stack_on_disk, view_rows

_PROMPTS_AT_ONCE = 64


class LatentDataset(NamedTuple):
    """N images, as a model learns from them; rows may be views, see `view_rows`.

    Attributes
    ----------
    latents : Tensor, shape (N, tokens, channels)
        Packed latents.
    noise : Tensor, shape (N, tokens, channels)
        The noise that each image was generated from; NaN where it is not known.
    text : Text
        Encoded prompts, N rows.
    """

    latents: Tensor
    noise: Tensor
    text: Text

    def rows(self, index: Any) -> LatentDataset:
        """Read the rows of an index, a tensor or a slice."""
        return LatentDataset(self.latents[index], self.noise[index], self.text.rows(index))


def preference_pairs(pairs: pd.DataFrame, preferences: pd.DataFrame) -> pd.DataFrame:
    """Join data points with what people prefer.

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs`.
    preferences : DataFrame
        The table `preferences`.

    Returns
    -------
    DataFrame
        One row per preference, in the order of `preferences`: `pair_id`, `prompt`, `image_chosen`,
        `seed_chosen`, `image_rejected`, `seed_rejected`, and `probability`, that the chosen image
        is the better one.

    Raises
    ------
    ValueError
        If a preference has no data point, an image is missing, or both images are the same.
    """
    joined = preferences.merge(pairs, on="pair_id", how="left", validate="one_to_one")
    unknown = ~joined["pair_id"].isin(pairs["pair_id"])
    missing = joined["image_a"].isna() | joined["image_b"].isna()
    same = joined["image_a"] == joined["image_b"]
    _check_pairs(joined, unknown, "are not in the table pairs: run the steps in order")
    _check_pairs(joined, missing, "have no image: leave them out")
    _check_pairs(joined, same, "show the same image twice: leave them out")
    a_chosen = joined["chosen"] == "a"
    table = joined[["pair_id", "prompt"]].copy()
    for name, is_a in (("chosen", a_chosen), ("rejected", ~a_chosen)):
        for column in ("image", "seed"):
            table[f"{column}_{name}"] = joined[f"{column}_a"].where(is_a, joined[f"{column}_b"])
    return table.assign(probability=joined["probability"])


def _check_pairs(joined: pd.DataFrame, wrong: pd.Series, message: str) -> None:
    if wrong.any():
        names = joined.loc[wrong, "pair_id"].astype(str).tolist()
        shown = ", ".join(names[:3]) + ", ..." * (len(names) > 3)
        raise ValueError(f"{len(names)} of {len(joined)} preferences ({shown}) {message}")


def cache_pairs(
    pipe: FluxPipeline, pairs: pd.DataFrame, folder: Path
) -> tuple[LatentDataset, LatentDataset]:
    """Encode the chosen and the rejected images of `preference_pairs`; see `cache_latents`.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    pairs : DataFrame
        The result of `preference_pairs`.
    folder : Path
        The folder of the run: image paths are relative to it, and its disk holds the rows.

    Returns
    -------
    chosen, rejected : LatentDataset
        Row i of both belongs to pair i.
    """
    text: Sequence[str] | Text = pairs["prompt"].tolist()
    datasets = []
    for side in ("chosen", "rejected"):
        files = [folder / image for image in pairs[f"image_{side}"]]
        seeds = pairs[f"seed_{side}"].tolist()
        datasets.append(cache_latents(pipe, files, seeds, text, folder))
        text = datasets[-1].text
    return datasets[0], datasets[1]


def cache_latents(
    pipe: FluxPipeline,
    files: Sequence[Path],
    seeds: Sequence[int],
    prompts: Sequence[str] | Text,
    scratch: Path | None = None,
    batch_size: int = 0,
) -> LatentDataset:
    """Encode image files and their prompts.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    files : sequence of Path
        N images; those of another size than the model's are scaled and cropped, see `fit_square`.
    seeds : sequence of int
        The seeds that they were generated from, null where unknown.
    prompts : sequence of str, or Text
        Their prompts, or encoded prompts to share with another dataset.
    scratch : Path, optional
        A folder on the disk that holds the rows; by default that of temporary files.
    batch_size : int
        Images to encode at once; 0 for as many as their size allows.

    Returns
    -------
    LatentDataset
        N rows.

    Raises
    ------
    ValueError
        If there are no files.
    FileNotFoundError
        If files do not exist; nothing is encoded then.
    OSError
        If the disk is too small.
    """
    if not files:
        raise ValueError("there are no images to learn from: the table preferences is empty")
    if missing := [file for file in files if not file.is_file()]:
        raise FileNotFoundError(
            f"{len(missing)} of {len(files)} images do not exist, such as {missing[0].absolute()}: "
            "run the step that generates them again, or leave their pairs out"
        )
    batch_size = fit_batch_size(pipe, batch_size)
    batches = [slice(start, start + batch_size) for start in range(0, len(files), batch_size)]
    text = prompts if isinstance(prompts, Text) else cache_prompts(pipe, prompts, scratch)
    encoded = ((encode_files(pipe, files[batch]),) for batch in tqdm(batches, desc="latents"))
    (latents,) = stack_on_disk(encoded, len(files), scratch)
    if not pd.notna(pd.Series(seeds)).any():
        return LatentDataset(latents, unknown_noise(latents), text)
    noises = ((_noise(pipe, seeds[batch]),) for batch in batches)
    (noise,) = stack_on_disk(noises, len(files), scratch)
    return LatentDataset(latents, noise, text)


def cache_prompts(pipe: FluxPipeline, prompts: Sequence[str], scratch: Path | None = None) -> Text:
    """Encode prompts; the result has as many rows, in a memory map on the disk of `scratch`.

    The text encoders leave a GPU afterwards.
    """
    starts = range(0, len(prompts), _PROMPTS_AT_ONCE)
    batches = (prompts[start : start + _PROMPTS_AT_ONCE] for start in tqdm(starts, desc="prompts"))
    with encoders_on_device(pipe):
        encoded = (encode_prompts(pipe, batch) for batch in batches)
        text = Text(*stack_on_disk(encoded, len(prompts), scratch))
    release_encoders(pipe)
    return text


def _noise(pipe: FluxPipeline, seeds: Sequence[int]) -> Tensor:
    known = pd.notna(pd.Series(seeds)).to_numpy()
    numbers = [int(seed) if is_known else 0 for seed, is_known in zip(seeds, known, strict=True)]
    noise = starting_noise(pipe, numbers)
    noise[torch.from_numpy(~known)] = math.nan
    return noise


def unknown_noise(latents: Tensor) -> Tensor:
    """Return NaN in the shape of the latents, without memory: a loss that uses it stops."""
    return torch.tensor(math.nan).expand(latents.shape)


def encode_files(pipe: FluxPipeline, files: Sequence[Path]) -> Tensor:
    """Encode image files as packed latents (N, tokens, channels); see `fit_square`."""
    side = image_size(pipe)
    return encode_images(pipe, np.stack([fit_square(read_image(file), side) for file in files]))


def fit_square(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Make an image (H, W, 3) square: scale its shorter edge to `side`, and keep the middle.

    Released images have other sizes than the model's. An image of the right size is unchanged.

    >>> fit_square(np.zeros((10, 40, 3), np.uint8), 20).shape
    (20, 20, 3)
    """
    height, width, _ = image.shape
    if height == width == side:
        return image
    scale = side / min(height, width)
    size = (max(side, round(width * scale)), max(side, round(height * scale)))
    scaled = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
    left, top = ((edge - side) // 2 for edge in size)
    return scaled[top : top + side, left : left + side]


def pretraining_scenes(
    pipe: FluxPipeline, n: int, seed: int = 0, scratch: Path | None = None
) -> LatentDataset:
    """Draw scenes of the embedded model's training prompts, for methods with a pre-training term.

    Parameters
    ----------
    pipe : FluxPipeline
        A model of images of the drawn world's size.
    n : int
        Number of drawings.
    seed : int
        Seed of prompts and drawings.
    scratch : Path, optional
        A folder on the disk that holds the rows.

    Returns
    -------
    LatentDataset
        n rows of unknown noise.

    Raises
    ------
    ValueError
        If the model generates images of another size.
    """
    if image_size(pipe) != SIDE:
        raise ValueError(
            f"drawn scenes are {SIDE} x {SIDE} pixels, but this model generates {image_size(pipe)} "
            f"x {image_size(pipe)}: encode images of its own size with cache_latents"
        )
    prompts = sample_prompts(n, seed)
    seeds = range(seed * 1_000_003, seed * 1_000_003 + n)

    def batches() -> Iterator[tuple[Tensor]]:
        for start in tqdm(range(0, n, _PROMPTS_AT_ONCE), desc="scenes"):
            part = slice(start, start + _PROMPTS_AT_ONCE)
            scenes = [draw(parse(p), s) for p, s in zip(prompts[part], seeds[part], strict=True)]
            yield (encode_images(pipe, np.stack(scenes)),)

    (latents,) = stack_on_disk(batches(), n, scratch)
    text = cache_prompts(pipe, prompts, scratch)
    return LatentDataset(latents, unknown_noise(latents), text)


def concatenate(datasets: Sequence[LatentDataset]) -> LatentDataset:
    """Return the rows of several datasets, one dataset after another, as a view."""
    index = torch.arange(sum(len(dataset.latents) for dataset in datasets))
    return LatentDataset(
        view_rows([dataset.latents for dataset in datasets], index),
        view_rows([dataset.noise for dataset in datasets], index),
        Text(*(view_rows(parts, index) for parts in zip(*(d.text for d in datasets), strict=True))),
    )
