"""Images generated and LoRA samples trained per second of processor time, against plain loops.

    python -m benchmarks.bench_images

Generation is compared with diffusers' pipeline, called for each image and called with the list of
prompts, and training on cached latents with steps that encode images and prompts each time. All
sides take turns in one process with one thread, so the ratios hold on a busy machine, where rates
do not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline

from benchmarks.timing import make_parser
from gamelabel import images, tuning
from gamelabel.flow import velocity_errors
from gamelabel.scenes import adherence, sample_prompts
from gamelabel.training import TrainingStep
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import cache_latents, encode_files

ROUNDS, PICTURES, TRAIN_STEPS, BATCH = 5, 64, 6, 32
SETTINGS = {
    "num_inference_steps": 4,
    "guidance_scale": 0,
    "height": 64,
    "width": 64,
    "max_sequence_length": 16,
}


def called(pipe: FluxPipeline, prompts: list[str], seeds: list[int]) -> np.ndarray:
    """Generate images with one call of the pipeline."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    pictures = pipe(prompts, generator=generators, output_type="np", **SETTINGS).images
    return (pictures * 255).round().astype(np.uint8)


def called_for_each(pipe: FluxPipeline, prompts: list[str], seeds: list[int]) -> np.ndarray:
    """Generate each image with a call of the pipeline."""
    pairs = zip(prompts, seeds, strict=True)
    return np.concatenate([called(pipe, [prompt], [seed]) for prompt, seed in pairs])


def compare_generation(pipe: FluxPipeline, stock: FluxPipeline) -> None:
    """Compare `generate` with both ways to call diffusers' pipeline."""
    prompts, seeds = sample_prompts(PICTURES, 0), list(range(PICTURES))
    ways: dict[str, Callable[[], np.ndarray]] = {
        "generate": lambda: next(images.generate(pipe, prompts, seeds)),
        "one call": lambda: called(stock, prompts, seeds),
        "a call each": lambda: called_for_each(stock, prompts, seeds),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    pictures = {name: way() for name, way in ways.items()}  # warms up
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = process_time()
            way()
            seconds[name].append(process_time() - start)
    ours = pictures["generate"]
    verdicts = adherence(ours, prompts)[0]
    print(f"generation: {PICTURES / median(seconds['generate']):.0f} images/s")
    for name in ("one call", "a call each"):
        ratio = median(a / b for a, b in zip(seconds[name], seconds["generate"], strict=True))
        difference = np.abs(pictures[name].astype(int) - ours).max()
        changed = int((adherence(pictures[name], prompts)[0] != verdicts).sum())
        print(
            f"  ratio to {name:12} {ratio:.2f}   largest difference of a pixel value "
            f"{difference} of 255, other verdicts {changed} of {PICTURES}"
        )


def compare_training(pipe: FluxPipeline, folder: Path) -> None:
    """Compare LoRA steps on cached latents and text with steps that encode both each time."""
    prompts = sample_prompts(256, 1)
    table = pd.DataFrame({"prompt_id": prompts, "text": prompts}).drop_duplicates("text")
    plan = images.make_pairs(table, len(table) // 2, 0, "model", 0)
    images.draw_pairs(pipe, plan, folder)
    files, texts = [folder / file for file in plan.image_a], plan.prompt.tolist()
    cached = cache_latents(pipe, files, plan.seed_a.tolist(), texts)
    add_adapter(pipe.transformer)
    loss = tuning.sft_loss(pipe.transformer, cached, BATCH)
    generator = torch.Generator().manual_seed(0)

    def plain_step() -> None:
        rows = torch.randint(len(files), (BATCH,), generator=generator).tolist()
        clean = encode_files(pipe, [files[row] for row in rows])
        embeds, pooled, _ = pipe.encode_prompt([texts[row] for row in rows], max_sequence_length=16)
        noise, sigma = (
            torch.randn(clean.shape, generator=generator),
            torch.rand(BATCH, generator=generator),
        )
        text = cached.text._replace(embeds=embeds.detach(), pooled=pooled.detach())
        velocity_errors(pipe.transformer, clean, noise, sigma, text).mean().backward()

    plain, from_cache = [], []
    for _ in range(ROUNDS):
        for step, rates_of_step in (
            (plain_step, plain),
            (lambda: loss(TrainingStep(0, generator))[0].backward(), from_cache),
        ):
            start = process_time()
            for _ in range(TRAIN_STEPS):
                step()
            rates_of_step.append(TRAIN_STEPS * BATCH / (process_time() - start))
    remove_adapter(pipe.transformer)
    ratio = median(b / a for a, b in zip(plain, from_cache, strict=True))
    rates = f"plain loop {median(plain):6.0f}/s   cached  {median(from_cache):6.0f}/s"
    print(f"training: {rates}   ratio {ratio:.1f}")


if __name__ == "__main__":
    make_parser(__doc__).parse_args()
    torch.set_num_threads(1)
    embedded, plain = (
        images.load_pipeline(device="cpu"),
        FluxPipeline.from_pretrained(images.FLUX_SCENES),
    )
    plain.set_progress_bar_config(disable=True)
    compare_generation(embedded, plain)
    with tempfile.TemporaryDirectory() as scratch:
        compare_training(embedded, Path(scratch))
