"""Simulated annotators who rate and rank several pictures of a prompt, as ImageReward's did.

Of each picture they say from 1 to 7 how far it fits the prompt, how faithful it looks and how good it is in all, which
of the listed issues it has, and then they put all pictures of the prompt in order, ties allowed (Xu et al. 2023,
section 2.2).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.players import Crowd

LEAST, MOST = 4, 9  # pictures of a prompt
LEVELS = 7  # of a rating, 7 the best
ISSUES = (
    "repeated generation",
    "body problem",
    "too blurry to see objects",
    "psychological discomfort",
    "sexual content",
    "violent content",
    "defames certain groups",
)


def rank_images(
    images: pd.DataFrame,
    annotators: int = 30,
    each: int = 1,
    seed: int = 0,
    crowd: Crowd | None = None,
    ties: float = 0.7,
) -> pd.DataFrame:
    """Let `each` of so many simulated annotators rank the pictures of each prompt.

    images: prompt_id, image, alignment and fidelity in [0, 1] (what is true of them; alignment counts for as much as
    fidelity, which may be left out), and issues, names of ISSUES joined by "; ", which may be left out too. Returns
    player_id, prompt_id, image, rank (1 the best), overall, alignment, fidelity (1 to 7), issues, source "simulated".

    An annotator of skill s puts two pictures that are neighbours in truth in their order with chance s: the ranking is
    Mallows', exp(-d log(s / (1 - s))) for d pairs that stand the wrong way round (Mallows 1957), so that with two
    pictures it is what `simulate` plays. Pictures that are equally good are a matter of taste, one for all. A rating
    is right but for 2 (1 - s) of cases, where it is any. ties: the chance that two neighbours whom the annotator rates
    alike stay tied; about as many pairs are tied then as in ImageReward's published rankings, 11.5 %. Raises
    ValueError where a prompt has fewer than 4 or more than 9 pictures, or too few annotators.
    """
    _check(images, annotators, each)
    rng = np.random.default_rng(seed)
    skill = (crowd or Crowd()).draw(annotators, rng).skill
    frames = []
    for prompt_id, group in images.groupby("prompt_id", sort=False):
        fidelity = group["fidelity"] if "fidelity" in group else group["alignment"]
        worth = (group["alignment"].to_numpy(float) + fidelity.to_numpy(float)) / 2
        taste = rng.permutation(len(group))
        truth = np.lexsort((taste, -worth))  # rows, the best first
        marks = group["issues"].tolist() if "issues" in group else [""] * len(group)
        for player in rng.choice(annotators, each, replace=False):
            s = float(skill[player])
            order = truth[mallows(len(group), s, rng)]
            overall = np.empty(len(group), np.int64)
            overall[order] = np.sort(_rate(worth, s, rng))[::-1]
            frames.append(
                pd.DataFrame(
                    {
                        "player_id": f"player-{player:05d}",
                        "prompt_id": prompt_id,
                        "image": group["image"].to_numpy(),
                        "rank": _ranks(order, overall, ties, rng),
                        "overall": overall,
                        "alignment": _rate(group["alignment"].to_numpy(float), s, rng),
                        "fidelity": _rate(fidelity.to_numpy(float), s, rng),
                        "issues": [_noticed(mark, s, rng) for mark in marks],
                        "source": "simulated",
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def mallows(n: int, skill: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """A random order of 0 ... n - 1, by repeated insertion (Doignon et al. 2004): neighbours are right with `skill`."""
    phi = (1.0 - skill) / max(skill, 1e-12)
    order: list[int] = []
    for i in range(n):
        chance = phi ** np.arange(
            i, -1, -1, dtype=float
        )  # of the place before which i goes; at the end by itself
        order.insert(int(rng.choice(i + 1, p=chance / chance.sum())), i)
    return np.array(order, np.int64)


def _rate(worth: NDArray[np.float64], skill: float, rng: np.random.Generator) -> NDArray[np.int64]:
    right = 1 + np.rint((LEVELS - 1) * worth).astype(np.int64)
    return np.where(
        rng.random(len(worth)) < 2 * skill - 1, right, rng.integers(1, LEVELS + 1, len(worth))
    )


def _ranks(
    order: NDArray[np.int64], overall: NDArray[np.int64], ties: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Ranks (n,) of pictures put in order: one more at each step down, unless two rated alike are left tied."""
    step = (np.diff(overall[order]) != 0) | (rng.random(len(order) - 1) >= ties)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = 1 + np.concatenate(([0], np.cumsum(step)))
    return ranks


def _noticed(issues: str, skill: float, rng: np.random.Generator) -> str:
    return "; ".join(name for name in issues.split("; ") if name and rng.random() < skill)


def _check(images: pd.DataFrame, annotators: int, each: int) -> None:
    sizes = images.groupby("prompt_id").size()
    wrong = sizes[(sizes < LEAST) | (sizes > MOST)]
    if len(wrong):
        raise ValueError(
            f"prompt {wrong.index[0]!r} has {wrong.iloc[0]} pictures: {LEAST} to {MOST} are ranked at a time "
            f"({len(wrong)} prompts have other numbers)"
        )
    if not 1 <= each <= annotators:
        raise ValueError(
            f"{each} annotators a prompt of {annotators} in all: ask at least 1, and no more than there are"
        )
    if "issues" in images:
        strange = {name for mark in images["issues"] for name in mark.split("; ") if name} - set(
            ISSUES
        )
        if strange:
            raise ValueError(f"no issue is called {min(strange)!r}: there are {', '.join(ISSUES)}")
