"""Pictures and prompts of a very small world, and a reward model of a size for it."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from gamelabel.models.blip_scenes import make_blip_scenes
from gamelabel.reward import RewardModel
from gamelabel.scenes import draw, parse

PROMPTS = [
    "a red circle",
    "two blue stars",
    "a small green square",
    "an orange triangle and a blue circle",
]


def tiny_model(seed: int = 0) -> RewardModel:
    return make_blip_scenes(seed, width=32, layers=3, patch=16)


def draw_prompts(prompts: list[str], seed: int = 0) -> np.ndarray:
    return np.stack([draw(parse(text), seed + i) for i, text in enumerate(prompts)])


def write_pictures(folder: Path, pictures: np.ndarray) -> list[str]:
    """PNG files in the folder; their names."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    names = [f"images/{i}.png" for i in range(len(pictures))]
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(folder / name)
    return names


def majority_preferences(labels: pd.DataFrame) -> pd.DataFrame:
    """The table `preferences` by the share of votes; undecided pairs are left out."""
    votes = labels.groupby("pair_id")["choice"].value_counts().unstack(fill_value=0)
    votes = votes.reindex(columns=["a", "b", "tie"], fill_value=0)
    decided = votes[votes.a != votes.b]
    most = decided[["a", "b"]].max(axis=1)
    return pd.DataFrame(
        {
            "pair_id": decided.index,
            "chosen": np.where(decided.a > decided.b, "a", "b"),
            "probability": (most / (decided.a + decided.b)).to_numpy(),
            "method": "majority",
            "votes": decided.sum(axis=1).to_numpy(),
        }
    )


def ordered_images(
    folder: Path, prompts: int = 5
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[str]]:
    """Pairs, preferences, labels and files of four images that an annotator always orders alike.

    The images have one, two, three and four objects; fewer are preferred, whatever the prompt.
    """
    texts = ["a red circle", "two red circles", "three red circles", "four red circles"]
    files = write_pictures(folder, draw_prompts(texts))
    pairs, labels = [], []
    for p in range(prompts):
        for i, j in permutations(range(4), 2):
            pair_id = f"{p}-{i}-{j}"
            pair = {"pair_id": pair_id, "prompt_id": f"p{p}", "prompt": PROMPTS[p % len(PROMPTS)]}
            pairs.append({**pair, "kind": "preference", "image_a": files[i], "image_b": files[j]})
            choice = "a" if i < j else "b"
            labels.append({"pair_id": pair_id, "player_id": "one", "choice": choice})
    table = pd.DataFrame(labels)
    return pd.DataFrame(pairs), majority_preferences(table), table, files
