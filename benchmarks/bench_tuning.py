"""Time per image of DPO against SFT, and memory of LoRA against full tuning.

    python -m benchmarks.bench_tuning

Both losses train on the same rows in turns in one process, so the ratio holds on a busy machine,
where absolute rates do not. Memory is the maximum of a new process while it trains, and the part of
it that training added.
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

from benchmarks.timing import make_parser, timed
from gamelabel import images, tuning
from gamelabel.flow import few_step_sigmas
from gamelabel.images.pipeline import encode_prompts, starting_noise
from gamelabel.scenes import sample_prompts
from gamelabel.training import Loss, TrainingStep
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import LatentDataset

ROUNDS, STEPS, PAIRS, ROWS = 7, 3, 16, 256


def make_pairs(pipe: FluxPipeline) -> tuple[LatentDataset, LatentDataset]:
    """Chosen and rejected images of the same prompts; random latents, which cost the same."""
    text = encode_prompts(pipe, sample_prompts(ROWS, 0))
    noise = [starting_noise(pipe, range(start, start + ROWS)) for start in (0, ROWS)]
    chosen, rejected = (LatentDataset(rows.flip(0), rows, text) for rows in noise)
    return chosen, rejected


def make_steps(loss: Loss) -> Callable[[], None]:
    """Return a function that makes a few steps without the optimizer, whose cost is equal."""

    def work() -> None:
        for step in range(STEPS):
            loss(TrainingStep(step, torch.Generator().manual_seed(step)))[0].backward()

    return work


def compare_losses(pipe: FluxPipeline) -> None:
    """Compare processor time per image: a pair is two images, so SFT gets twice as many rows."""
    chosen, rejected = make_pairs(pipe)
    add_adapter(pipe.transformer)
    sigmas = few_step_sigmas(4)
    sft = tuning.sft_loss(pipe.transformer, chosen, 2 * PAIRS, own_noise=True, sigmas=sigmas)
    dpo = tuning.pairwise_loss(pipe.transformer, chosen, rejected, PAIRS, beta=100.0)
    work = [make_steps(loss) for loss in (sft, dpo)]
    for steps in work:
        steps()  # warm up
    seconds = [[timed(steps, 1)[0] for steps in work] for _ in range(ROUNDS)]
    remove_adapter(pipe.transformer)
    ratio = median(pairwise / plain for plain, pairwise in seconds)
    sft_rate, dpo_rate = (2 * PAIRS * STEPS / min(side) for side in zip(*seconds, strict=True))
    print(
        f"a step per image:  SFT {sft_rate:.0f}/s   DPO {dpo_rate:.0f}/s   "
        f"DPO takes {ratio:.2f} times as long"
    )


def measure_memory(kind: str) -> tuple[float, float]:
    """Return the maximum memory of this process in MB before and during training with AdamW."""
    torch.set_num_threads(1)
    pipe = images.load_pipeline(device="cpu")
    chosen, _ = make_pairs(pipe)
    Path("/proc/self/clear_refs").write_text("5")  # the maximum counts from here, without loading
    before = read_status("RSS")
    transformer = pipe.transformer.requires_grad_(True)
    weights = add_adapter(transformer) if kind == "LoRA" else list(transformer.parameters())
    optimizer, loss = torch.optim.AdamW(weights), tuning.sft_loss(transformer, chosen, 4)
    for step in range(3):
        optimizer.zero_grad()
        loss(TrainingStep(step, torch.Generator().manual_seed(step)))[0].backward()
        optimizer.step()
    averaged = [weight.detach().clone() for weight in weights]  # as the training loop keeps them
    assert averaged
    return before, read_status("HWM")


def read_status(field: str) -> float:
    """Return the current (RSS) or maximum (HWM) memory of this process in MB, on Linux."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"Vm{field}:\s+(\d+)", status)[1]) / 1e3  # type: ignore[index]


def compare_memory() -> None:
    added = {}
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for kind in ("LoRA", "full"):
            before, after = pool.apply(partial(measure_memory, kind))
            added[kind] = after - before
            print(f"memory of {kind} tuning: {after:.0f} MB, {added[kind]:.0f} of them by training")
    print(f"full tuning takes {added['full'] / added['LoRA']:.1f} times as much as LoRA")


if __name__ == "__main__":
    make_parser(__doc__).parse_args()
    torch.set_num_threads(1)
    compare_losses(images.load_pipeline(device="cpu"))
    if sys.platform == "linux":
        compare_memory()
