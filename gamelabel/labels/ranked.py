"""Rankings of several pictures of a prompt -> the tables `pairs` and `labels`: a choice for every two of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from gamelabel.labels.tables import check_table


def ranked_pairs(rankings: pd.DataFrame, images: pd.DataFrame, model: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """At most k (k - 1) / 2 pairs of the k pictures of a prompt, and one label for each annotator who ranked them.

    images: prompt_id, prompt, image (path in the run's folder), seed; rankings: player_id, prompt_id, image, rank (1
    the best), source, as `game.rank_images` returns them. Two pictures of the same rank are a tie. Pair names are as
    `read_rankings` has them. Raises ValueError where an annotator ranked a picture that is not among the prompt's.
    """
    pairs, labels = [], []
    ranked = {key: group.set_index("image") for key, group in rankings.groupby(["prompt_id", "player_id"], sort=False)}
    by_prompt: dict[str, list[str]] = {}
    for prompt_id, player_id in ranked:
        by_prompt.setdefault(prompt_id, []).append(player_id)
    for prompt_id, group in images.groupby("prompt_id", sort=False):
        for (i, a), (j, b) in combinations(enumerate(group.to_dict("records")), 2):
            pair_id = f"{prompt_id}-{i}-{j}"
            shown = {"image_a": a["image"], "image_b": b["image"], "seed_a": a["seed"], "seed_b": b["seed"]}
            pairs.append({"pair_id": pair_id, "prompt_id": prompt_id, "prompt": a["prompt"], **shown})
            for player_id in by_prompt.get(prompt_id, []):
                ranks = ranked[prompt_id, player_id]
                if a["image"] in ranks.index and b["image"] in ranks.index:
                    first, second = ranks.at[a["image"], "rank"], ranks.at[b["image"], "rank"]
                    choice = "tie" if first == second else "a" if first < second else "b"
                    labels.append((f"{pair_id}-{player_id}", player_id, pair_id, choice, ranks["source"].iloc[0]))
    _check(rankings, images)
    table = pd.DataFrame(pairs).assign(kind="preference", model=model, gold=None)
    named = pd.DataFrame(labels, columns=["label_id", "player_id", "pair_id", "choice", "source"])
    blank = named.assign(batch_id=None, shown_left=None, response_ms=None, created_at=None)
    return check_table(table, "pairs"), check_table(blank, "labels")


def _check(rankings: pd.DataFrame, images: pd.DataFrame) -> None:
    known = set(zip(images["prompt_id"], images["image"], strict=True))
    strange = [key for key in zip(rankings["prompt_id"], rankings["image"], strict=True) if key not in known]
    if strange:
        raise ValueError(
            f"{len(strange)} ranked pictures are not among their prompt's, such as {strange[0][1]} of {strange[0][0]!r}"
        )
    if not np.isfinite(rankings["rank"].to_numpy(float)).all():
        raise ValueError("a ranking has a rank that is no number")
