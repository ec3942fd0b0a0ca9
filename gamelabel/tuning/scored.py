"""Several pictures of each prompt, drawn by the model as it is and scored by any scorer, for methods with a reward.

No picture file is written: latents stay as the sampler left them, each with the noise that it was drawn from.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from gamelabel.flow import Text, few_step_sigmas, integrate
from gamelabel.images.latents import decode_latents
from gamelabel.images.pipeline import fit_batch_size, starting_noise, weights_hash
from gamelabel.tuning.data import Pictures, collect, read_text

# pictures, uint8 (n, H, W, 3), and their prompts -> scores (n,), higher is better
Scorer = Callable[[NDArray[np.uint8], Sequence[str]], NDArray[np.float64]]


class Scored(NamedTuple):
    """k pictures of each of N prompts: latents and noise (N, k, tokens, channels), scores (N, k), text of N rows."""

    clean: Tensor
    noise: Tensor
    scores: Tensor
    text: Text

    def pick(self, prompts: Tensor, which: Tensor) -> Pictures:
        """The pictures `which` (n,) of the `prompts` (n,), by number."""
        return Pictures(
            self.clean[prompts, which], self.noise[prompts, which], self.text.rows(prompts)
        )

    def best(self) -> Pictures:
        """Of each prompt the picture with the highest score, N rows."""
        return self.pick(torch.arange(len(self.scores)), self.scores.argmax(1))

    def worst(self) -> Pictures:
        """Of each prompt the picture with the lowest score, N rows."""
        return self.pick(torch.arange(len(self.scores)), self.scores.argmin(1))

    def won_and_lost(self) -> tuple[Pictures, Pictures]:
        """The best and the worst of the prompts whose pictures do not all score the same, row by row."""
        told = (self.scores.amax(1) > self.scores.amin(1)).nonzero().flatten()
        if not len(told):
            raise ValueError(
                "all pictures of each prompt have the same score: draw more of each, or score more finely"
            )
        return self.pick(told, self.scores.argmax(1)[told]), self.pick(
            told, self.scores.argmin(1)[told]
        )


def draw_scored(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    each: int,
    scorer: Scorer,
    judge: str,
    folder: Path,
    seed: int = 0,
    steps: int = 4,
    text: Text | None = None,
) -> Scored:
    """Draw `each` pictures of every prompt, with the adapter that the pipeline has on, and score them.

    What is done lies in `folder`, a file for so many prompts, under a name for all that it depends on: an interrupted
    call goes on where it was, and equal draws are shared. judge: the scorer's name, by which it is known there. text:
    the encoded prompts, where they are at hand. Raises ValueError for fewer than one picture a prompt and for scores
    that are not finite.
    """
    if each < 1 or not prompts:
        raise ValueError(
            f"{each} pictures of each of {len(prompts)} prompts: ask for at least one of one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    text = text or read_text(pipe, prompts, folder)
    seeds = np.random.default_rng(seed).choice(2**31, (len(prompts), each), replace=False)
    name = _name(weights_hash(pipe), judge, steps, seed, each, *prompts)
    few = max(1, fit_batch_size(pipe) // each)

    def parts() -> Iterator[tuple[Tensor, ...]]:
        with tqdm(total=seeds.size, desc=f"drawn for {judge}", unit="picture") as bar:
            for start in range(0, len(prompts), few):
                noise = starting_noise(pipe, seeds[start : start + few].flatten().tolist())
                file = folder / f"{name}-{start:06d}.pt"
                if not file.exists():
                    rows = torch.arange(start, min(start + few, len(prompts))).repeat_interleave(
                        each
                    )
                    clean = _draw(pipe, noise, text.rows(rows), steps)
                    _write(
                        file,
                        clean,
                        _score(pipe, clean, [prompts[row] for row in rows.tolist()], scorer, judge),
                    )
                clean, scores = torch.load(file, weights_only=True)
                yield tuple(x.unflatten(0, (-1, each)) for x in (clean, noise, scores))
                bar.update(len(noise))

    clean, noise, scores = collect(parts(), len(prompts), folder)
    return Scored(clean, noise, scores, text)


@torch.no_grad()
def _draw(pipe: FluxPipeline, noise: Tensor, text: Text, steps: int) -> Tensor:
    """Latents (n, tokens, channels) on the CPU, no more at once than suits their size."""
    device, rows = pipe.transformer.device, torch.arange(len(noise)).split(fit_batch_size(pipe))
    sigmas = few_step_sigmas(steps)
    parts = [
        integrate(pipe.transformer, noise[row].to(device), text.rows(row), sigmas).cpu()
        for row in rows
    ]
    return torch.cat(parts)


def _score(
    pipe: FluxPipeline, clean: Tensor, prompts: Sequence[str], scorer: Scorer, judge: str
) -> Tensor:
    scores = (
        torch.as_tensor(
            scorer(decode_latents(pipe, clean.to(pipe.vae.device, pipe.vae.dtype)), prompts)
        )
        .double()
        .cpu()
    )
    if scores.shape != (len(prompts),) or not bool(scores.isfinite().all()):
        raise ValueError(
            f"{judge} gave {tuple(scores.shape)} scores of {len(prompts)} pictures, {int((~scores.isfinite()).sum())} "
            f"of them not finite, of prompts such as {prompts[0]!r}: a scorer gives a number for each picture"
        )
    return scores


def _name(*what: object) -> str:
    return hashlib.sha256("\n".join(map(str, what)).encode()).hexdigest()[:16]


def _write(file: Path, *tensors: Tensor) -> None:
    """Write whole or not at all."""
    torch.save(tensors, file.with_suffix(".part"))
    os.replace(file.with_suffix(".part"), file)
