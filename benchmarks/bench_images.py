"""Images generated and LoRA samples trained per second, against plain loops.

    python -m benchmarks.bench_images

Generation is compared with one call of diffusers' pipeline for each image, and training on cached
latents with steps that encode images and prompts each time. Both sides take turns in one process,
so the ratios hold on a busy machine, where absolute rates do not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline

from benchmarks.timing import make_parser
from gamelabel import images, tuning
from gamelabel.flow import velocity_errors
from gamelabel.scenes import sample_prompts
from gamelabel.training import TrainingStep
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import cache_latents, encode_files

ROUNDS, PICTURES, TRAIN_STEPS, BATCH = 3, 192, 6, 32
SETTINGS = {
    "num_inference_steps": 4,
    "guidance_scale": 0,
    "height": 64,
    "width": 64,
    "max_sequence_length": 16,
}


def plain_loop(pipe: FluxPipeline, prompts: list[str], seeds: list[int]) -> np.ndarray:
    """Generate each image with a call of the pipeline."""
    pictures = [
        pipe(
            prompt, generator=torch.Generator().manual_seed(seed), output_type="np", **SETTINGS
        ).images[0]
        for prompt, seed in zip(prompts, seeds, strict=True)
    ]
    return (np.stack(pictures) * 255).round().astype(np.uint8)


def compare_generation(pipe: FluxPipeline, stock: FluxPipeline) -> None:
    """Compare batches with a call of diffusers' pipeline for each image."""
    prompts, seeds = sample_prompts(PICTURES, 0), list(range(PICTURES))
    next(images.generate(pipe, prompts, seeds))  # warm up
    plain, batched = [], []
    for _ in range(ROUNDS):
        start = perf_counter()
        one_by_one = plain_loop(stock, prompts, seeds)
        plain.append(PICTURES / (perf_counter() - start))
        start = perf_counter()
        together = np.concatenate(list(images.generate(pipe, prompts, seeds)))
        batched.append(PICTURES / (perf_counter() - start))
    difference = np.abs(one_by_one.astype(int) - together).max()
    ratio = median(b / a for a, b in zip(plain, batched, strict=True))
    rates = f"plain loop {median(plain):6.0f}/s   batched {median(batched):6.0f}/s"
    print(f"generation:  {rates}   ratio {ratio:.1f}")
    print(f"            largest difference of a pixel value: {difference} of 255")


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
            start = perf_counter()
            for _ in range(TRAIN_STEPS):
                step()
            rates_of_step.append(TRAIN_STEPS * BATCH / (perf_counter() - start))
    remove_adapter(pipe.transformer)
    ratio = median(b / a for a, b in zip(plain, from_cache, strict=True))
    rates = f"plain loop {median(plain):6.0f}/s   cached  {median(from_cache):6.0f}/s"
    print(f"training: {rates}   ratio {ratio:.1f}")


if __name__ == "__main__":
    make_parser(__doc__).parse_args()
    embedded, plain = (
        images.load_pipeline(device="cpu"),
        FluxPipeline.from_pretrained(images.FLUX_SCENES),
    )
    plain.set_progress_bar_config(disable=True)
    compare_generation(embedded, plain)
    with tempfile.TemporaryDirectory() as scratch:
        compare_training(embedded, Path(scratch))
