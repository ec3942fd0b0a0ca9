"""The card of the embedded FLUX model: adherence, images, failures, recipe, learning curves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from diffusers import FluxPipeline
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gamelabel.files import write_text
from gamelabel.images.judge import adherence_by_family, share_table
from gamelabel.images.pipeline import generate, load_pipeline
from gamelabel.models.flux_scenes.flux_stages import STAGES
from gamelabel.models.flux_scenes.recipe import FluxRecipe
from gamelabel.models.flux_scenes.repository import assemble_repository
from gamelabel.models.model_card import (
    describe_software,
    format_settings,
    last_log_row,
    write_card,
)
from gamelabel.scenes import contact_sheet, parse, verify_batch
from gamelabel.tuning.evaluate import evaluate_adherence, held_out_prompts

FLUX_TEMPLATE = Path(__file__).with_name("flux_card.md.j2")
_EVALUATION_SEED = 0
_SHEET = 48  # images on the contact sheet


def write_flux_card(
    recipe: FluxRecipe, training_folder: Path, repository: Path, n_prompts: int
) -> dict[str, Any]:
    """Measure the assembled model and write its card, with two figures and adherence.json.

    Parameters
    ----------
    recipe : FluxRecipe
        Settings of the training.
    training_folder : Path
        The folder of `train_flux_scenes`.
    repository : Path
        The folder of `assemble_repository`; the card is written there.
    n_prompts : int
        Held-out prompts to draw.

    Returns
    -------
    dict
        Adherence of the student, overall and by family, as `gamelabel world evaluate` prints it.
    """
    pipe = load_pipeline(repository)
    prompts, seeds = held_out_prompts(n_prompts, _EVALUATION_SEED)
    images = _sample(pipe, prompts, seeds, "4 steps")
    verdicts = verify_batch(images, prompts)
    fits = np.array([verdict.fits for verdict in verdicts])
    student = adherence_by_family(fits, prompts)
    teacher = _teacher_adherence(recipe, training_folder, n_prompts)
    other_images = _sample(pipe, prompts, [seed + n_prompts for seed in seeds], "other seeds")
    other_fits = np.array([verdict.fits for verdict in verify_batch(other_images, prompts)])
    contact_sheet(images[:_SHEET], repository / "pictures.png")
    _plot_learning_curves(training_folder, repository / "curves.png")
    values = {
        "recipe": recipe,
        "n": n_prompts,
        "adherence": share_table(student).to_dict("records"),
        "teacher": teacher,
        "teacher_passes": 2 * recipe.distillation_steps,  # with and without the prompt
        "seed_disagreement": np.mean(fits != other_fits),
        "samples": list(zip(prompts, verdicts, strict=True))[:_SHEET],
        "failures": _faults_by_family(verdicts, prompts),
        "stages": [_describe_stage(stage, recipe, training_folder) for stage in STAGES],
        "machine": _describe_machine(training_folder),
    }
    write_card(FLUX_TEMPLATE, repository / "README.md", values)
    write_text(repository / "adherence.json", json.dumps(student, indent=1) + "\n")
    return student


def _sample(
    pipe: FluxPipeline, prompts: Sequence[str], seeds: Sequence[int], progress: str
) -> NDArray[np.uint8]:
    return np.concatenate(list(generate(pipe, prompts, seeds, progress=progress)))


def _teacher_adherence(recipe: FluxRecipe, training_folder: Path, n: int) -> dict[str, Any]:
    """Return the teacher's adherence, sampled as for the distillation set."""
    repository = training_folder / "refined/repository"
    assemble_repository(training_folder, "refined", repository)
    result = evaluate_adherence(
        load_pipeline(repository),
        n,
        recipe.distillation_steps,
        _EVALUATION_SEED,
        recipe.distillation_guidance,
        progress="teacher",
    )
    return result["adherence"]


def _faults_by_family(verdicts: Sequence[Any], prompts: Sequence[str]) -> list[dict[str, Any]]:
    """For each family, the share of images with a fault in each part of the prompt."""
    families = [parse(prompt).family for prompt in prompts]
    rows = []
    for family in dict.fromkeys(families):
        selected = [v for v, name in zip(verdicts, families, strict=True) if name == family]
        requested = Counter(part for verdict in selected for part in verdict.parts)
        faults: Counter[str] = Counter()
        for verdict in selected:
            faults.update(part for part, score in verdict.parts.items() if score < 1)
        shares = [(part, count / requested[part]) for part, count in faults.most_common()]
        rows.append({"family": family, "faults": shares})
    return rows


def _describe_stage(stage: str, recipe: FluxRecipe, training_folder: Path) -> dict[str, Any]:
    """Return a stage's name, its settings in words, and its minutes."""
    folder, settings = training_folder / stage, getattr(recipe, stage)
    if isinstance(settings, int):
        seconds = json.loads((folder / "done").read_text())["seconds"]
        settings = {"images": settings}
    else:
        seconds = last_log_row(folder)["seconds"]
    if stage == "distillation_set":
        for name, value in asdict(recipe).items():
            if name.startswith("distillation_") and name != stage:
                settings[name.removeprefix("distillation_")] = value
    name = stage.replace("_", " ")
    return {"name": name, "settings": format_settings(settings), "minutes": seconds / 60}


def _describe_machine(training_folder: Path) -> str:
    """Return the number of processes, the device and the software of the last stage."""
    done = json.loads((training_folder / "student/done").read_text())
    return f"{done['workers']} worker processes on {done['device']}, {describe_software()}"


def _plot_learning_curves(training_folder: Path, path: Path) -> None:
    stages = [stage for stage in STAGES if (training_folder / stage / "log.jsonl").exists()]
    figure = Figure(figsize=(3 * len(stages), 2.6), layout="constrained")
    for stage, axes in zip(stages, figure.subplots(1, len(stages)), strict=True):
        lines = (training_folder / stage / "log.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], linewidth=0.8)
        title = stage.replace("_", " ")
        axes.set(title=title, xlabel="step", ylabel="loss", yscale="log")
    figure.savefig(path, dpi=100)
