"""The whole recipe of the embedded BLIP: architecture, pre-training, repository, card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gamelabel.models.blip_scenes.architecture import make_blip_scenes
from gamelabel.models.blip_scenes.blip_card import write_blip_card
from gamelabel.models.blip_scenes.pretraining import BLIP_TRAINING, N_SCENES, pretrain_blip
from gamelabel.reward.reward_folder import open_blip, save_blip

_SEED = 0


def train_blip_scenes(
    folder: Path, device: str = "cpu", quick: bool = False
) -> tuple[Path, dict[str, float]]:
    """Train the embedded BLIP and write its repository and card; an interrupted call resumes.

    Parameters
    ----------
    folder : Path
        Where the checkpoints (`training`) and the model (`scenes-blip`) go.
    device : str
        "cpu" or "cuda".
    quick : bool
        Take four steps on 64 scenes: it shows that the recipe runs, and learns nothing.

    Returns
    -------
    repository : Path
        The folder of the model.
    metrics : dict
        The numbers of its card by name.
    """
    config = replace(BLIP_TRAINING, steps=4, batch_size=8) if quick else BLIP_TRAINING
    n_scenes = 64 if quick else N_SCENES
    model = make_blip_scenes(_SEED).to(device)
    model = pretrain_blip(model, config, folder / "training", _SEED, n_scenes)
    repository = save_blip(model, folder / "scenes-blip")
    metrics = write_blip_card(
        open_blip(repository),
        config,
        _SEED,
        folder / "training",
        repository,
        10 if quick else 400,
    )
    return repository, metrics
