"""Compare the memory that `gamelabel plan` predicts with what the embedded model's work takes.

    python -m benchmarks.bench_plan

Each kind of work runs in a process of its own, at a batch size whose tensors outweigh the
libraries. `libraries` is the resident memory after the imports, `tensors` that plus what
`tuning.needs` says, `planned` what `gamelabel plan` makes of it, since the C library keeps memory
that was freed, and `measured` the highest resident memory of the process, all in MB. `error` is
that of `planned`.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import torch

from gamelabel.flow import few_step_sigmas
from gamelabel.images.pipeline import (
    FLUX_SCENES,
    encode_prompts,
    generate,
    load_pipeline,
    starting_noise,
)
from gamelabel.reward import open_blip
from gamelabel.reward.reward_folder import BLIP_SCENES
from gamelabel.reward.tune_reward import bradley_terry_loss, freeze_layers
from gamelabel.scenes import sample_prompts
from gamelabel.study.plan import resident_bytes
from gamelabel.training import Loss, TrainingConfig, train
from gamelabel.tuning import pairwise_loss, refl_loss, sft_loss
from gamelabel.tuning.adapter import add_adapter
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.needs import Setting, needs

BATCHES = {"draw": 64, "sft": 384, "dpo": 192, "refl": 96, "reward": 192}
RANK, STEPS = 16, 3


def predict(kind: str, batch: int) -> tuple[float, float]:
    """Return the MB of the tensors of a kind of work, and what the plan makes of them."""
    setting = Setting(batch=batch, rank=RANK, on_card=False)
    need = needs(kind, FLUX_SCENES, setting, BLIP_SCENES)
    return need.peak / 1e6, resident_bytes(kind, need) / 1e6


def work(kind: str, n: int) -> None:
    """Do a few steps of a kind of work on the embedded models, n images or pairs at once."""
    if kind == "reward":
        return train_reward(n)
    pipe = load_pipeline()
    prompts = sample_prompts(n, 0)
    if kind == "draw":
        for _ in generate(pipe, prompts, range(n)):
            pass
        return None
    noise, text = starting_noise(pipe, range(n)), encode_prompts(pipe, prompts)
    data = LatentDataset(noise, noise, text)
    net, sigmas = pipe.transformer, few_step_sigmas(4)
    losses: dict[str, Callable[[], Loss]] = {
        "sft": lambda: sft_loss(net, data, n, sigmas=sigmas),
        "dpo": lambda: pairwise_loss(net, data, data, n),
        "refl": lambda: refl_loss(
            pipe, prompts, text, open_blip().requires_grad_(False).reward, n, last_steps=1
        ),
    }
    add_adapter(net, RANK)
    train_steps(net, losses[kind](), n)
    return None


def train_reward(n: int) -> None:
    """Train the embedded BLIP on n pairs of random pixels."""
    model = open_blip()
    freeze_layers(model, 0.7)
    pixels = torch.rand(2 * n, 3, model.image_size, model.image_size)
    tokens = model.tokenize(sample_prompts(2 * n, 0))

    def loss(_: Any) -> Any:
        first, second = model.head(model.features(pixels, tokens)).squeeze(-1).chunk(2)
        return bradley_terry_loss(first, second, torch.ones(n), torch.ones(n)), {}

    train_steps(model, loss, n)


def train_steps(module: torch.nn.Module, loss: Loss, n: int) -> None:
    """Train for a few steps."""
    config = TrainingConfig(STEPS, n, 1e-4, ema_decay=0.99, bf16=False)
    with TemporaryDirectory() as folder:
        train(module, loss, config, Path(folder))


def peak_memory() -> float:
    """Return the highest resident memory of this process, MB."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    # Linux counts the parent's memory at the start as the child's in ru_maxrss, not in this file.
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) * 1024 / 1e6


def measure(kind: str, batch: int) -> dict[str, float]:
    """Return the memory of a kind of work in a new process, MB."""
    command = [sys.executable, "-m", "benchmarks.bench_plan", "--kind", kind, "--batch", str(batch)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return measured


def compare(kind: str, batch: int) -> dict[str, float]:
    """Return planned beside measured memory of a kind of work, MB."""
    row = measure(kind, batch)
    tensors, planned = (row["libraries"] + size for size in predict(kind, batch))
    return {**row, "tensors": tensors, "planned": planned, "error": planned / row["measured"] - 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=BATCHES, help="do this work in this process alone")
    parser.add_argument("--batch", type=int, help="images or pairs at once")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual batches, to compare")
    options = parser.parse_args()
    if options.kind:
        libraries = psutil.Process().memory_info().rss / 1e6
        work(options.kind, options.batch or BATCHES[options.kind])
        print(json.dumps({"libraries": libraries, "measured": peak_memory()}))
        return
    columns = ("libraries", "tensors", "planned", "measured")
    print(f"{'kind':8}{'batch':>7}" + "".join(f"{name:>11}" for name in columns) + f"{'error':>8}")
    for name, usual in BATCHES.items():
        batch = round(options.share * usual)
        row = compare(name, batch)
        sizes = "".join(f"{row[column]:11.0f}" for column in columns)
        print(f"{name:8}{batch:7}{sizes}{row['error']:8.1%}", flush=True)


if __name__ == "__main__":
    main()
