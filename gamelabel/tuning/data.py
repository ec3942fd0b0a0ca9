"""What tuning learns from: pictures as latents with their own starting noise and their prompts, row by row.

Everything is kept by sample: row i of the latents, of the noise and of the text belong to the same picture, whatever
order a step draws them in. The rows lie on disk (`on_disk`): 6,800 prompts of FLUX.1 take 14 GB, their latents 7.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from gamelabel.flow import Text, pack
from gamelabel.images import read_image
from gamelabel.images.pipeline import encode_prompts, fit_batch_size, starting_noise

_PROMPTS = 64  # encoded at once
_RESERVE = getattr(
    os, "posix_fallocate", lambda number, _, size: os.ftruncate(number, size)
)  # macOS has none


class Pictures(NamedTuple):
    """N pictures: packed latents and starting noise (N, tokens, channels), encoded prompts of N rows."""

    clean: Tensor
    noise: Tensor
    text: Text

    def rows(self, index: Tensor) -> Pictures:
        """The given rows of everything."""
        return Pictures(self.clean[index], self.noise[index], self.text.rows(index))


def read_pictures(
    pipe: FluxPipeline,
    files: Sequence[Path],
    seeds: Sequence[int],
    prompts: Sequence[str] | Text,
    batch: int = 0,
    scratch: Path | None = None,
) -> Pictures:
    """Encode picture files and prompts once; the noise is what `images.generate` starts from for each seed.

    Where a seed is not known (null, as in released pictures) its noise is not-a-number: a loss that uses it stops.
    prompts may be the text of other pictures with the same prompts. scratch: the folder whose disk holds the rows.
    Raises ValueError where there is no file or pictures differ in size, FileNotFoundError, before anything is encoded,
    where files are missing, OSError where the disk has no room.
    """
    if not files:
        raise ValueError(
            "there are no pictures to learn from: no data point has more votes for one of its pictures"
        )
    if lacking := [file for file in files if not file.is_file()]:
        raise FileNotFoundError(
            f"{len(lacking)} of {len(files)} pictures are not there, such as {lacking[0]}: run the step that draws "
            "them again, or leave their pairs out"
        )
    batch = fit_batch_size(pipe, batch)
    parts = [slice(start, start + batch) for start in range(0, len(files), batch)]
    text = prompts if isinstance(prompts, Text) else read_text(pipe, prompts, scratch)
    latents = ((encode_files(pipe, files[part]),) for part in tqdm(parts, desc="latents"))
    (clean,) = collect(latents, len(files), scratch)
    if not pd.notna(pd.Series(seeds)).any():
        return Pictures(clean, torch.tensor(math.nan).expand(clean.shape), text)
    (noise,) = collect(((_noise(pipe, seeds[part]),) for part in parts), len(files), scratch)
    return Pictures(clean, noise, text)


def read_text(pipe: FluxPipeline, prompts: Sequence[str], scratch: Path | None = None) -> Text:
    """Encode prompts once, onto the disk of `scratch`."""
    parts = (
        prompts[start : start + _PROMPTS]
        for start in tqdm(range(0, len(prompts), _PROMPTS), desc="prompts")
    )
    return Text(*collect((encode_prompts(pipe, part) for part in parts), len(prompts), scratch))


def _noise(pipe: FluxPipeline, seeds: Sequence[int]) -> Tensor:
    known = pd.notna(pd.Series(seeds)).to_numpy()
    noise = starting_noise(
        pipe, [int(seed) if k else 0 for seed, k in zip(seeds, known, strict=True)]
    )
    noise[torch.from_numpy(~known)] = math.nan
    return noise


def collect(
    parts: Iterable[tuple[Tensor, ...]], rows: int, scratch: Path | None = None
) -> list[Tensor]:
    """Batches of tensors with as many rows, one after another on disk."""
    whole: list[Tensor] = []
    start = 0
    for part in parts:
        whole = whole or [on_disk((rows, *each.shape[1:]), each.dtype, scratch) for each in part]
        for all_rows, some in zip(whole, part, strict=True):
            all_rows[start : start + len(some)] = some
        start += len(part[0])
    return whole


def join(sets: Sequence[Pictures], scratch: Path | None = None) -> Pictures:
    """The rows of several sets of pictures, one set after another."""
    parts = (
        (*some[:2], *some.text)
        for pictures in sets
        for some in map(pictures.rows, torch.arange(len(pictures.clean)).split(_PROMPTS))
    )
    clean, noise, *text = collect(parts, sum(len(pictures.clean) for pictures in sets), scratch)
    return Pictures(clean, noise, Text(*text))


def on_disk(shape: Sequence[int], dtype: torch.dtype, scratch: Path | None = None) -> Tensor:
    """A tensor on the CPU whose values lie in a nameless file, which goes when the tensor does.

    The system keeps in memory what it has room for. Raises OSError where the disk has too little room for it all.
    """
    size = math.prod(shape) * dtype.itemsize
    with tempfile.NamedTemporaryFile(prefix=".rows-", dir=scratch) as file:
        try:
            _RESERVE(
                file.fileno(), 0, size
            )  # a file with holes would end the process once the disk is full
        except OSError as error:
            raise OSError(
                error.errno,
                f"no room for {size / 1e9:.2g} GB of latents and text",
                str(Path(file.name).parent),
            ) from None
        return torch.from_file(file.name, shared=True, size=math.prod(shape), dtype=dtype).view(
            *shape
        )


def encode_files(pipe: FluxPipeline, files: Sequence[Path]) -> Tensor:
    """Square picture files of one size -> packed latents, scaled as the transformer knows them."""
    return encode_pictures(pipe, np.stack(list(_open_square(files))))


@torch.no_grad()
def encode_pictures(pipe: FluxPipeline, pictures: NDArray[np.uint8]) -> Tensor:
    """Pictures, uint8 (n, H, W, 3), -> packed latents (n, tokens, channels), scaled as the transformer knows them."""
    pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(pipe.vae.device, pipe.vae.dtype)
    latents = pipe.vae.encode(pixels.div(127.5).sub(1.0)).latent_dist.mean
    return pack((latents - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor).float()


def _open_square(files: Sequence[Path]) -> Iterator[np.ndarray]:
    side = 0
    for file in files:
        picture = read_image(file)
        height, width, _ = picture.shape
        side = side or height
        if not height == width == side:
            raise ValueError(
                f"{file} is {width} x {height} pixels, where {side} x {side} was expected: tuning takes square "
                "pictures of one size; cut and scale them alike first"
            )
        yield picture


def preferences(pairs: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Preference points with more votes for one side: pair_id, prompt, then image and seed, won and lost.

    Ties by vote are left out; comparison points never serve. Raises ValueError for pairs without both pictures, and for
    those that show the same one twice.
    """
    votes = pd.crosstab(labels["pair_id"], labels["choice"]).reindex(
        columns=["a", "b"], fill_value=0
    )
    voted = pairs[pairs["kind"] == "preference"].merge(votes, left_on="pair_id", right_index=True)
    decided = voted[voted["a"] != voted["b"]]
    _check_pairs(decided)
    first = (decided["a"] > decided["b"]).to_numpy()
    columns = {"pair_id": decided["pair_id"], "prompt": decided["prompt"]}
    for name, side in (("won", first), ("lost", ~first)):
        for what in ("image", "seed"):
            columns[f"{what}_{name}"] = np.where(side, decided[f"{what}_a"], decided[f"{what}_b"])
    return pd.DataFrame(columns).reset_index(drop=True)


def _check_pairs(pairs: pd.DataFrame) -> None:
    one, other = pairs["image_a"], pairs["image_b"]
    for wrong, says in (
        (one.isna() | other.isna(), "a picture missing"),
        (one == other, "the same picture twice"),
    ):
        if names := pairs.loc[wrong, "pair_id"].astype(str).tolist():
            raise ValueError(
                f"{len(names)} of {len(pairs)} pairs have {says}: {', '.join(names[:3])}{', ...' * (len(names) > 3)}; "
                "nothing can be learned from them, leave them out"
            )


def unselected(chosen: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The control: of each pair of `preferences` one picture at random, whatever the players said: image, seed."""
    first = np.random.default_rng(seed).random(len(chosen)) < 0.5
    return pd.DataFrame(
        {w: np.where(first, chosen[f"{w}_won"], chosen[f"{w}_lost"]) for w in ("image", "seed")}
    )
