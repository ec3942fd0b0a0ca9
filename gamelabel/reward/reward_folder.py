"""A reward model as a folder: BLIP and its tokenizer as `transformers` saves them, the head, and what scores mean."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BlipForImageTextRetrieval

from gamelabel.files import shipped
from gamelabel.reward.calibration import Calibration
from gamelabel.reward.reward_model import TEXT_LENGTH, RewardModel

EMBEDDED = shipped("data/models/scenes-blip")
_HEAD, _ABOUT = "head.safetensors", "reward.json"


class NotARewardModel(ValueError):
    """A folder that is no whole reward model; the message says what is wrong and what would be right."""


def save_reward(model: RewardModel, folder: str | Path) -> Path:
    """Write the model so that `load_reward` gives the same scores; all of it or nothing. Returns the folder."""
    folder = Path(folder)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    model.blip.save_pretrained(part / "blip")
    model.tokenizer.save_pretrained(part / "blip")
    save_file(
        {name: weight.contiguous() for name, weight in model.head.state_dict().items()},
        part / _HEAD,
    )
    about = {"text_length": model.text_length, "calibration": asdict(model.calibration)}
    (part / _ABOUT).write_text(json.dumps(about, indent=2) + "\n")
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)
    return folder


def load_reward(folder: str | Path, device: str = "cpu") -> RewardModel:
    """Open what `save_reward` wrote.

    Raises FileNotFoundError where there is no such folder, NotARewardModel where a part is missing, damaged, or made
    for another text length.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no reward model at {folder}: run notebooks/07_reward_model.ipynb first, or give a folder that "
            "`save_reward` wrote"
        )
    wanted = [_ABOUT, _HEAD, "blip/config.json", "blip/model.safetensors", "blip/tokenizer.json"]
    if missing := [name for name in wanted if not (folder / name).is_file()]:
        raise NotARewardModel(
            f"{folder} is no whole reward model: {', '.join(missing)} missing; train or copy it again"
        )
    try:
        about = json.loads((folder / _ABOUT).read_text())
        calibration = about["calibration"]
        calibration = Calibration(
            **{**calibration, "percentiles": tuple(calibration["percentiles"])}
        )
        model = open_blip(folder / "blip", about["text_length"], calibration)
        model.head.load_state_dict(load_file(folder / _HEAD))
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise NotARewardModel(f"{folder} is no reward model: {error}") from error
    return model.to(device).eval()


def save_blip(model: RewardModel, folder: str | Path) -> Path:
    """Write the model's BLIP alone, as float16, half of its size, for `open_blip`. Returns the folder."""
    folder = Path(folder)
    copy.deepcopy(model.blip).half().save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


def open_blip(
    source: str | Path = EMBEDDED,
    text_length: int = 0,
    calibration: Calibration | None = None,
    seed: int = 0,
) -> RewardModel:
    """A BLIP with a new head, to be trained: a folder, or a name on the hub such as Salesforce/blip-itm-large-coco.

    text_length: tokens of a prompt that are read; 0 for ImageReward's 35, or as many as BLIP has places for. Raises
    NotARewardModel where there is no such BLIP.
    """
    try:
        blip = BlipForImageTextRetrieval.from_pretrained(
            source, dtype=torch.float32
        )  # stored in half of that
        tokenizer = AutoTokenizer.from_pretrained(source)
    except OSError as error:
        raise NotARewardModel(
            f"{source} is no BLIP: give a folder that transformers wrote, or a name on the hub ({error})"
        ) from error
    text_length = text_length or min(TEXT_LENGTH, blip.config.text_config.max_position_embeddings)
    return RewardModel(blip, tokenizer, text_length, calibration, seed)
