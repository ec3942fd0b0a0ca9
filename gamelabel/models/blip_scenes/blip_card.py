"""The card of the embedded BLIP: how well it matches images and prompts, failures, recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.images.pipeline import generate, load_pipeline
from gamelabel.models.blip_scenes.pretraining import N_SCENES
from gamelabel.models.model_card import (
    describe_software,
    format_settings,
    last_log_row,
    write_card,
)
from gamelabel.reliability.auc import auc
from gamelabel.reward.baselines import clip_score, match_score
from gamelabel.reward.metrics import preference_accuracy
from gamelabel.reward.reward_model import RewardModel
from gamelabel.scenes import adherence, parse, sample_prompts
from gamelabel.training import TrainingConfig

BLIP_TEMPLATE = Path(__file__).with_name("blip_card.md.j2")
_IMAGES_PER_PROMPT = 8  # as in ImageReward's test set
_SEED = 500_000_000  # of the test images, far from the seeds of a run


def write_blip_card(
    model: RewardModel,
    config: TrainingConfig,
    seed: int,
    training_folder: Path,
    repository: Path,
    n_prompts: int,
) -> dict[str, float]:
    """Measure the model on images that the embedded FLUX samples, and write its README.md.

    Parameters
    ----------
    model : RewardModel
        The pre-trained model as it is stored.
    config : TrainingConfig
        Settings of the training.
    seed : int
        Seed of the training.
    training_folder : Path
        Where the log of the training is.
    repository : Path
        The folder of the model; the card is written there.
    n_prompts : int
        Held-out prompts, of eight images each.

    Returns
    -------
    dict
        The numbers of the card by name.
    """
    images, prompts, fits = sample_test_images(n_prompts)
    match_scores = match_score(model, list(images), prompts)
    metrics = discrimination("match", match_scores, prompts, fits)
    contrast_scores = clip_score(model, list(images), prompts)
    metrics |= discrimination("contrast", contrast_scores, prompts, fits)
    families = _auc_by_family(match_scores, prompts, fits)
    log = last_log_row(training_folder)
    values = {
        "weights": sum(weight.numel() for weight in model.blip.parameters()) / 1e6,
        "n": len(prompts),
        "images_per_prompt": _IMAGES_PER_PROMPT,
        "n_prompts": n_prompts,
        "fit_share": fits.mean(),
        "metrics": metrics,
        "families": families,
        "weakest": min(families, key=lambda row: row["auc"])["name"],
        "seed": seed,
        "n_scenes": N_SCENES,
        "settings": format_settings(config),
        "minutes": log["seconds"] / 60,
        "loss": log["loss"],
        "machine": f"one process on {model.device.type}, {describe_software()}",
    }
    write_card(BLIP_TEMPLATE, repository / "README.md", values)
    return metrics


def sample_test_images(
    n_prompts: int,
) -> tuple[NDArray[np.uint8], list[str], NDArray[np.bool_]]:
    """Sample images of held-out prompts; returns the images, their prompts, and which fit."""
    distinct = list(dict.fromkeys(sample_prompts(4 * n_prompts, _SEED, "held-out")))[:n_prompts]
    prompts = [text for text in distinct for _ in range(_IMAGES_PER_PROMPT)]
    seeds = [_SEED + i for i in range(len(prompts))]
    batches = generate(load_pipeline(), prompts, seeds, progress="test images")
    images = np.concatenate(list(batches))
    return images, prompts, adherence(images, prompts)[0]


def discrimination(
    score: str, values: NDArray[np.float64], prompts: Sequence[str], fits: NDArray[np.bool_]
) -> dict[str, float]:
    """How well scores separate images that fit from images that do not.

    Parameters
    ----------
    score : str
        Name of the score, with which the names of the metrics begin.
    values : array
        The scores, (n,).
    prompts : sequence of str
        The prompt of each image.
    fits : array
        Whether each image fits its prompt, bool (n,).
    """
    first, second = _pairs_of_prompt(prompts)
    target = 0.5 + 0.5 * (fits[first].astype(float) - fits[second])
    accuracy = preference_accuracy(values[first], values[second], target)
    return {
        f"{score}, area under the curve": auc(values, fits),
        f"{score}, accuracy on pairs of which one fits": accuracy.value,
    }


def _auc_by_family(
    scores: NDArray[np.float64], prompts: Sequence[str], fits: NDArray[np.bool_]
) -> list[dict[str, float | str]]:
    families = np.array([parse(prompt).family for prompt in prompts])
    rows = []
    for name in dict.fromkeys(families.tolist()):
        rows_of_family = families == name
        value = auc(scores[rows_of_family], fits[rows_of_family])
        rows.append({"name": name, "auc": value, "n": int(rows_of_family.sum())})
    return rows


def _pairs_of_prompt(prompts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of all pairs of images of the same prompt."""
    firsts, seconds = [], []
    for _, rows in pd.Series(range(len(prompts))).groupby(list(prompts), sort=False):
        first, second = np.triu_indices(len(rows), 1)
        firsts.append(rows.to_numpy()[first])
        seconds.append(rows.to_numpy()[second])
    return np.concatenate(firsts), np.concatenate(seconds)
