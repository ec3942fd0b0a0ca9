"""Reward scores a second, in batches against one picture at a time; `python -m tests.benchmarks.bench_reward`.

One at a time is how ImageReward's own package scores: open a picture, scale it, read its prompt padded to the full
length, one pass. Both sides open the same files in turn, in one process, and agree: ratios hold where absolute figures
do not. Weights are random, which costs no less.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from PIL import Image

from gamelabel.reward import RewardModel, make_embedded
from gamelabel.world import draw, parse, sample_prompts

ROUNDS = 5


@torch.no_grad()
def one_at_a_time(model: RewardModel, files: list[Path], prompts: list[str]) -> np.ndarray:
    scores = []
    for file, prompt in zip(files, prompts, strict=True):
        tokens = model.tokenizer(
            prompt, padding="max_length", truncation=True, max_length=model.text_length, return_tensors="pt"
        )
        with Image.open(file) as image:
            pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None] / 255.0
        read = {"input_ids": tokens.input_ids, "attention_mask": tokens.attention_mask}
        scores.append(model(model.prepare(pixels), read).item())
    return model.calibration.scaled(np.array(scores))


def main(pictures: int) -> None:
    model, prompts = make_embedded(), sample_prompts(pictures, 0)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{i}.png" for i in range(pictures)]
        for seed, (file, prompt) in enumerate(zip(files, prompts, strict=True)):
            Image.fromarray(draw(parse(prompt), seed)).save(file)
        model.score(files[:8], prompts[:8])  # warm
        plain, ours = [], []
        for _ in range(ROUNDS):
            began = perf_counter()
            apart = one_at_a_time(model, files, prompts)
            plain.append(pictures / (perf_counter() - began))
            began = perf_counter()
            together = model.score(files, prompts)
            ours.append(pictures / (perf_counter() - began))
    ratio = median(b / a for a, b in zip(plain, ours, strict=True))
    print(f"scoring:  one at a time {max(plain):6.0f}/s   batches of 32 {max(ours):6.0f}/s   ratio {ratio:.1f}")
    print(f"          largest difference of a score: {np.abs(apart - together).max():.1e}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
