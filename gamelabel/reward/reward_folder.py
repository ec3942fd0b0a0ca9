"""A reward model on disk: BLIP and its tokenizer (by `transformers`), head, calibration."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.functional import interpolate
from transformers import AutoTokenizer, BlipForImageTextRetrieval

from gamelabel.files import shipped
from gamelabel.reward.calibration import Calibration
from gamelabel.reward.reward_model import IMAGE_SIZE, TEXT_LENGTH, RewardModel

BLIP_SCENES = shipped("data/models/scenes-blip")
_HEAD, _SETTINGS = "head.safetensors", "reward.json"


class NotARewardModel(ValueError):
    """A folder that is not a complete reward model; the message says what is wrong."""


def save_reward(model: RewardModel, folder: str | Path) -> Path:
    """Write the model so that `load_reward` gives the same scores; all of it or nothing.

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(folder)
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    model.blip.save_pretrained(partial / "blip")
    model.tokenizer.save_pretrained(partial / "blip")
    weights = {name: weight.contiguous() for name, weight in model.head.state_dict().items()}
    save_file(weights, partial / _HEAD)
    settings = {"text_length": model.text_length, "calibration": asdict(model.calibration)}
    (partial / _SETTINGS).write_text(json.dumps(settings, indent=2) + "\n")
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
    return folder


def load_reward(folder: str | Path, device: str = "cpu") -> RewardModel:
    """Open what `save_reward` wrote, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    NotARewardModel
        If a file is missing, damaged, or made for another text length.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no reward model at {folder.absolute()}: run notebooks/07_reward_model.ipynb first, "
            "or give a folder that `save_reward` wrote"
        )
    parts = [_SETTINGS, _HEAD, "blip/config.json", "blip/model.safetensors", "blip/tokenizer.json"]
    missing = [name for name in parts if not (folder / name).is_file()]
    if missing:
        raise NotARewardModel(
            f"{folder.absolute()} is not a complete reward model: {', '.join(missing)} missing; "
            "train or copy it again"
        )
    try:
        settings = json.loads((folder / _SETTINGS).read_text())
        percentiles = tuple(settings["calibration"].pop("percentiles"))
        calibration = Calibration(**settings["calibration"], percentiles=percentiles)
        model = open_blip(folder / "blip", settings["text_length"], calibration, device=device)
        model.head.load_state_dict(load_file(folder / _HEAD))
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise NotARewardModel(f"{folder.absolute()} is not a reward model: {error}") from error
    return model.eval()


def save_blip(model: RewardModel, folder: str | Path) -> Path:
    """Write the model's BLIP alone, for `open_blip`, as float16: half the size.

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(folder)
    copy.deepcopy(model.blip).half().save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


def open_blip(
    source: str | Path = BLIP_SCENES,
    text_length: int = 0,
    calibration: Calibration | None = None,
    seed: int = 0,
    device: str = "",
) -> RewardModel:
    """Open a BLIP and give it a new head, to be trained as a reward model.

    A BLIP for larger images than ImageReward's is made to read those of 224 x 224 pixels, as
    ImageReward's was: its position embeddings are scaled down.

    Parameters
    ----------
    source : str or Path
        A folder, or a name on the hub such as Salesforce/blip-itm-large-coco.
    text_length : int
        Tokens of a prompt that are read; 0 for ImageReward's 35, or fewer where BLIP has fewer
        positions.
    calibration : Calibration, optional
        What the scores mean; raw scores by default.
    seed : int
        Seed of the head's weights.
    device : str
        A torch device; by default the GPU if there is one.

    Raises
    ------
    NotARewardModel
        If there is no such BLIP.
    """
    try:
        # stored as float16
        blip = BlipForImageTextRetrieval.from_pretrained(source, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(source)
    except OSError as error:
        raise NotARewardModel(
            f"{source} is not a BLIP: give a folder that transformers wrote, or a name on the hub "
            f"({error})"
        ) from error
    text_length = text_length or min(TEXT_LENGTH, blip.config.text_config.max_position_embeddings)
    _read_smaller_images(blip, IMAGE_SIZE)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return RewardModel(blip, tokenizer, text_length, calibration, seed).to(device)


@torch.no_grad()
def _read_smaller_images(blip: BlipForImageTextRetrieval, size: int) -> None:
    """Scale position embeddings for images of at most `size` pixels, as BLIP's own code does."""
    config, embeddings = blip.config.vision_config, blip.vision_model.embeddings
    if config.image_size <= size:
        return
    positions = embeddings.position_embedding
    before, after = (pixels // config.patch_size for pixels in (config.image_size, size))
    grid = positions[:, 1:].reshape(1, before, before, -1).permute(0, 3, 1, 2)
    scaled = interpolate(grid, (after, after), mode="bicubic").permute(0, 2, 3, 1).flatten(1, 2)
    embeddings.position_embedding = nn.Parameter(torch.cat((positions[:, :1], scaled), 1))
    embeddings.num_patches = after**2
    embeddings.num_positions = after**2 + 1
    embeddings.image_size = config.image_size = size
