"""DPO on rankings, in two rounds, against supervised tuning on the best images.

    python -m benchmarks.bench_preference --folder data/runs/bench --seeds 0 10 20

This takes some hours on one core. Each seed has its own images and simulated annotators, and all
arms train for the same number of steps with the same number of preferred images in each. The test
prompts are combinations that no model was trained on, the same for all arms. The settings below
were chosen with one seed on other prompts, from the combinations used in training. Results are
saved: an interrupted call resumes, and calls for several seeds may run at the same time. Each round
uses the next seed, so seeds are ten apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from diffusers import FluxPipeline

from gamelabel import images, tuning
from gamelabel.flow import few_step_sigmas
from gamelabel.scenes import sample_prompts
from gamelabel.training import TrainingConfig
from gamelabel.tuning.data import LatentDataset, concatenate
from gamelabel.tuning.evaluate import (
    HeldOutImages,
    adherence_change,
    drawing_features,
    generate_held_out,
)

PROMPTS, IMAGES, ROUNDS = 3400, 8, 2
STEPS, BATCH = 400, 64  # steps of a round; pairs, or preferred images, per step
# With a beta of 30 the margin grows three times as far as with 100; the anchor limits the drift.
DPO = {"batch_size": BATCH, "beta": 30.0, "anchor": 2.5}
PAIRWISE_RATE, SUPERVISED_RATE = 2e-3, 1e-4
FLIP_RATE, FEW = 0.3, 1500  # share of wrong labels, and number of pairs, of the last arms
SHORT, HALF = 300, 32  # steps, and pairs per step, of these arms
SUFFIX = f", {FLIP_RATE:.0%} wrong"
WRONG_LABELS = {"DPO": "dpo", "cDPO": "cdpo", "robust DPO": "robust_dpo"}
TEST, TEST_SEED = 4096, 2026


def make_config(rate: float, steps: int, batch_size: int) -> TrainingConfig:
    return TrainingConfig(steps, batch_size, rate, decay_start=0.0, warmup_steps=20, ema_decay=0.99)


def train_adapters(pipe: FluxPipeline, folder: Path, seed: int) -> dict[str, Path]:
    """Train the arms that are not trained yet; return the adapter's file of each arm."""
    transformer = pipe.transformer
    prompts = list(dict.fromkeys(sample_prompts(2 * PROMPTS, 1000 + seed, "train")))[:PROMPTS]
    annotators, generated = tuning.make_annotators(seed=seed), folder / "draws"
    scorer = (annotators, "annotators")
    ranked = tuning.generate_scored(pipe, prompts, IMAGES, *scorer, generated, seed)
    generator = torch.Generator().manual_seed(seed)
    random_images = torch.randint(IMAGES, (len(prompts),), generator=generator)
    unselected = ranked.pick(torch.arange(len(prompts)), random_images)

    files = tuning.tune_in_rounds(
        pipe,
        prompts,
        *scorer,
        "dpo",
        DPO,
        make_config(PAIRWISE_RATE, STEPS, BATCH),
        folder / f"pairs-{seed}",
        ROUNDS,
        IMAGES,
        seed=seed,
        generated=generated,
    )
    adapters = {f"pairs by ranking, {number}": file for number, file in enumerate(files, 1)}
    data = tuning.fingerprint(ranked.latents.flatten(0, 1), ranked.scores)
    config = make_config(SUPERVISED_RATE, ROUNDS * STEPS, BATCH)
    for name, learned in {"supervised": ranked.best(), "control": unselected}.items():
        sigmas = few_step_sigmas(4)
        loss = tuning.sft_loss(transformer, learned, BATCH, own_noise=True, sigmas=sigmas)
        arm = folder / f"{name}-{seed}"
        adapters[name] = tuning.tune_adapter(transformer, loss, config, arm, data, seed=seed)
    best, worst = ranked.best_and_worst()
    return adapters | train_mislabelled(transformer, best, worst, folder, data, seed)


def train_mislabelled(
    transformer: Any,
    best: LatentDataset,
    worst: LatentDataset,
    folder: Path,
    data: str,
    seed: int,
) -> dict[str, Path]:
    """Train with three losses on a few of the pairs, some of which have wrong labels."""
    rows = torch.arange(FEW)
    wrong = torch.rand(FEW, generator=torch.Generator().manual_seed(seed)) < FLIP_RATE
    two_sides = concatenate((best.rows(rows), worst.rows(rows)))
    sides = [two_sides.rows(rows + FEW * flipped.long()) for flipped in (wrong, ~wrong)]
    options = DPO | {"batch_size": HALF, "flip_rate": FLIP_RATE}
    config = make_config(PAIRWISE_RATE, SHORT, HALF)
    adapters = {}
    for name, kind in WRONG_LABELS.items():
        loss = tuning.pairwise_loss(transformer, *sides, loss=kind, **options)
        arm = folder / f"{name}{SUFFIX}-{seed}"
        adapters[name + SUFFIX] = tuning.tune_adapter(
            transformer, loss, config, arm, data, seed=seed
        )
    return adapters


def test_images(
    pipe: FluxPipeline, file: Path | None, folder: Path, seed: int = TEST_SEED
) -> HeldOutImages:
    """Generate the test images of the model with an adapter, or load them if they are saved.

    A folder has the images of one test seed.
    """
    name = tuning.fingerprint(torch.tensor(list(file.read_bytes()))) if file else "base"
    saved = folder / f"test-{name}.npz"
    if not saved.exists():
        if file:
            tuning.load_adapter(pipe, file)
        progress = str(file or "base")
        generated = generate_held_out(pipe, TEST, seed=seed, progress=progress)
        np.savez(saved, **generated._asdict())
        if file:
            pipe.unload_lora_weights()
    with np.load(saved) as arrays:
        return HeldOutImages(**arrays)


def results(
    models: dict[str, list[HeldOutImages]], base: HeldOutImages, drawings: np.ndarray
) -> pd.DataFrame:
    """Return changes of adherence (in points) and quality (x 1000) with 95 % intervals."""
    rows = []
    for name, seeds in models.items():
        others = ["DPO" + SUFFIX] if name.endswith("wrong") else ["supervised", "control"]
        references = {"the base": base} | {arm: models[arm] for arm in others}
        row: dict[str, Any] = {"arm": name, "seeds": len(seeds)}
        for arm, reference in references.items():
            change = adherence_change(seeds, reference)
            low, high = 100 * change.low, 100 * change.high
            row[f"over {arm}"] = f"{100 * change.value:+.2f} [{low:+.2f}, {high:+.2f}]"
        changes = [adherence_change(model, base).value for model in seeds]
        row["by seed"] = ", ".join(f"{100 * change:+.1f}" for change in changes)
        quality = [images.quality_change(m.features, base.features, drawings) for m in seeds]
        row["quality by seed"] = ", ".join(
            f"{q.value:+.1f} [{q.low:+.1f}, {q.high:+.1f}]" for q in quality
        )
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("data/runs/bench_preference"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 10, 20])
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    pipe = images.load_pipeline()
    base = test_images(pipe, None, options.folder)
    print(f"the base fits {base.fits.mean():.1%} of {TEST:,} prompts")
    models: dict[str, list[HeldOutImages]] = {}
    for seed in options.seeds:
        for name, file in train_adapters(pipe, options.folder, seed).items():
            models.setdefault(name, []).append(test_images(pipe, file, options.folder))
    drawings = drawing_features(pipe, TEST, TEST_SEED)
    print(results(models, base, drawings).to_string(index=False))


if __name__ == "__main__":
    main()
