"""Rankings of several pictures of a prompt -> the tables `pairs` and `labels`: a choice for every two of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import check_table


def ranked_pairs(
    rankings: pd.DataFrame, images: pd.DataFrame, model: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """At most k (k - 1) / 2 pairs of the k pictures of a prompt, and one label for each annotator who ranked them.

    images: prompt_id, prompt, image (path in the run's folder), seed; rankings: player_id, prompt_id, image, rank (1
    the best), source, as `game.rank_images` returns them. Two pictures of the same rank are a tie. Pair names are as
    `read_rankings` has them. Raises ValueError where an annotator ranked a picture that is not among the prompt's.
    """
    _check(rankings, images)
    numbered = images.assign(number=images.groupby("prompt_id").cumcount())
    shown = _every_two(numbered, ["prompt_id", "prompt"])
    pairs = shown.assign(kind="preference", model=model, gold=None)
    chosen = _every_two(
        rankings.merge(numbered[["prompt_id", "image", "number"]]),
        ["prompt_id", "player_id", "source"],
    )
    better = np.sign(chosen["rank_b"] - chosen["rank_a"])
    labels = chosen.assign(
        label_id=chosen["pair_id"] + "-" + chosen["player_id"],
        choice=better.map({1: "a", 0: "tie", -1: "b"}),
        batch_id=None,
        shown_left=None,
        response_ms=None,
        created_at=None,
    )
    return check_table(pairs[list(TABLES["pairs"])], "pairs"), check_table(
        labels[list(TABLES["labels"])], "labels"
    )


def _every_two(frame: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """Every two rows that agree in the columns `of`, the lower number first (_a and _b), with the pair's name."""
    two = frame.merge(frame, on=of, suffixes=("_a", "_b"))
    two = two[two["number_a"] < two["number_b"]].reset_index(drop=True)
    name = two["prompt_id"] + "-" + two["number_a"].astype(str) + "-" + two["number_b"].astype(str)
    return two.assign(pair_id=name)


def _check(rankings: pd.DataFrame, images: pd.DataFrame) -> None:
    known = set(zip(images["prompt_id"], images["image"], strict=True))
    strange = [
        key
        for key in zip(rankings["prompt_id"], rankings["image"], strict=True)
        if key not in known
    ]
    if strange:
        raise ValueError(
            f"{len(strange)} ranked pictures are not among their prompt's, such as {strange[0][1]} of {strange[0][0]!r}"
        )
    if not np.isfinite(rankings["rank"].to_numpy(float)).all():
        raise ValueError("a ranking has a rank that is no number")
