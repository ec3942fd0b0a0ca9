"""Reward scores a second, in batches against one picture at a time; `python -m benchmarks.bench_reward`.

One at a time is how ImageReward's own package scores: open a picture, scale it, read its prompt padded to the full
length, one pass. Both sides open the same files on one thread and agree. Weights are random, which costs no less.

Printed beside: what the two encoders alone take for the batches, pictures and tokens at hand. No batching, sorting or
remembering gets below it, so one at a time over that is the most that the ratio can come to on a processor.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.timing import timed
from gamelabel.models.blip_scenes import make_embedded
from gamelabel.reward import RewardModel
from gamelabel.scenes import draw, parse, sample_prompts

BATCH = 32


@torch.no_grad()
def one_at_a_time(model: RewardModel, files: list[Path], prompts: list[str]) -> np.ndarray:
    scores = []
    for file, prompt in zip(files, prompts, strict=True):
        tokens = model.tokenizer(
            prompt,
            padding="max_length",
            truncation=True,
            max_length=model.text_length,
            return_tensors="pt",
        )
        with Image.open(file) as image:
            pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None] / 255.0
        read = {"input_ids": tokens.input_ids, "attention_mask": tokens.attention_mask}
        scores.append(model(model.prepare(pixels), read).item())
    return model.calibration.scaled(np.array(scores))


@torch.no_grad()
def encoders_alone(
    model: RewardModel, batches: list[tuple[torch.Tensor, dict[str, torch.Tensor]]]
) -> None:
    for pixels, tokens in batches:
        model.together(pixels, tokens)


def main(pictures: int) -> None:
    torch.set_num_threads(1)
    model, prompts = make_embedded(), sample_prompts(pictures, 0)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{i}.png" for i in range(pictures)]
        for seed, (file, prompt) in enumerate(zip(files, prompts, strict=True)):
            Image.fromarray(draw(parse(prompt), seed)).save(file)
        starts = range(0, pictures, BATCH)
        ready = [
            (model.look(files[i : i + BATCH]), model.read(prompts[i : i + BATCH])) for i in starts
        ]
        plain, apart = timed(lambda: one_at_a_time(model, files, prompts))
        ours, together = timed(lambda: model.score(files, prompts, BATCH))
        least, _ = timed(lambda: encoders_alone(model, ready))
    print(
        f"one at a time {pictures / plain:.0f}/s, in batches {pictures / ours:.0f}/s: {plain / ours:.1f} times"
    )
    print(f"the encoders alone {pictures / least:.0f}/s: at most {plain / least:.1f} times")
    print(f"largest difference of a score: {np.abs(np.subtract(apart, together)).max():.1e}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
