"""The stages of the recipe, from the autoencoder to the few-step student, in the order they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from torch import Tensor

from gamelabel.data_parallel import Worker
from gamelabel.flow import Text, few_step_sigmas, integrate, pack, unpack
from gamelabel.images.latents import decoded_pixels, pixels_to_images
from gamelabel.models.flux_scenes.autoencoder import (
    autoencoder_loss,
    draw_batch,
    make_autoencoder,
)
from gamelabel.models.flux_scenes.latent_chunks import (
    chunk_noise,
    chunk_prompts,
    chunk_seeds,
    load_chunks,
    write_chunks,
)
from gamelabel.models.flux_scenes.recipe import FluxRecipe
from gamelabel.models.flux_scenes.student import student_loss
from gamelabel.models.flux_scenes.teacher import make_transformer, teacher_loss
from gamelabel.models.flux_scenes.text_encoders import TextEncoders, text_loss
from gamelabel.scenes import adherence
from gamelabel.scenes.grammar import all_prompts
from gamelabel.scenes.prompt_split import scene_split
from gamelabel.training import train

_DRAW_BATCH = 50  # images encoded or sampled at once
_TEXT_BATCH = 500  # prompts encoded at once


def train_autoencoder(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 1: train the autoencoder."""
    config, stage = recipe.codec, folder / "codec"
    autoencoder = make_autoencoder().to(worker.device)
    loss = autoencoder_loss(autoencoder, config.batch_size)
    train(autoencoder, loss, config, stage, recipe.seed, worker=worker)
    if worker.rank == 0:
        autoencoder.save_pretrained(stage / "model")


