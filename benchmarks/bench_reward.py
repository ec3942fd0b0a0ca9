"""Reward scores per second in batches, against one image at a time.

    python -m benchmarks.bench_reward
    python -m benchmarks.bench_reward 32              # images

ImageReward's package scores one image at a time: it opens and scales the image, pads its prompt to
the full length, and runs one forward pass. Both sides read the same files with one thread, and
their scores agree. The weights are random, which costs the same. The time of the two encoders
alone, for the same batches, is an upper limit of what batching can gain on a CPU.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.timing import parse_size, timed
from gamelabel.models.blip_scenes import make_blip_scenes
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
        batch = {"input_ids": tokens.input_ids, "attention_mask": tokens.attention_mask}
        scores.append(model(model.preprocess(pixels), batch).item())
    return model.calibration.scaled(np.array(scores))


@torch.no_grad()
def encoders_alone(
    model: RewardModel, batches: list[tuple[torch.Tensor, dict[str, torch.Tensor]]]
) -> None:
    for pixels, tokens in batches:
        model.features(pixels, tokens)


def main(n_images: int) -> None:
    torch.set_num_threads(1)
    model, prompts = make_blip_scenes(), sample_prompts(n_images, 0)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{i}.png" for i in range(n_images)]
        for seed, (file, prompt) in enumerate(zip(files, prompts, strict=True)):
            Image.fromarray(draw(parse(prompt), seed)).save(file)
        batches = []
        for start in range(0, n_images, BATCH):
            rows = slice(start, start + BATCH)
            batches.append((model.load_images(files[rows]), model.tokenize(prompts[rows])))
        single_seconds, single_scores = timed(lambda: one_at_a_time(model, files, prompts))
        batch_seconds, batch_scores = timed(lambda: model.score(files, prompts, BATCH))
        encoder_seconds, _ = timed(lambda: encoders_alone(model, batches))
    speed_up, limit = single_seconds / batch_seconds, single_seconds / encoder_seconds
    print(f"one at a time: {n_images / single_seconds:.0f} images/s")
    print(f"in batches: {n_images / batch_seconds:.0f} images/s, {speed_up:.1f} times")
    print(f"encoders alone: {n_images / encoder_seconds:.0f} images/s, at most {limit:.1f} times")
    difference = np.abs(np.subtract(single_scores, batch_scores)).max()
    print(f"largest difference of a score: {difference:.1e}")


if __name__ == "__main__":
    main(parse_size(__doc__, 256, "images"))
