"""What the reward model learns from: pairs of images, each with a target and a weight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gamelabel.tables import count_votes


class BadPairs(ValueError):
    """Pairs that cannot be learned from; the message names them."""


def reward_examples(
    pairs: pd.DataFrame,
    preferences: pd.DataFrame,
    labels: pd.DataFrame,
    folder: str | Path = ".",
) -> pd.DataFrame:
    """Return the labelled preference points with their targets.

    The target is the probability that the first image is the better one. Each tie among the labels
    of a point pulls it towards one half, as PickScore counts ties: with a share t of ties, it is
    (1 - t) p + t / 2, where p is the probability in `preferences`. Labelled points that are not in
    `preferences` are undecided and have the target 1/2. (ImageReward leaves ties out.)

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs`; comparison points are not used.
    preferences : DataFrame
        The table `preferences`: one aggregated label for each point.
    labels : DataFrame
        The table `labels` that `preferences` was made from; only its ties are used.
    folder : path
        Where the images of `pairs` are.

    Returns
    -------
    DataFrame
        `pair_id`, `prompt_id`, `prompt`, `first`, `second` (files), `target` (0 to 1) and `weight`:
        1 / number of examples of the prompt, so that every prompt counts the same.

    Raises
    ------
    BadPairs
        If there is no example, or a pair lacks an image or shows the same one twice.
    FileNotFoundError
        If an image does not exist.
    """
    votes = count_votes(labels).set_index("pair_id")
    labelled = pairs[(pairs["kind"] == "preference") & pairs["pair_id"].isin(votes.index)]
    if labelled.empty:
        raise BadPairs("no preference point has a label: there is nothing to learn from")
    _check_images(labelled, Path(folder))
    aggregated = preferences.set_index("pair_id").reindex(labelled["pair_id"])
    chosen, probability = aggregated["chosen"], aggregated["probability"]
    first_is_better = probability.where(chosen == "a", 1.0 - probability)
    decided_votes = votes.loc[labelled["pair_id"], ["votes_a", "votes_b"]].sum(axis=1)
    tie_share = 1.0 - decided_votes / aggregated["votes"]
    target = (1.0 - tie_share) * first_is_better + tie_share * 0.5
    n_examples = labelled.groupby("prompt_id")["pair_id"].transform("size")
    return pd.DataFrame(
        {
            "pair_id": labelled["pair_id"].to_numpy(),
            "prompt_id": labelled["prompt_id"].to_numpy(),
            "prompt": labelled["prompt"].to_numpy(),
            "first": [str(Path(folder) / name) for name in labelled["image_a"]],
            "second": [str(Path(folder) / name) for name in labelled["image_b"]],
            "target": target.fillna(0.5).to_numpy(float),
            "weight": 1.0 / n_examples.to_numpy(float),
        }
    )


def _check_images(pairs: pd.DataFrame, folder: Path) -> None:
    missing = pairs[pairs["image_a"].isna() | pairs["image_b"].isna()]
    if len(missing):
        raise BadPairs(
            f"{_names(missing)} have no image: labels without images teach a reward model nothing, "
            "leave these pairs out"
        )
    same = pairs[pairs["image_a"] == pairs["image_b"]]
    if len(same):
        raise BadPairs(
            f"{_names(same)} show the same image twice: there is no preference between them, leave "
            "these pairs out"
        )
    files = pd.unique(pairs[["image_a", "image_b"]].to_numpy().ravel())
    absent = [name for name in files if not (folder / name).is_file()]
    if absent:
        affected = pairs[pairs["image_a"].isin(absent) | pairs["image_b"].isin(absent)]
        raise FileNotFoundError(
            f"{len(absent)} of {len(files)} images are not in {folder.absolute()}, such as "
            f"{absent[0]} of {_names(affected)}: run the step that draws them again, or leave "
            "these pairs out"
        )


def _names(pairs: pd.DataFrame) -> str:
    ids = pairs["pair_id"].astype(str).tolist()
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return f"pairs {', '.join(ids[:3])}{more}"


def split_by_prompt(
    examples: pd.DataFrame, validation_share: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split examples into training and validation; no prompt is in both.

    Parameters
    ----------
    examples : DataFrame
        With a column `prompt_id`.
    validation_share : float
        Share of the prompts, 0 to 1.
    seed : int
        Seed of the split.

    Raises
    ------
    BadPairs
        If one part would be empty.
    """
    names = np.sort(examples["prompt_id"].unique())
    order = np.random.default_rng(seed).permutation(names)
    validation = examples["prompt_id"].isin(order[: round(validation_share * len(names))])
    if validation.all() or not validation.any():
        raise BadPairs(
            f"{len(names)} prompts cannot be split {validation_share:.0%} to "
            f"{1 - validation_share:.0%}: give more prompts or another share"
        )
    train, held_out = examples[~validation], examples[validation]
    return train.reset_index(drop=True), held_out.reset_index(drop=True)