def train_text_encoders(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 2: train the text encoders on text alone; later stages keep them fixed."""
    config, stage = recipe.text, folder / "text"
    encoders = TextEncoders().to(worker.device)
    train(
        encoders, text_loss(encoders, config.batch_size), config, stage, recipe.seed, worker=worker
    )
    if worker.rank == 0:
        torch.save(encoders.state_dict(), stage / "weights.pt")


def draw_scenes(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 3: draw the training scenes and store their latents."""
    _draw_latents("scenes", recipe.scenes, folder, worker)


def train_teacher(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 4: train the teacher on drawn scenes."""
    _train_on_scenes("teacher", make_transformer(), "scenes", recipe, folder, worker)


def draw_hard_scenes(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 5: draw other training scenes, with more of the families that are learned slowly."""
    _draw_latents("hard_scenes", recipe.hard_scenes, folder, worker)


def refine_teacher(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 6: continue the teacher's training on the scenes of stage 5."""
    teacher = FluxTransformer2DModel.from_pretrained(folder / "teacher/model")
    _train_on_scenes("refined", teacher, "hard_scenes", recipe, folder, worker)


def draw_distillation_set(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 7: sample, with guidance, the images that the student learns to draw without guidance.

    A filtered image (one that does not fit its prompt) is stored as NaN, so that the rows of a
    chunk still belong to its prompts and its noise.
    """
    autoencoder = AutoencoderKL.from_pretrained(folder / "codec/model").to(worker.device)
    teacher = FluxTransformer2DModel.from_pretrained(folder / "refined/model")
    teacher.to(worker.device).eval()
    text, prompt_row = _encode_prompts(folder, worker)
    sigmas = few_step_sigmas(recipe.distillation_steps)
    device_type = worker.device.partition(":")[0]

    def sample(seed: int, n: int) -> Tensor:
        noise = chunk_noise(seed, n).to(worker.device)
        texts = chunk_prompts("distillation_set", seed, n)
        embedded = text.rows(torch.tensor([prompt_row[prompt] for prompt in texts]))
        batches = [slice(i, i + _DRAW_BATCH) for i in range(0, n, _DRAW_BATCH)]
        with torch.autocast(device_type, torch.bfloat16, enabled=recipe.refined.bf16):
            latents = [
                integrate(
                    teacher,
                    noise[batch],
                    embedded.rows(batch),
                    sigmas,
                    recipe.distillation_guidance,
                    text.rows([0]),
                )
                for batch in batches
            ]
        if not recipe.distillation_filtered:
            return torch.cat(latents)
        pixels = [decoded_pixels(autoencoder.decode(unpack(x)).sample) for x in latents]
        misfits = torch.from_numpy(~adherence(pixels_to_images(torch.cat(pixels)), texts)[0])
        misfits = misfits.to(worker.device)[:, None, None]
        return torch.cat(latents).masked_fill(misfits, float("nan"))

    write_chunks(folder / "distillation_set", recipe.distillation_set, sample, worker)


def train_student(recipe: FluxRecipe, folder: Path, worker: Worker) -> None:
    """Stage 8: distill the teacher into a student of four steps, starting from its weights."""
    config, total = recipe.student, recipe.distillation_set
    student = FluxTransformer2DModel.from_pretrained(folder / "refined/model")
    student.to(worker.device)
    text, prompt_row = _encode_prompts(folder, worker)
    clean = load_chunks(folder / "distillation_set", total)
    chunks = chunk_seeds("distillation_set", total)
    noise = torch.cat([chunk_noise(seed, n) for seed, n in chunks]).half()
    rows = _prompt_rows(prompt_row, "distillation_set", total)
    kept = ~clean.isnan().any(2).any(1)
    loss = student_loss(student, clean[kept], noise[kept], rows[kept], text, config.batch_size)
    train(student, loss, config, folder / "student", recipe.seed, worker=worker)
    if worker.rank == 0:
        student.save_pretrained(folder / "student/model")


STAGES: dict[str, Callable[[FluxRecipe, Path, Worker], None]] = {
    "codec": train_autoencoder,
    "text": train_text_encoders,
    "scenes": draw_scenes,
    "teacher": train_teacher,
    "hard_scenes": draw_hard_scenes,
    "refined": refine_teacher,
    "distillation_set": draw_distillation_set,
    "student": train_student,
}


def _draw_latents(stage: str, total: int, folder: Path, worker: Worker) -> None:
    """Draw scenes and store their latents under the autoencoder."""
    autoencoder = AutoencoderKL.from_pretrained(folder / "codec/model")
    autoencoder.to(worker.device, memory_format=torch.channels_last)

    def encode(seed: int, n: int) -> Tensor:
        texts = chunk_prompts(stage, seed, n)
        latents = []
        for start in range(0, n, _DRAW_BATCH):
            images = draw_batch(seed, texts, slice(start, min(start + _DRAW_BATCH, n)))
            posterior = autoencoder.encode(images.to(worker.device)).latent_dist
            latents.append(pack(posterior.mean))
        return torch.cat(latents)

    write_chunks(folder / stage, total, encode, worker)


def _train_on_scenes(
    stage: str,
    transformer: FluxTransformer2DModel,
    scenes: str,
    recipe: FluxRecipe,
    folder: Path,
    worker: Worker,
) -> None:
    """Train a transformer with flow matching on the latents of the stage `scenes`."""
    transformer.to(worker.device)
    config, total = getattr(recipe, stage), getattr(recipe, scenes)
    text, prompt_row = _encode_prompts(folder, worker)
    clean = load_chunks(folder / scenes, total)
    rows = _prompt_rows(prompt_row, scenes, total)
    loss = teacher_loss(transformer, clean, rows, text, config.batch_size)
    train(transformer, loss, config, folder / stage, recipe.seed, worker=worker)
    if worker.rank == 0:
        transformer.save_pretrained(folder / stage / "model")


def _encode_prompts(folder: Path, worker: Worker) -> tuple[Text, dict[str, int]]:
    """Encode every training prompt once; row 0 is the empty prompt. Returns text and its rows."""
    encoders = TextEncoders()
    encoders.load_state_dict(torch.load(folder / "text/weights.pt", weights_only=True))
    encoders.to(worker.device).eval()
    texts = ["", *(text for text, scene in all_prompts().items() if scene_split(scene) == "train")]
    embeddings, pooled = [], []
    with torch.no_grad():
        for start in range(0, len(texts), _TEXT_BATCH):
            t5_ids, clip_ids = encoders.tokenize(texts[start : start + _TEXT_BATCH])
            output = encoders(t5_ids.to(worker.device), clip_ids.to(worker.device))
            embeddings.append(output[0])
            pooled.append(output[1])
    rows = {text: row for row, text in enumerate(texts)}
    return Text(torch.cat(embeddings), torch.cat(pooled)), rows


def _prompt_rows(prompt_row: dict[str, int], stage: str, total: int) -> Tensor:
    """For each image of a stage, the row of its prompt."""
    rows = []
    for seed, n in chunk_seeds(stage, total):
        rows += [prompt_row[text] for text in chunk_prompts(stage, seed, n)]
    return torch.tensor(rows)
