"""The published scorers that compare tuned models: matching by BLIP, and ImageReward."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from huggingface_hub import hf_hub_download

from gamelabel.reward.baselines import match_score
from gamelabel.reward.imagereward_checkpoint import load_imagereward
from gamelabel.reward.reward_folder import BLIP_SCENES, open_blip
from gamelabel.reward.scorer import Scorer

HUB = "hub"  # instead of a path: where ImageReward was published
_REPOSITORY, _CHECKPOINT = "THUDM/ImageReward", "ImageReward.pt"


def published_scorers(
    blip: str | Path = BLIP_SCENES, imagereward: str | Path = "", device: str = ""
) -> dict[str, Scorer]:
    """Open scorers that learned nothing from the labels of this run.

    Parameters
    ----------
    blip : str or Path
        A BLIP with its matching head, see `open_blip`. Its tokenizer is also ImageReward's.
    imagereward : str or Path
        The file ImageReward.pt, "hub" to download it (1.8 GB), or empty for none.
    device : str
        A torch device; by default the GPU if there is one.

    Returns
    -------
    dict of str to Scorer
        "BLIP", the log odds that image and prompt match, and "ImageReward" if it is asked for.

    Raises
    ------
    NotARewardModel, NotImageReward, FileNotFoundError
        If a model cannot be opened; see `open_blip` and `load_imagereward`.
    """
    matching = open_blip(blip, device=device)
    scorers: dict[str, Scorer] = {"BLIP": partial(match_score, matching)}
    if str(imagereward):
        file = imagereward
        if str(imagereward) == HUB:
            file = hf_hub_download(_REPOSITORY, _CHECKPOINT)
        published = load_imagereward(file, matching.tokenizer).to(matching.device)
        scorers["ImageReward"] = published.eval().score
    return scorers
