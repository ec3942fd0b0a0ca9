"""Pictures and prompts of a very small world, and a reward model of a size for it."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from gamelabel.models.blip_scenes import make_embedded
from gamelabel.reward import RewardModel
from gamelabel.scenes import draw, parse

PROMPTS = [
    "a red circle",
    "two blue stars",
    "a small green square",
    "an orange triangle and a blue circle",
]


def tiny(seed: int = 0) -> RewardModel:
    return make_embedded(seed, width=32, layers=3, patch=16)


def drawn(prompts: list[str], seed: int = 0) -> np.ndarray:
    return np.stack([draw(parse(text), seed + i) for i, text in enumerate(prompts)])


def write_pictures(folder: Path, pictures: np.ndarray) -> list[str]:
    """PNG files in the folder; their names."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    names = [f"images/{i}.png" for i in range(len(pictures))]
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(folder / name)
    return names


def four_in_order(folder: Path, prompts: int = 5) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Pairs and labels of annotators who all put the same four pictures in one order, whatever the prompt; the files.

    The pictures are of one, two, three and four things, the most preferred first.
    """
    files = write_pictures(
        folder, drawn(["a red circle", "two red circles", "three red circles", "four red circles"])
    )
    pairs, labels = [], []
    for p in range(prompts):
        for i in range(4):
            for j in range(4):
                if i == j:
                    continue
                pair_id = f"{p}-{i}-{j}"
                shown = {"image_a": files[i], "image_b": files[j]}
                text = PROMPTS[p % len(PROMPTS)]
                pairs.append(
                    {
                        "pair_id": pair_id,
                        "prompt_id": f"p{p}",
                        "prompt": text,
                        "kind": "preference",
                        **shown,
                    }
                )
                labels.append(
                    {"pair_id": pair_id, "player_id": "one", "choice": "a" if i < j else "b"}
                )
    return pd.DataFrame(pairs), pd.DataFrame(labels), files
