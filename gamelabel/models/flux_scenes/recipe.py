"""The recipe that trains the embedded model, stage by stage; each stage resumes where it was interrupted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from torch import Tensor
from tqdm import tqdm

from gamelabel.flow import Text, few_step_sigmas, integrate, pack, unpack
from gamelabel.models.flux_scenes.codec import (
    CHANNELS,
    codec_loss,
    draw_batch,
    make_codec,
    to_pictures,
)
from gamelabel.models.flux_scenes.student import student_loss
from gamelabel.models.flux_scenes.teacher import make_transformer, teacher_loss
from gamelabel.models.flux_scenes.text_encoders import Readers, text_loss
from gamelabel.parallel import Worker, run_workers
from gamelabel.scenes import adherence
from gamelabel.scenes.draw import SIDE
from gamelabel.scenes.grammar import FAMILIES, all_prompts
from gamelabel.scenes.prompt_split import sample_prompts, scene_split
from gamelabel.training import Loss, TrainingConfig, train

CHUNK = 1000  # pictures a file
TOKENS = (SIDE // 16) ** 2
# Seeds of stages that draw are far apart: chunk i of a stage has seed _SEED * 100_003 + i.
_SEED = {"pictures": 10, "harder": 20, "lessons": 50}
# Families that are learned slowly are asked for more often, and more still where only what fits becomes a lesson.
_ASKED = {
    "pictures": FAMILIES,
    "harder": ("single", "count", "position", "two", "two", "binding", "binding"),
    "lessons": ("single", "count", "position", "two", "two", "two", "binding", "binding"),
}


@dataclass(frozen=True)
class Recipe:
    """Every number of the recipe that one might turn."""

    seed: int = 0
    codec: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=4500, batch_size=16, learning_rate=2e-3, decay_start=0.3, bf16=False
        )
    )
    text: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=1500, batch_size=128, learning_rate=2e-3, bf16=False
        )
    )
    pictures: int = 160_000
    teacher: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(steps=9000, batch_size=128, learning_rate=1.2e-3)
    )
    harder: int = 240_000
    refined: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=16_000, batch_size=64, learning_rate=1e-3, decay_start=0.2
        )
    )
    lessons: int = (
        72_000  # drawn by the teacher; where judged, those that fit their prompt are kept
    )
    lesson_steps: int = 8
    lesson_guidance: float = 2.0
    lesson_judged: bool = True
    student: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=2600, batch_size=128, learning_rate=6e-4, decay_start=0.2
        )
    )


def quick(recipe: Recipe) -> Recipe:
    """The same recipe with a handful of steps: it shows that everything runs, and draws nothing anyone would want."""
    short = {
        name: replace(getattr(recipe, name), steps=4, batch_size=8)
        for name in ("codec", "text", "teacher", "refined", "student")
    }
    return replace(recipe, pictures=16, harder=16, lessons=16, lesson_judged=False, **short)


def train_codec(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 1: the autoencoder."""
    codec = make_codec().to(worker.device)
    _fit(
        recipe.codec,
        codec,
        codec_loss(codec, recipe.codec.batch_size),
        recipe,
        out / "codec",
        worker,
    )
    if worker.rank == 0:
        codec.save_pretrained(out / "codec/model")


