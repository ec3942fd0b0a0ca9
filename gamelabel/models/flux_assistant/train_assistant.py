"""The whole recipe of an assistant: the base's own images, training, the card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from diffusers import FluxPipeline

from gamelabel.data_parallel import Worker, run_workers
from gamelabel.images.pipeline import FLUX_SCENES, load_pipeline
from gamelabel.models.flux_assistant.assistant_card import write_assistant_card
from gamelabel.scenes import sample_prompts
from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import ADAPTER_FILE
from gamelabel.tuning.assistant import train_assistant
from gamelabel.tuning.best_of import generate_judged
from gamelabel.tuning.scored import ScoredImages

ASSISTANT_TRAINING = TrainingConfig(
    steps=1000,
    batch_size=256,
    learning_rate=1e-3,
    decay_start=0.5,
    warmup_steps=50,
    ema_decay=0.99,
    bf16=False,
)
ASSISTANT_RANK = 24  # the highest multiple of 8 whose file has less than 2 MB
OWN_IMAGES = 8192
ASSISTANT_NAME = "scenes-flux-assistant"
_SEED = 7000  # of prompts and noise, far from the seeds of a run


def train_flux_assistant(
    folder: Path,
    model: str | Path = FLUX_SCENES,
    workers: int = 1,
    device: str = "cpu",
    quick: bool = False,
) -> tuple[Path, dict[str, float]]:
    """Train the assistant of a model of drawn scenes and write its card.

    An interrupted call resumes.

    Parameters
    ----------
    folder : Path
        Where the images (`images`) and the assistant (`scenes-flux-assistant`) go.
    model : str or Path
        The base model: the embedded one, or another of the drawn world.
    workers : int
        Processes that share every batch: one a core, or 1 on a GPU.
    device : str
        "cpu" or "cuda".
    quick : bool
        Take four steps on 64 images: it shows that the recipe runs, and learns nothing.

    Returns
    -------
    file : Path
        The assistant.
    metrics : dict
        The numbers of its card by name.
    """
    config, n_images = ASSISTANT_TRAINING, OWN_IMAGES
    if quick:
        config, n_images = replace(config, steps=4, batch_size=8), 64
    pipe = _open_base(model, device)
    images = own_images(pipe, n_images, folder)
    run_workers(train_share, (model, folder, config, n_images), workers, device)
    file = folder / ASSISTANT_NAME / ADAPTER_FILE
    test = 20 if quick else 2000
    return file, write_assistant_card(pipe, file, config, ASSISTANT_RANK, images, workers, test)


def own_images(pipe: FluxPipeline, n: int, folder: Path) -> ScoredImages:
    """Generate n images of training prompts, one each, unselected; the judge's score is recorded.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model.
    n : int
        Number of images.
    folder : Path
        They are saved in `folder/images`, see `generate_scored`.

    Returns
    -------
    ScoredImages
        n images.
    """
    prompts = sample_prompts(n, _SEED, "train")
    return generate_judged(pipe, prompts, 1, folder / "images", _SEED)


def train_share(
    model: str | Path, folder: Path, config: TrainingConfig, n_images: int, worker: Worker
) -> None:
    """Train the assistant in one of the processes that share every batch.

    Parameters
    ----------
    model : str or Path
        The base model.
    folder : Path
        The folder of `train_flux_assistant`, with the images.
    config : TrainingConfig
        The settings.
    n_images : int
        Number of images.
    worker : Worker
        This process.
    """
    pipe = _open_base(model, worker.device)
    rows = torch.arange(n_images)
    images = own_images(pipe, n_images, folder).pick(rows, torch.zeros_like(rows))
    place = folder / ASSISTANT_NAME
    train_assistant(pipe.transformer, images, config, place, ASSISTANT_RANK, worker=worker)


def _open_base(model: str | Path, device: str) -> FluxPipeline:
    """Open the base in float32 on any device: rounded to bfloat16 it would be another base."""
    return load_pipeline(model, "cpu").to(device)
