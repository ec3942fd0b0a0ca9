"""What tuning learns from: pictures as latents with their own starting noise and their prompts, row by row.

Everything is kept by sample: row i of the latents, of the noise and of the text belong to the same picture, whatever
order a step draws them in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from gamelabel.flow import Text, pack
from gamelabel.images import encode, starting_noise


class Pictures(NamedTuple):
    """N pictures: packed latents and starting noise (N, tokens, channels), encoded prompts of N rows."""

    clean: Tensor
    noise: Tensor
    text: Text

    def rows(self, index: Tensor) -> Pictures:
        """The given rows of everything."""
        return Pictures(self.clean[index], self.noise[index], self.text.rows(index))


def read_pictures(
    pipe: FluxPipeline, files: Sequence[Path], seeds: Sequence[int], prompts: Sequence[str], batch: int = 64
) -> Pictures:
    """Encode picture files and prompts once; the noise is what `images.generate` starts from for each seed.

    Where a seed is not known (null, as in released pictures) its noise is not-a-number: a loss that uses it stops.
    """
    latents = [encode_files(pipe, files[i : i + batch]) for i in tqdm(range(0, len(files), batch), desc="latents")]
    text = encode(pipe, prompts)
    known = pd.notna(pd.Series(seeds)).to_numpy()
    noise = starting_noise(pipe, [int(seed) if k else 0 for seed, k in zip(seeds, known, strict=True)])
    noise[torch.from_numpy(~known)] = float("nan")
    return Pictures(torch.cat(latents), noise, Text(text.embeds.clone(), text.pooled.clone()))


@torch.no_grad()
def encode_files(pipe: FluxPipeline, files: Sequence[Path]) -> Tensor:
    """Picture files of one size -> packed latents, scaled as the transformer knows them."""
    pictures = []
    for file in files:
        with Image.open(file) as image:
            pictures.append(np.asarray(image.convert("RGB")))
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(pipe.vae.device, pipe.vae.dtype)
    latents = pipe.vae.encode(pixels.div(127.5).sub(1.0)).latent_dist.mean
    return pack((latents - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor).float()


def preferences(pairs: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Preference points with more votes for one side: pair_id, prompt, then image and seed, won and lost.

    Ties by vote are left out; comparison points never serve.
    """
    votes = pd.crosstab(labels["pair_id"], labels["choice"]).reindex(columns=["a", "b"], fill_value=0)
    voted = pairs[pairs["kind"] == "preference"].merge(votes, left_on="pair_id", right_index=True)
    decided = voted[voted["a"] != voted["b"]]
    first = (decided["a"] > decided["b"]).to_numpy()
    columns = {"pair_id": decided["pair_id"], "prompt": decided["prompt"]}
    for name, side in (("won", first), ("lost", ~first)):
        for what in ("image", "seed"):
            columns[f"{what}_{name}"] = np.where(side, decided[f"{what}_a"], decided[f"{what}_b"])
    return pd.DataFrame(columns).reset_index(drop=True)


def unselected(chosen: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The control: of each pair of `preferences` one picture at random, whatever the players said: image, seed."""
    first = np.random.default_rng(seed).random(len(chosen)) < 0.5
    return pd.DataFrame({w: np.where(first, chosen[f"{w}_won"], chosen[f"{w}_lost"]) for w in ("image", "seed")})
