"""A DPO step against an SFT step per picture, and LoRA against full tuning; `python -m benchmarks.bench_tuning`.

Both sides train on the same rows in turn, in one process: ratios hold where absolute figures do not. Memory is the most
that a process of its own held while it trained, and how much of that came with the training.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import torch
from diffusers import FluxPipeline

from benchmarks.timing import timed
from gamelabel import images, tuning
from gamelabel.flow import few_step_sigmas
from gamelabel.images.pipeline import encode_prompts, starting_noise
from gamelabel.scenes import sample_prompts
from gamelabel.training import Loss, Step
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import Pictures

ROUNDS, STEPS, PAIRS, ROWS = 7, 3, 16, 256


def pair_sets(pipe: FluxPipeline) -> tuple[Pictures, Pictures]:
    """Won and lost pictures of the same prompts; random latents, which cost no less."""
    text = encode_prompts(pipe, sample_prompts(ROWS, 0))
    noise = [starting_noise(pipe, range(start, start + ROWS)) for start in (0, ROWS)]
    return Pictures(noise[0].flip(0), noise[0], text), Pictures(noise[1].flip(0), noise[1], text)


def steps_of(loss: Loss) -> Callable[[], None]:
    """So many steps, without the optimiser, which is the same for all."""

    def work() -> None:
        for step in range(STEPS):
            loss(Step(step, torch.Generator().manual_seed(step)))[0].backward()

    return work


def steps(pipe: FluxPipeline) -> None:
    """Processor time per picture: DPO sees two pictures a pair, so SFT has twice as many rows a step."""
    won, lost = pair_sets(pipe)
    add_adapter(pipe.transformer)
    sigmas = few_step_sigmas(4)
    sft = tuning.sft_loss(pipe.transformer, won, 2 * PAIRS, own_noise=True, sigmas=sigmas)
    dpo = tuning.pairwise_loss(
        pipe.transformer, won, lost, PAIRS, lambda h, rows: tuning.dpo(h, 100.0)
    )
    for loss in (sft, dpo):
        steps_of(loss)()  # warm
    seconds = [[timed(steps_of(loss), 1)[0] for loss in (sft, dpo)] for _ in range(ROUNDS)]
    remove_adapter(pipe.transformer)
    ratio = median(pairwise / plain for plain, pairwise in seconds)
    rates = [2 * PAIRS * STEPS / min(side) for side in zip(*seconds, strict=True)]
    print(
        f"a step per picture:  SFT {rates[0]:.0f}/s   DPO {rates[1]:.0f}/s   DPO takes {ratio:.2f} times as long"
    )


def memory(kind: str) -> tuple[float, float]:
    """The most memory of this process, in MB, before and while it trains an adapter or all weights, with AdamW."""
    torch.set_num_threads(1)
    pipe = images.load_pipeline(device="cpu")
    won, _ = pair_sets(pipe)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here, not from the loading
    before = resident("RSS")
    transformer = pipe.transformer.requires_grad_(True)
    weights = add_adapter(transformer) if kind == "LoRA" else list(transformer.parameters())
    optimiser, loss = torch.optim.AdamW(weights), tuning.sft_loss(transformer, won, 4)
    for step in range(3):
        optimiser.zero_grad()
        loss(Step(step, torch.Generator().manual_seed(step)))[0].backward()
        optimiser.step()
    averaged = [weight.detach().clone() for weight in weights]  # as the loop keeps them
    assert averaged
    return before, resident("HWM")


def resident(which: str) -> float:
    """Memory of this process now (RSS) or at its most (HWM), in MB, as Linux tells it."""
    return int(re.search(rf"Vm{which}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1e3  # type: ignore[index]


def memories() -> None:
    found = {}
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for kind in ("LoRA", "full"):
            before, after = pool.apply(partial(memory, kind))
            found[kind] = after - before
            print(
                f"memory of {kind} tuning: {after:.0f} MB at most, {after - before:.0f} of them by training"
            )
    print(f"full tuning takes {found['full'] / found['LoRA']:.1f} times as much as LoRA")


if __name__ == "__main__":
    torch.set_num_threads(1)
    steps(images.load_pipeline(device="cpu"))
    if sys.platform == "linux":
        memories()