def train_text(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 2: the text encoders."""
    readers = Readers().to(worker.device)
    _fit(
        recipe.text,
        readers,
        text_loss(readers, recipe.text.batch_size),
        recipe,
        out / "text",
        worker,
    )
    if worker.rank == 0:
        torch.save(readers.state_dict(), out / "text/readers.pt")


def draw_pictures(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 3: draw the training scenes and keep their latents."""
    _draw("pictures", recipe.pictures, out, worker)


def train_teacher(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 4: the teacher, on drawn scenes."""
    _teach("teacher", make_transformer(), "pictures", recipe, out, worker)


def draw_harder(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 5: draw other training scenes, more of them of the families that are learned slowly."""
    _draw("harder", recipe.harder, out, worker)


def refine_teacher(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 6: the teacher goes on with those."""
    teacher = FluxTransformer2DModel.from_pretrained(out / "teacher/model")
    _teach("refined", teacher, "harder", recipe, out, worker)


def draw_lessons(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 7: the teacher draws, with guidance, what the student is to draw without; the judge rejects what is wrong.

    A rejected picture is kept as not-a-number, so that rows still belong to the chunk's prompts and noise.
    """
    codec = AutoencoderKL.from_pretrained(out / "codec/model").to(worker.device)
    teacher = FluxTransformer2DModel.from_pretrained(out / "refined/model").to(worker.device).eval()
    table, row = _read_prompts(out, worker)
    sigmas = few_step_sigmas(recipe.lesson_steps)

    def make(seed: int, n: int) -> Tensor:
        noise = _noise(seed, n).to(worker.device)
        asked = _texts("lessons", seed, n)
        text = table.rows(torch.tensor([row[text] for text in asked]))
        parts = [slice(i, i + 50) for i in range(0, n, 50)]
        with torch.autocast(
            worker.device.partition(":")[0], torch.bfloat16, enabled=recipe.refined.bf16
        ):
            drawn = [
                integrate(
                    teacher, noise[p], text.rows(p), sigmas, recipe.lesson_guidance, table.rows([0])
                )
                for p in parts
            ]
        if not recipe.lesson_judged:
            return torch.cat(drawn)
        pictures = [to_pictures(codec.decode(unpack(x)).sample) for x in drawn]
        wrong = torch.from_numpy(~adherence(np.concatenate(pictures), asked)[0])
        return torch.cat(drawn).masked_fill(wrong.to(worker.device)[:, None, None], float("nan"))

    _in_chunks(out / "lessons", recipe.lessons, make, worker)


def train_student(recipe: Recipe, out: Path, worker: Worker) -> None:
    """Stage 8: the student, from the teacher's weights."""
    student = FluxTransformer2DModel.from_pretrained(out / "refined/model").to(worker.device)
    table, row = _read_prompts(out, worker)
    clean = _load_chunks(out / "lessons", recipe.lessons)
    noise = torch.cat([_noise(seed, n) for seed, n in _chunks("lessons", recipe.lessons)]).half()
    asked = _prompt_rows(row, "lessons", recipe.lessons)
    right = ~clean.isnan().any(2).any(1)
    loss = student_loss(
        student, clean[right], noise[right], asked[right], table, recipe.student.batch_size
    )
    _fit(recipe.student, student, loss, recipe, out / "student", worker)
    if worker.rank == 0:
        student.save_pretrained(out / "student/model")


# glibc gives large blocks back to the system after every step and faults them in again at the next (10 to 20 % of a
# codec step on a CPU); the workers inherit these settings and keep their memory.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "2147483648"}

STAGES: dict[str, Callable[[Recipe, Path, Worker], None]] = {
    "codec": train_codec,
    "text": train_text,
    "pictures": draw_pictures,
    "teacher": train_teacher,
    "harder": draw_harder,
    "refined": refine_teacher,
    "lessons": draw_lessons,
    "student": train_student,
}


def run(
    recipe: Recipe,
    out: Path,
    workers: int = 2,
    device: str = "cpu",
    stages: Sequence[str] = tuple(STAGES),
) -> None:
    """Run the stages that are not finished; each works in `out/<stage>/`, where `done` says that it is."""
    os.environ.update(_KEEP_MEMORY)
    for name in stages:
        if (out / name / "done").exists():
            continue
        (out / name).mkdir(parents=True, exist_ok=True)
        began, spent = (
            time.monotonic(),
            out / name / "seconds",
        )  # over all calls, those that were interrupted too
        before = int(spent.read_text()) if spent.exists() else 0
        try:
            run_workers(_run_stage, (name, recipe, out), workers, device)
        finally:
            spent.write_text(str(before + round(time.monotonic() - began)))
        done = {"seconds": int(spent.read_text()), "workers": workers, "device": device}
        (out / name / "done").write_text(json.dumps(done))


def _run_stage(name: str, recipe: Recipe, out: Path, worker: Worker) -> None:
    torch.manual_seed(recipe.seed)
    STAGES[name](recipe, out, worker)


def _fit(
    config: TrainingConfig,
    module: torch.nn.Module,
    loss: Loss,
    recipe: Recipe,
    folder: Path,
    worker: Worker,
) -> None:
    train(module, loss, config, folder, recipe.seed, worker=worker)


def _draw(stage: str, total: int, out: Path, worker: Worker) -> None:
    codec = AutoencoderKL.from_pretrained(out / "codec/model").to(
        worker.device, memory_format=torch.channels_last
    )

    def make(seed: int, n: int) -> Tensor:
        batches = [slice(i, min(i + 50, n)) for i in range(0, n, 50)]
        asked = _texts(stage, seed, n)
        return torch.cat(
            [
                pack(codec.encode(draw_batch(seed, asked, b).to(worker.device)).latent_dist.mean)
                for b in batches
            ]
        )

    _in_chunks(out / stage, total, make, worker)


def _teach(
    stage: str,
    transformer: FluxTransformer2DModel,
    pictures: str,
    recipe: Recipe,
    out: Path,
    worker: Worker,
) -> None:
    transformer.to(worker.device)
    config, total = getattr(recipe, stage), getattr(recipe, pictures)
    table, row = _read_prompts(out, worker)
    clean = _load_chunks(out / pictures, total)
    loss = teacher_loss(
        transformer, clean, _prompt_rows(row, pictures, total), table, config.batch_size
    )
    _fit(config, transformer, loss, recipe, out / stage, worker)
    if worker.rank == 0:
        transformer.save_pretrained(out / stage / "model")


def _chunks(stage: str, total: int) -> list[tuple[int, int]]:
    """(seed, pictures) of every chunk of a stage."""
    first = _SEED[stage] * 100_003
    return [(first + i, min(CHUNK, total - i * CHUNK)) for i in range((total + CHUNK - 1) // CHUNK)]


def _in_chunks(
    folder: Path, total: int, make: Callable[[int, int], Tensor], worker: Worker
) -> None:
    """Make each chunk of latents once; the workers take turns, and what is there is kept."""
    mine = _chunks(folder.name, total)[worker.rank :: worker.size]
    for seed, n in tqdm(
        mine, desc=folder.name, unit_scale=CHUNK, unit="picture", disable=worker.rank > 0
    ):
        path = folder / f"{seed}.npy"
        if path.exists():
            continue
        with torch.no_grad():
            latents = make(seed, n)
        with (folder / f"{seed}.part").open("wb") as file:
            np.save(file, latents.half().cpu().numpy())
        os.replace(folder / f"{seed}.part", path)


def _load_chunks(folder: Path, total: int) -> Tensor:
    return torch.cat(
        [
            torch.from_numpy(np.load(folder / f"{seed}.npy"))
            for seed, _ in _chunks(folder.name, total)
        ]
    )


def _prompt_rows(row: dict[str, int], stage: str, total: int) -> Tensor:
    return torch.tensor(
        [row[text] for seed, n in _chunks(stage, total) for text in _texts(stage, seed, n)]
    )


def _texts(stage: str, seed: int, n: int) -> list[str]:
    return sample_prompts(n, seed, families=_ASKED[stage])


def _noise(seed: int, n: int) -> Tensor:
    return torch.randn(n, TOKENS, 4 * CHANNELS, generator=torch.Generator().manual_seed(seed))


def _read_prompts(out: Path, worker: Worker) -> tuple[Text, dict[str, int]]:
    """Every training prompt encoded once, on the CPU or GPU; row 0 is the empty prompt."""
    readers = Readers()
    readers.load_state_dict(torch.load(out / "text/readers.pt", weights_only=True))
    readers.to(worker.device).eval()
    texts = ["", *(text for text, scene in all_prompts().items() if scene_split(scene) == "train")]
    with torch.no_grad():
        parts = [
            readers(*(ids.to(worker.device) for ids in readers.tokens(texts[i : i + 500])))
            for i in range(0, len(texts), 500)
        ]
    embeds, pooled = (torch.cat(part) for part in zip(*parts, strict=True))
    return Text(embeds, pooled), {text: i for i, text in enumerate(texts)}
