"""Measure a full-size FLUX on a GPU: images generated and LoRA samples trained per second.

    python -m benchmarks.appendix_gpu

Weights are random, which costs the same: a transformer of 12 billion weights in bfloat16 and the
autoencoder, for 1024 x 1024 pixels in 4 steps; LoRA of rank 16 with gradient checkpointing. Prompts
are encoded beforehand (256 tokens), as in tuning. Each rate is also reported as a share of the
floating point operations per second that the GPU reaches in a large matrix product; the second
forward pass of checkpointing counts. The full size needs a GPU with 48 GB or more; `--tiny` runs
the script on any machine. The script prints JSON and writes it to `--out`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)
from torch.utils.flop_counter import FlopCounterMode

from gamelabel.flow import Text, few_step_sigmas, integrate
from gamelabel.images.latents import decode_latents, image_size
from gamelabel.images.pipeline import SCHNELL_TOKENS, starting_noise
from gamelabel.training import TrainingStep
from gamelabel.tuning import sft_loss
from gamelabel.tuning.adapter import add_adapter
from gamelabel.tuning.data import LatentDataset
from tests.images.repositories import schnell_pipeline

RANK, STEPS, REPEATS = 16, 4, 5


def full_size(device: str) -> FluxPipeline:
    """FLUX.1-schnell's transformer and autoencoder by their published settings, on a device."""
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            transformer = FluxTransformer2DModel(guidance_embeds=False)  # otherwise its defaults
            vae = AutoencoderKL(
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
                latent_channels=16,
                sample_size=1024,
                scaling_factor=0.3611,
                shift_factor=0.1159,
                use_quant_conv=False,
                use_post_quant_conv=False,
            )
    finally:
        torch.set_default_dtype(torch.float32)
    parts: dict[str, Any] = dict.fromkeys(
        ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    )
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=vae, transformer=transformer, **parts
    )


def measure(work: Callable[[], object], device: str) -> tuple[float, float]:
    """Return the median seconds of a call, after a warm-up, and its floating point operations."""
    with FlopCounterMode(display=False) as counter:
        work()
    seconds = []
    for _ in range(REPEATS):
        wait(device)
        start = time.perf_counter()
        work()
        wait(device)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[REPEATS // 2], counter.get_total_flops()


def wait(device: str) -> None:
    """Wait for the GPU, since calls return before their work is done."""
    if device == "cuda":
        torch.cuda.synchronize()


def matrix_rate(device: str, side: int) -> float:
    """Return floating point operations per second of a product of square bfloat16 matrices."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    seconds, flops = measure(lambda: a @ b, device)
    return flops / seconds


def random_text(pipe: FluxPipeline, n: int) -> Text:
    """Return n encoded prompts with random values."""
    config, device = pipe.transformer.config, pipe.transformer.device
    embeds = torch.randn(
        n, SCHNELL_TOKENS, config.joint_attention_dim, device=device, dtype=torch.bfloat16
    )
    return Text(
        embeds, torch.randn(n, config.pooled_projection_dim, device=device, dtype=torch.bfloat16)
    )


def make_generation(pipe: FluxPipeline, n: int) -> Callable[[], object]:
    """Return a function that generates and decodes a batch of n images."""
    noise, text = starting_noise(pipe, range(n)).to(pipe.transformer.device), random_text(pipe, n)

    @torch.no_grad()
    def work() -> object:
        latents = integrate(pipe.transformer, noise, text, few_step_sigmas(STEPS))
        return decode_latents(pipe, latents.to(pipe.vae.dtype))

    return work


def make_tuning_step(pipe: FluxPipeline, n: int) -> Callable[[], object]:
    """Return a function that makes a LoRA step on n images, with the optimizer."""
    clean, noise = starting_noise(pipe, range(2 * n)).chunk(2)
    weights = [weight for weight in pipe.transformer.parameters() if weight.requires_grad]
    device = pipe.transformer.device
    data = LatentDataset(clean.to(device), noise.to(device), random_text(pipe, n))
    loss = sft_loss(pipe.transformer, data, n, own_noise=True, sigmas=few_step_sigmas(STEPS))
    optimizer, generator = torch.optim.AdamW(weights), torch.Generator().manual_seed(0)

    def work() -> object:
        optimizer.zero_grad()
        loss(TrainingStep(0, generator))[0].backward()
        return optimizer.step()

    return work


def appendix(tiny: bool, batches: tuple[int, ...]) -> dict[str, Any]:
    """Return the measurements; `tiny` uses a narrow model, and the CPU if there is no GPU."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not tiny:
        raise SystemExit(
            "no GPU found: the full size needs one with 48 GB or more; --tiny runs on the CPU"
        )
    pipe = schnell_pipeline().to(device, torch.bfloat16) if tiny else full_size(device)
    rate = matrix_rate(device, 256 if tiny else 8192)
    results: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "torch": torch.__version__,
        "size": "tiny" if tiny else "full",
        "parameters": sum(weight.numel() for weight in pipe.transformer.parameters()),
        "side": image_size(pipe),
        "matrix_tflops": rate / 1e12,
    }
    pipe.transformer.eval().requires_grad_(False)
    for name, make in (("pictures", make_generation), ("lora_samples", make_tuning_step)):
        if make is make_tuning_step:
            add_adapter(pipe.transformer, RANK)
            pipe.transformer.train().enable_gradient_checkpointing()
        for n in batches:
            if device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            seconds, flops = measure(make(pipe, n), device)
            results[f"{name}_batch_{n}"] = {
                "a_second": n / seconds,
                "share_of_matrix_rate": flops / seconds / rate,
                "memory_gb": torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else None,
            }
    return results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--tiny", action="store_true", help="use a narrow model, to check the script"
    )
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4], help="batch sizes")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    text = json.dumps(appendix(options.tiny, tuple(options.batches)), indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
