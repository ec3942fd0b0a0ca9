"""The model card: recipe, time, machine, learning curves, adherence with intervals, pictures, known failures."""

from __future__ import annotations

import json
import platform
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from gamelabel.images.judge import adherence_by_family
from gamelabel.images.pipeline import generate, load_pipeline
from gamelabel.models.flux_scenes.recipe import STAGES, Recipe
from gamelabel.models.flux_scenes.repository import assemble
from gamelabel.scenes import contact_sheet, parse, verify_batch
from gamelabel.tuning.evaluate import evaluate_adherence, held_out_prompts

_EVALUATION_SEED = 0
_SHEET = 48  # held-out prompts on the contact sheet


def write_card(recipe: Recipe, trained: Path, folder: Path, n: int) -> dict[str, Any]:
    """Measure the repository in `folder`, made of the recipe's folder `trained`, and write its README.md and pictures.

    Returns the student's adherence as `gamelabel world evaluate` prints it.
    """
    pipe = load_pipeline(folder)
    prompts, seeds = held_out_prompts(n, _EVALUATION_SEED)
    pictures = np.concatenate(list(generate(pipe, prompts, seeds, progress="4 steps")))
    verdicts = verify_batch(pictures, prompts)
    hits = np.array([verdict.fits for verdict in verdicts])
    student = adherence_by_family(hits, prompts)
    teacher = _teacher(recipe, trained, n)
    again = np.concatenate(
        list(generate(pipe, prompts, [s + n for s in seeds], progress="other seeds"))
    )
    other = np.array([verdict.fits for verdict in verify_batch(again, prompts)])
    contact_sheet(pictures[:_SHEET], folder / "pictures.png")
    _draw_curves(trained, folder / "curves.png")
    card = [
        _HEAD.format(n=n),
        _adherence_table(student),
        _TEACHER.format(steps=recipe.lesson_steps, guidance=recipe.lesson_guidance, **teacher),
        f"Two pictures of one prompt with different seeds differ in adherence in {np.mean(hits != other):.1%} of "
        f"{n} pairs.\n",
        "## Pictures\n\n![48 held-out prompts](pictures.png)\n\nThe prompts, row by row, and what the judge says:\n",
        *(
            f"{i + 1}. {p}: {'; '.join(v.faults) or 'fits'}"
            for i, (p, v) in enumerate(zip(prompts, verdicts, strict=True))
            if i < _SHEET
        ),
        "\n## Known failures\n",
        _failures(verdicts, prompts),
        "## Recipe\n",
        _recipe_table(recipe, trained),
        "![learning curves](curves.png)\n",
    ]
    (folder / "README.md").write_text("\n".join(card) + "\n")
    (folder / "adherence.json").write_text(json.dumps(student, indent=1) + "\n")
    return student


_HEAD = """---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
---
# scenes-flux: a FLUX that fits in a repository

A text-to-image model of FLUX.1's make (T5 and CLIP text encoders, a `FluxTransformer2DModel`, an autoencoder, flow
matching), trained from nothing on drawn scenes of coloured shapes, 64 x 64 pixels. It draws in 4 steps without
guidance, as FLUX.1-schnell does. A program can tell without error whether a picture fits its prompt
(`gamelabel.scenes.verify`), which makes it a model to study preference learning on.

```python
from diffusers import FluxPipeline

pipe = FluxPipeline.from_pretrained("data/models/scenes-flux")
settings = dict(num_inference_steps=4, guidance_scale=0, height=64, width=64, max_sequence_length=16)
pipe("a red circle above a blue star", **settings).images[0]
```

Height, width and max_sequence_length must be given: FluxPipeline's own defaults (1024 pixels, 512 tokens) are those of
FLUX.1. Weights are stored as bfloat16 and run as float32.

## Adherence

The share of pictures that fit their prompt exactly (every thing, colour, shape, number, relation and style, nothing
else), on prompts of combinations never drawn in training, 4 steps, no guidance, n = {n}, 95 % Wilson intervals.
"""


_TEACHER = """
The teacher, with {steps} steps and a guidance of {guidance}, draws {value:.3f} of {n} held-out prompts right
({low:.3f} to {high:.3f}); it takes {passes} passes of the transformer where the student takes 4.
"""


def _teacher(recipe: Recipe, trained: Path, n: int) -> dict[str, Any]:
    """The teacher's adherence as it drew the student's lessons."""
    assemble(trained, "refined", trained / "refined/repository")
    pipe = load_pipeline(trained / "refined/repository")
    found = evaluate_adherence(
        pipe, n, recipe.lesson_steps, _EVALUATION_SEED, recipe.lesson_guidance, progress="teacher"
    )
    return {**found["adherence"], "passes": 2 * recipe.lesson_steps}


def _adherence_table(result: dict[str, Any]) -> str:
    rows = {"all": result["adherence"], **result["families"]}
    lines = [
        f"| {k} | {v['value']:.3f} | {v['low']:.3f} to {v['high']:.3f} | {v['n']} |"
        for k, v in rows.items()
    ]
    return "\n".join(
        ["| prompts | adherence | interval | n |", "| --- | --- | --- | --- |", *lines, ""]
    )


def _failures(verdicts: list[Any], prompts: list[str]) -> str:
    lines = [
        "Share of pictures with a fault in each part that was asked for, by family:\n",
        "| family | faults |",
        "| --- | --- |",
    ]
    families = [parse(prompt).family for prompt in prompts]
    for family in dict.fromkeys(families):
        chosen = [v for v, f in zip(verdicts, families, strict=True) if f == family]
        faults = Counter(part for v in chosen for part, score in v.parts.items() if score < 1)
        asked = Counter(part for v in chosen for part in v.parts)
        told = ", ".join(
            f"{part} {count / asked[part]:.0%}" for part, count in faults.most_common()
        )
        lines.append(f"| {family} | {told} |")
    return "\n".join([*lines, ""])


def _recipe_table(recipe: Recipe, trained: Path) -> str:
    settings = asdict(recipe)
    lines = ["| stage | settings | minutes |", "| --- | --- | --- |"]
    for stage in STAGES:
        done = json.loads((trained / stage / "done").read_text())
        log = trained / stage / "log.jsonl"
        seconds = (
            json.loads(log.read_text().splitlines()[-1])["seconds"]
            if log.exists()
            else done["seconds"]
        )
        own = settings[stage] if isinstance(settings[stage], dict) else {"number": settings[stage]}
        own |= {
            k.removeprefix("lesson_"): v
            for k, v in settings.items()
            if stage == "lessons" and k.startswith("lesson_")
        }
        told = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in own.items())
        lines.append(f"| {stage} | {told} | {seconds / 60:.1f} |")
    machine = f"{done['workers']} worker processes on {done['device']}, {platform.machine()}, torch {torch.__version__}"
    return "\n".join(
        [*lines, "", f"Trained by `gamelabel world train`, seed {recipe.seed}, on {machine}.\n"]
    )


def _draw_curves(trained: Path, path: Path) -> None:
    stages = [stage for stage in STAGES if (trained / stage / "log.jsonl").exists()]
    figure = Figure(figsize=(3 * len(stages), 2.6), layout="constrained")
    for stage, axes in zip(stages, figure.subplots(1, len(stages)), strict=True):
        rows = [
            json.loads(line) for line in (trained / stage / "log.jsonl").read_text().splitlines()
        ]
        axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], linewidth=0.8)
        axes.set(title=stage, xlabel="step", ylabel="loss", yscale="log")
    figure.savefig(path, dpi=100)
