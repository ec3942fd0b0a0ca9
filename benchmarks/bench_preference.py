"""Rankings learned from by DPO, in two rounds, against imitating their winners; some hours on one core.

    python -m benchmarks.bench_preference --folder data/runs/bench --seeds 0 10 20

Each seed draws pictures of its own, asks simulated annotators of its own (SIMULATED) and trains every arm, with as many
steps and as many preferred pictures a step. The test is of prompts whose combinations no model was trained on, the same
for all arms. The settings below were chosen on other prompts, of the training's combinations, with one seed. What is
done is kept: an interrupted call goes on, and calls for several seeds may run side by side. A round draws from the next
seed, so that seeds stand ten apart.
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
from gamelabel.training import Loss
from gamelabel.tuning import Drawn, Pictures, Scored, TrainingConfig

PROMPTS, EACH, ROUNDS = 3400, 8, 2
STEPS, BATCH = 400, 64  # of a round; pairs a step, or preferred pictures
BETA, ANCHOR = (
    30.0,
    2.5,
)  # the margin may grow three times as far as with a beta of 100, along the base's own paths
RATES = {"pairs": 2e-3, "alone": 1e-4}
FLIP, FEW = 0.3, 1500  # share of wrong labels, and pairs that have some
SHORT, HALF = 300, 32  # steps and pairs a step on those
PLAIN = f"DPO, {FLIP:.0%} wrong"
TEST, TEST_SEED = 4096, 2026


def fit_of(rate: float, steps: int, batch: int) -> TrainingConfig:
    return TrainingConfig(steps, batch, rate, decay_start=0.0, warmup_steps=20, ema_decay=0.99)


def adapters(pipe: FluxPipeline, folder: Path, seed: int) -> dict[str, Path]:
    """Train what is not trained yet: the adapter's file of each arm."""
    net, kinds = pipe.transformer, {"own_noise": True, "sigmas": few_step_sigmas(4)}
    texts = list(dict.fromkeys(sample_prompts(2 * PROMPTS, 1000 + seed, "train")))[:PROMPTS]
    annotators, draws = tuning.ranked_by_annotators(seed=seed), folder / "draws"
    ranked = tuning.draw_scored(pipe, texts, EACH, annotators, "annotators", draws, seed)
    some = torch.randint(EACH, (len(texts),), generator=torch.Generator().manual_seed(seed))
    unselected = ranked.pick(torch.arange(len(texts)), some)

    def dpo(drawn: Scored) -> Loss:
        return tuning.pairwise_loss(
            net, *drawn.won_and_lost(), BATCH, lambda h, rows: tuning.dpo(h, BETA), anchor=ANCHOR
        )

    files = tuning.tune_in_rounds(
        pipe,
        texts,
        annotators,
        "annotators",
        dpo,
        fit_of(RATES["pairs"], STEPS, BATCH),
        folder / f"pairs-{seed}",
        ROUNDS,
        EACH,
        seed=seed,
        draws=draws,
    )
    found = {f"pairs by ranking, {k}": file for k, file in enumerate(files, 1)}
    alone = {
        "supervised": tuning.sft_loss(net, ranked.best(), BATCH, **kinds),
        "control": tuning.sft_loss(net, unselected, BATCH, **kinds),
    }
    data = tuning.fingerprint(ranked.clean.flatten(0, 1), ranked.scores)
    for name, loss in alone.items():
        settings = fit_of(RATES["alone"], ROUNDS * STEPS, BATCH)
        found[name] = tuning.tune_adapter(
            net, loss, settings, folder / f"{name}-{seed}", data, seed=seed
        )
    return found | mislabelled(net, *ranked.won_and_lost(), folder, data, seed)


def mislabelled(
    net: Any, better: Pictures, worse: Pictures, folder: Path, data: str, seed: int
) -> dict[str, Path]:
    """Adapters of three losses on a few of the pairs, some of which are labelled the wrong way round."""
    kinds = {
        "DPO": lambda h, rows: tuning.dpo(h, BETA),
        "cDPO": lambda h, rows: tuning.cdpo(h, BETA, FLIP),
        "robust DPO": lambda h, rows: tuning.rdpo(h, BETA, FLIP),
    }
    wrong = torch.rand(FEW, generator=torch.Generator().manual_seed(seed)) < FLIP
    sides, at = (
        tuning.join((better.rows(torch.arange(FEW)), worse.rows(torch.arange(FEW))), folder),
        torch.arange(FEW),
    )
    won, lost = (sides.rows(at + FEW * flipped.long()) for flipped in (wrong, ~wrong))
    found = {}
    for name, kind in kinds.items():
        loss, name = (
            tuning.pairwise_loss(net, won, lost, HALF, kind, anchor=ANCHOR),
            f"{name}, {FLIP:.0%} wrong",
        )
        settings = fit_of(RATES["pairs"], SHORT, HALF)
        found[name] = tuning.tune_adapter(
            net, loss, settings, folder / f"{name}-{seed}", data, seed=seed
        )
    return found


def drawn(pipe: FluxPipeline, file: Path | None, kept: Path) -> Drawn:
    """What the model with an adapter draws of the test, kept beside the adapters."""
    name = (
        kept
        / f"test-{tuning.fingerprint(torch.tensor(list(file.read_bytes()))) if file else 'base'}.npz"
    )
    if not name.exists():
        if file:
            tuning.put_on(pipe, file)
        np.savez(
            name,
            **tuning.assess(pipe, TEST, seed=TEST_SEED, progress=str(file or "base"))._asdict(),
        )
        if file:
            pipe.unload_lora_weights()
    with np.load(name) as saved:
        return Drawn(**saved)


def table(models: dict[str, list[Drawn]], base: Drawn, scenes: np.ndarray) -> pd.DataFrame:
    """Points of adherence against the base and other arms, and quality in thousandths; 95 % intervals."""
    rows = []
    for name, ours in models.items():
        others = [PLAIN] if name.endswith("wrong") else ["supervised", "control"]
        row = {"arm": name, "seeds": len(ours)}
        for other, theirs in {
            "the base": base,
            **{other: models[other] for other in others},
        }.items():
            change = tuning.adherence_change(ours, theirs)
            row[f"over {other}"] = "{value:+.2f} [{low:+.2f}, {high:+.2f}]".format(
                **{key: 100 * change[key] for key in ("value", "low", "high")}
            )
        seeds = [tuning.adherence_change(one, base)["value"] for one in ours]
        quality = [images.quality_change(one.features, base.features, scenes) for one in ours]
        row["by seed"] = ", ".join(f"{100 * change:+.1f}" for change in seeds)
        row["quality by seed"] = ", ".join(
            "{value:+.1f} [{low:+.1f}, {high:+.1f}]".format(**q._asdict()) for q in quality
        )
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("data/runs/bench_preference"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 10, 20])
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    pipe = images.load_pipeline()
    base = drawn(pipe, None, asked.folder)
    print(f"the base fits {base.fits.mean():.1%} of {TEST:,} prompts")
    models: dict[str, list[Drawn]] = {}
    for seed in asked.seeds:
        for name, file in adapters(pipe, asked.folder, seed).items():
            models.setdefault(name, []).append(drawn(pipe, file, asked.folder))
    scenes = tuning.scenes(pipe, TEST, TEST_SEED)
    print(table(models, base, scenes).to_string(index=False))


if __name__ == "__main__":
    main()
