"""Several images of each prompt, generated and scored, for methods with a reward.

No image file is written: latents stay as the sampler left them, each with its starting noise.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray
from torch import Tensor

from gamelabel.files import replacing
from gamelabel.flow import Text, integrate
from gamelabel.games.pairs import rank_images
from gamelabel.images.judge import to_judge_size
from gamelabel.images.latents import decode_latents
from gamelabel.images.pipeline import fit_batch_size, sampling_sigmas, starting_noise, weights_hash
from gamelabel.parallel import executor, map_items
from gamelabel.scenes import adherence
from gamelabel.shared_objects import Shared, shared
from gamelabel.tuning.data import LatentDataset, cache_prompts
from gamelabel.tuning.disk_tensors import stack_on_disk, view_rows

ANNOTATORS = "annotators, SIMULATED"  # the name of `make_annotators` as a judge

# images (n, H, W, 3) and their prompts -> scores (n,), higher is better; see also reward.Scorer
ImageScorer = Callable[[NDArray[np.uint8], Sequence[str]], NDArray[np.float64]]


class ScoredImages(NamedTuple):
    """k images of each of N prompts.

    Attributes
    ----------
    latents, noise : Tensor, shape (N, k, tokens, channels)
        Packed latents, and the noise that they were generated from.
    scores : Tensor, shape (N, k)
        Higher is better.
    text : Text
        Encoded prompts, N rows.
    """

    latents: Tensor
    noise: Tensor
    scores: Tensor
    text: Text

    def pick(self, prompts: Tensor, images: Tensor) -> LatentDataset:
        """Return images as a view, by the number of the prompt (n,) and of the image (n,)."""
        index = prompts * self.scores.shape[1] + images
        return LatentDataset(
            view_rows([self.latents.flatten(0, 1)], index),
            view_rows([self.noise.flatten(0, 1)], index),
            Text(*(view_rows([part], prompts) for part in self.text)),
        )

    def best(self) -> LatentDataset:
        """Return the image with the highest score of each prompt, N rows."""
        return self.pick(torch.arange(len(self.scores)), self.scores.argmax(1))

    def worst(self) -> LatentDataset:
        """Return the image with the lowest score of each prompt, N rows."""
        return self.pick(torch.arange(len(self.scores)), self.scores.argmin(1))

    def best_and_worst(self) -> tuple[LatentDataset, LatentDataset]:
        """Return the best and the worst image of each prompt whose images differ in score.

        Raises ValueError if there is no such prompt.
        """
        differ = self.scores.amax(1) > self.scores.amin(1)
        if not differ.any():
            raise ValueError(
                "all images of each prompt have the same score: generate more images of each, or "
                "use a scorer with finer scores"
            )
        prompts = differ.nonzero().flatten()
        scores = self.scores[prompts]
        return self.pick(prompts, scores.argmax(1)), self.pick(prompts, scores.argmin(1))


def generate_scored(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    images_per_prompt: int,
    scorer: ImageScorer,
    judge: str,
    folder: Path,
    seed: int = 0,
    steps: int = 4,
    text: Text | None = None,
) -> ScoredImages:
    """Generate several images of every prompt, with the adapter that is loaded, and score them.

    Batches are made at once by the processes of `executor`.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    prompts : sequence of str
        N prompts.
    images_per_prompt : int
        Images of each prompt, k.
    scorer : ImageScorer
        Returns the scores of images (n, H, W, 3) and their prompts.
    judge : str
        The scorer's name, by which its results are known in `folder`.
    folder : Path
        Where results are saved, under a hash of all that they depend on: an interrupted call
        resumes, and equal calls share them.
    seed : int
        Seed of the starting noise.
    steps : int
        Sampling steps.
    text : Text, optional
        The encoded prompts, if available.

    Returns
    -------
    ScoredImages
        k images of N prompts.

    Raises
    ------
    ValueError
        If there is nothing to generate.
    ItemFailed
        If scores are not finite or not one an image.
    """
    if images_per_prompt < 1 or not prompts:
        raise ValueError(
            f"cannot generate {images_per_prompt} images of each of {len(prompts)} prompts: both "
            "numbers must be at least 1"
        )
    folder.mkdir(parents=True, exist_ok=True)
    text = text or cache_prompts(pipe, prompts, folder)
    n, k = len(prompts), images_per_prompt
    seeds = np.random.default_rng(seed).choice(2**31, (n, k), replace=False)
    name = _hash(weights_hash(pipe), judge, steps, seed, k, *prompts)
    prompts_per_file = max(1, fit_batch_size(pipe) // k)
    parts = [slice(start, start + prompts_per_file) for start in range(0, n, prompts_per_file)]
    files = [folder.absolute() / f"{name}-{part.start:06d}.pt" for part in parts]
    due = [(file, part) for file, part in zip(files, parts, strict=True) if not file.exists()]
    names = [f"images of prompts {part.start + 1} to {min(part.stop, n)}" for _, part in due]
    task_data = (pipe, list(prompts), text, seeds, scorer)
    with executor() as pool, shared(task_data, folder / f".{name}.pt") as task:
        write = partial(_write_part, task, judge, steps)
        for _ in map_items(pool, write, due, names, f"batches for {judge}"):
            pass

    def batches() -> Iterator[tuple[Tensor, ...]]:
        for file, part in zip(files, parts, strict=True):
            noise = starting_noise(pipe, seeds[part].flatten().tolist())
            latents, scores = torch.load(file, weights_only=True)
            yield tuple(x.unflatten(0, (-1, k)) for x in (latents, noise, scores))

    latents, noise, scores = stack_on_disk(batches(), n, folder)
    return ScoredImages(latents, noise, scores, text)


def _write_part(
    task: Shared[tuple[FluxPipeline, list[str], Text, NDArray[np.int64], ImageScorer]],
    judge: str,
    steps: int,
    item: tuple[Path, slice],
) -> None:
    """Generate and score the images of some prompts, in whichever process."""
    pipe, prompts, text, seeds, scorer = task.value
    file, part = item
    noise = starting_noise(pipe, seeds[part].flatten().tolist())
    rows = torch.arange(len(prompts))[part].repeat_interleave(seeds.shape[1])
    latents = _sample(pipe, noise, text.rows(rows), steps)
    scores = _score(pipe, latents, [prompts[row] for row in rows.tolist()], scorer, judge)
    with replacing(file) as partial_file:
        torch.save((latents, scores), partial_file)


@torch.no_grad()
def _sample(pipe: FluxPipeline, noise: Tensor, text: Text, steps: int) -> Tensor:
    """Return latents (n, tokens, channels) on the CPU, sampled in batches that fit in memory."""
    transformer, sigmas = pipe.transformer, sampling_sigmas(pipe, steps)
    batches = torch.arange(len(noise)).split(fit_batch_size(pipe))
    latents = [
        integrate(transformer, noise[rows].to(transformer.device), text.rows(rows), sigmas).cpu()
        for rows in batches
    ]
    return torch.cat(latents)


def _score(
    pipe: FluxPipeline, latents: Tensor, prompts: Sequence[str], scorer: ImageScorer, judge: str
) -> Tensor:
    images = decode_latents(pipe, latents.to(pipe.vae.device, pipe.vae.dtype))
    scores = torch.as_tensor(scorer(images, prompts)).double().cpu()
    infinite = int((~scores.isfinite()).sum())
    if scores.shape != (len(prompts),) or infinite:
        raise ValueError(
            f"{judge} returned scores of shape {tuple(scores.shape)} for {len(prompts)} images, "
            f"{infinite} of them not finite, of prompts such as {prompts[0]!r}: a scorer returns "
            "one number for each image"
        )
    return scores


def _hash(*values: object) -> str:
    return hashlib.sha256("\n".join(map(str, values)).encode()).hexdigest()[:16]


def make_annotators(annotators: int = 30, per_prompt: int = 5, seed: int = 0) -> ImageScorer:
    """Return a scorer of simulated annotators, who rank the images of a prompt.

    They see what the drawn world's judge sees, and err. The score of an image is minus its mean
    rank. Equal calls give equal ranks.

    Parameters
    ----------
    annotators : int
        Number of annotators.
    per_prompt : int
        How many of them rank the 4 to 9 images of a prompt.
    seed : int
        Seed of the annotators.

    Returns
    -------
    ImageScorer
        It raises UnknownPrompt, a ValueError, for prompts that are not of the world's grammar.
    """

    def score(images: NDArray[np.uint8], prompts: Sequence[str]) -> NDArray[np.float64]:
        names = np.arange(len(prompts)).astype(str)
        alignment = adherence(to_judge_size(images), list(prompts))[1]
        table = pd.DataFrame({"prompt_id": list(prompts), "image": names, "alignment": alignment})
        prompt_seed = seed + zlib.crc32("\n".join(prompts).encode())
        ranks = rank_images(table, annotators, per_prompt, prompt_seed)
        return -ranks.groupby("image")["rank"].mean().loc[names].to_numpy(float)

    return score
