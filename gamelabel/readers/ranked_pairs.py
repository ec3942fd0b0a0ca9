"""Rankings of several pictures of a prompt as labels of every two pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.tables.checks import check_table
from gamelabel.tables.schema import TABLES

_CHOICES = {1: "a", 0: "tie", -1: "b"}  # by the sign of rank_b - rank_a


def ranked_pairs(
    rankings: pd.DataFrame, images: pd.DataFrame, model: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the tables `pairs` and `labels` of rankings.

    A prompt with k pictures has k(k - 1)/2 pairs, with a label of each annotator who ranked both
    pictures; two pictures of the same rank are a tie. Pairs are named as by `read_rankings`.

    Parameters
    ----------
    rankings : DataFrame
        Columns `player_id`, `prompt_id`, `image`, `rank` (1 is the best) and `source`.
    images : DataFrame
        Columns `prompt_id`, `prompt`, `image` (path in the run's folder) and `seed`.
    model : str
        The model that made the pictures.

    Returns
    -------
    pairs, labels : DataFrame
        The tables.

    Raises
    ------
    ValueError
        If a ranked picture is not one of its prompt's, or a rank is not a number.

    Examples
    --------
    >>> import pandas as pd
    >>> images = pd.DataFrame({"image": ["1.png", "2.png"], "seed": [1, 2]})
    >>> images = images.assign(prompt_id="t1", prompt="a star")
    >>> rankings = pd.DataFrame({"image": ["1.png", "2.png"], "rank": [2, 1]})
    >>> rankings = rankings.assign(player_id="u1", prompt_id="t1", source="crowd")
    >>> pairs, labels = ranked_pairs(rankings, images, "demo")
    >>> labels[["pair_id", "player_id", "choice"]]
      pair_id player_id choice
    0  t1-0-1        u1      b
    """
    _check_rankings(rankings, images)
    numbered = images.assign(number=images.groupby("prompt_id").cumcount())
    shown = _every_two(numbered, ["prompt_id", "prompt"])
    pairs = shown.assign(kind="preference", model=model)
    ranked = rankings.merge(numbered[["prompt_id", "image", "number"]])
    compared = _every_two(ranked, ["prompt_id", "player_id", "source"])
    labels = compared.assign(
        label_id=compared["pair_id"] + "-" + compared["player_id"],
        choice=np.sign(compared["rank_b"] - compared["rank_a"]).map(_CHOICES),
    )
    return (
        check_table(pairs.reindex(columns=list(TABLES["pairs"])), "pairs"),
        check_table(labels.reindex(columns=list(TABLES["labels"])), "labels"),
    )


def _every_two(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Join every two rows with equal keys, the lower number first (_a, then _b)."""
    two = frame.merge(frame, on=keys, suffixes=("_a", "_b"))
    two = two[two["number_a"] < two["number_b"]]
    numbers = two["number_a"].astype(str) + "-" + two["number_b"].astype(str)
    return two.assign(pair_id=two["prompt_id"] + "-" + numbers)


def _check_rankings(rankings: pd.DataFrame, images: pd.DataFrame) -> None:
    known = pd.MultiIndex.from_frame(images[["prompt_id", "image"]])
    unknown = rankings[~pd.MultiIndex.from_frame(rankings[["prompt_id", "image"]]).isin(known)]
    if len(unknown):
        first = unknown.iloc[0]
        raise ValueError(
            f"{len(unknown)} ranked pictures are not among those of their prompt, such as "
            f"{first['image']} of {first['prompt_id']!r}"
        )
    if not np.isfinite(rankings["rank"].to_numpy(float)).all():
        raise ValueError("a ranking has a rank that is not a number")
