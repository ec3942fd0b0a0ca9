"""What the reward model learns from: pairs of pictures with a target, the share of votes for the first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

_VOTE = {"a": 1.0, "tie": 0.5, "b": 0.0}


class BadPairs(ValueError):
    """Pairs that nothing can be learned from; the message names them."""


def examples(pairs: pd.DataFrame, labels: pd.DataFrame, folder: str | Path = ".") -> pd.DataFrame:
    """Preference points with their votes: pair_id, prompt_id, prompt, first, second (files), target, weight.

    target: the share of votes for the first picture, a tie being half a vote for each (Xu et al. leave ties out,
    PickScore has them so). weight: one over the examples of the same prompt, so that a prompt with many pairs counts
    as much as one with a few. Comparison points never serve. Raises BadPairs where a pair has no picture or the same
    twice, FileNotFoundError where a file is missing.
    """
    share = labels["choice"].map(_VOTE).groupby(labels["pair_id"]).mean().rename("target")
    voted = pairs[pairs["kind"] == "preference"].merge(share, left_on="pair_id", right_index=True)
    if voted.empty:
        raise BadPairs("no preference point has a label: there is nothing to learn from")
    _check(voted, Path(folder))
    frame = voted[["pair_id", "prompt_id", "prompt"]].assign(
        first=[str(Path(folder) / name) for name in voted["image_a"]],
        second=[str(Path(folder) / name) for name in voted["image_b"]],
        target=voted["target"],
        weight=1.0 / voted.groupby("prompt_id")["pair_id"].transform("size"),
    )
    return frame.reset_index(drop=True)


def _check(pairs: pd.DataFrame, folder: Path) -> None:
    lacking = pairs[pairs["image_a"].isna() | pairs["image_b"].isna()]
    if len(lacking):
        raise BadPairs(
            f"{_named(lacking)} have a picture missing: labels without pictures teach a reward model nothing, leave "
            "them out"
        )
    same = pairs[pairs["image_a"] == pairs["image_b"]]
    if len(same):
        raise BadPairs(
            f"{_named(same)} show the same picture twice: no preference is in them, leave them out"
        )
    files = pd.unique(pairs[["image_a", "image_b"]].to_numpy().ravel())
    if absent := [name for name in files if not (folder / name).is_file()]:
        of = pairs[pairs["image_a"].isin(absent) | pairs["image_b"].isin(absent)]
        raise FileNotFoundError(
            f"{len(absent)} of {len(files)} pictures are not in {folder}, such as {absent[0]} of {_named(of)}: run the "
            "step that draws them again, or leave these pairs out"
        )


def _named(pairs: pd.DataFrame) -> str:
    ids = pairs["pair_id"].tolist()
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return f"pairs {', '.join(map(str, ids[:3]))}{more}"


def split_by_prompt(
    frame: pd.DataFrame, share: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Examples to learn from, and examples of a share of the prompts to choose by; no prompt is on both sides.

    Raises BadPairs where a side would be empty.
    """
    names = np.sort(frame["prompt_id"].unique())
    apart = np.random.default_rng(seed).permutation(names)[: round(share * len(names))]
    aside = frame["prompt_id"].isin(apart)
    if aside.all() or not aside.any():
        raise BadPairs(
            f"{len(names)} prompts cannot be parted {share:.0%} to {1 - share:.0%}: give more prompts or another share"
        )
    return frame[~aside].reset_index(drop=True), frame[aside].reset_index(drop=True)
