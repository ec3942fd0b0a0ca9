"""Simulated annotators who rate and rank several images of a prompt, as ImageReward's did.

They rate each image from 1 to 7 for its alignment with the prompt, its fidelity and its overall
quality, mark the listed issues that it has, and rank all images of the prompt, with ties allowed
(Xu et al. 2023, section 2.2).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs.players import Crowd

RANKING_ISSUES = (
    "repeated generation",
    "body problem",
    "too blurry to see objects",
    "psychological discomfort",
    "sexual content",
    "violent content",
    "defames certain groups",
)
_MIN_IMAGES, _MAX_IMAGES = 4, 9  # of a prompt
_LEVELS = 7  # of a rating, 7 the best


def rank_images(
    images: pd.DataFrame,
    annotators: int = 30,
    rankings_per_prompt: int = 1,
    seed: int = 0,
    crowd: Crowd | None = None,
    ties: float = 0.7,
) -> pd.DataFrame:
    """Let simulated annotators rank the images of each prompt.

    An annotator of skill s puts two images that are neighbors in the true order in that order with
    probability s. The ranking follows Mallows' model, exp(-d log(s / (1 - s))) for d pairs in the
    wrong order, so that with two images it is what `simulate` plays. The order of equally good
    images is a matter of taste, the same for all. A rating is correct, or, with probability
    2 (1 - s), random.

    Parameters
    ----------
    images : DataFrame
        One row for each image: prompt_id, image, alignment in [0, 1], and optionally fidelity in
        [0, 1] (by default the alignment) and issues (names of `RANKING_ISSUES` joined by "; ").
        The true quality is the mean of alignment and fidelity.
    annotators : int
        Number of annotators.
    rankings_per_prompt : int
        Number of annotators who rank each prompt.
    seed : int
        The same seed gives the same table.
    crowd : Crowd, optional
        The distribution of the annotators' skill.
    ties : float
        Probability that two neighbors with the same rating are left tied. The default ties about as
        many pairs as ImageReward's published rankings do, 11.5 %.

    Returns
    -------
    DataFrame
        One row for each annotator and image: player_id, prompt_id, image, rank (1 the best),
        overall, alignment and fidelity (1 to 7), issues, source ("simulated").

    Raises
    ------
    ValueError
        If a prompt has fewer than 4 or more than 9 images, if there are too few annotators, or if
        an issue is unknown.

    References
    ----------
    Mallows, "Non-null ranking models" (1957).

    Examples
    --------
    >>> images = pd.DataFrame({"image": list("wxyz"), "alignment": [0, 0.3, 0.6, 1]})
    >>> images = images.assign(prompt_id="p")
    >>> sharp = Crowd(guesser_share=0, skill_mean=1 - 1e-9, skill_concentration=1e12)
    >>> rank_images(images, crowd=sharp, ties=0)["rank"].tolist()
    [4, 3, 2, 1]
    """
    _check(images, annotators, rankings_per_prompt)
    rng = np.random.default_rng(seed)
    skill = (crowd or Crowd()).draw(annotators, rng).skill
    frames = []
    for prompt_id, group in images.groupby("prompt_id", sort=False):
        alignment = group["alignment"].to_numpy(float)
        fidelity = group["fidelity"].to_numpy(float) if "fidelity" in group else alignment
        quality = (alignment + fidelity) / 2
        taste = rng.permutation(len(group))
        truth = np.lexsort((taste, -quality))  # rows, the best first
        issues = group["issues"].tolist() if "issues" in group else [""] * len(group)
        for player in rng.choice(annotators, rankings_per_prompt, replace=False):
            s = float(skill[player])
            order = truth[mallows(len(group), s, rng)]
            overall = np.empty(len(group), np.int64)
            overall[order] = np.sort(_rate(quality, s, rng))[::-1]
            columns = {
                "player_id": f"player-{player:05d}",
                "prompt_id": prompt_id,
                "image": group["image"].to_numpy(),
                "rank": _ranks(order, overall, ties, rng),
                "overall": overall,
                "alignment": _rate(alignment, s, rng),
                "fidelity": _rate(fidelity, s, rng),
                "issues": [_notice(names, s, rng) for names in issues],
                "source": "simulated",
            }
            frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def mallows(n: int, skill: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a random order of 0 ... n - 1 from Mallows' model, by repeated insertion.

    Parameters
    ----------
    n : int
        Number of items.
    skill : float
        Probability that two neighbors are in the right order.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of int, shape (n,)

    References
    ----------
    Doignon, Pekeč and Regenwetter, "The repeated insertion model for rankings" (2004).

    Examples
    --------
    >>> mallows(5, 1.0, np.random.default_rng(0)).tolist()
    [0, 1, 2, 3, 4]
    """
    phi = (1.0 - skill) / max(skill, 1e-12)
    order: list[int] = []
    for i in range(n):
        # of each place in which i can be inserted, the last of which leaves it behind all others
        chance = phi ** np.arange(i, -1, -1, dtype=float)
        order.insert(int(rng.choice(i + 1, p=chance / chance.sum())), i)
    return np.array(order, np.int64)


def _rate(
    quality: NDArray[np.float64], skill: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    correct = 1 + np.rint((_LEVELS - 1) * quality).astype(np.int64)
    is_correct = rng.random(len(quality)) < 2 * skill - 1
    return np.where(is_correct, correct, rng.integers(1, _LEVELS + 1, len(quality)))


def _ranks(
    order: NDArray[np.int64], overall: NDArray[np.int64], ties: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return ranks (n,) that rise at each step of the order, unless two equal ratings are tied."""
    step = (np.diff(overall[order]) != 0) | (rng.random(len(order) - 1) >= ties)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = 1 + np.concatenate(([0], np.cumsum(step)))
    return ranks


def _notice(issues: str, skill: float, rng: np.random.Generator) -> str:
    return "; ".join(name for name in issues.split("; ") if name and rng.random() < skill)


def _check(images: pd.DataFrame, annotators: int, rankings_per_prompt: int) -> None:
    sizes = images.groupby("prompt_id").size()
    wrong = sizes[(sizes < _MIN_IMAGES) | (sizes > _MAX_IMAGES)]
    if len(wrong):
        raise ValueError(
            f"prompt {wrong.index[0]!r} has {wrong.iloc[0]} images: {_MIN_IMAGES} to "
            f"{_MAX_IMAGES} can be ranked at a time ({len(wrong)} prompts have other numbers)"
        )
    if not 1 <= rankings_per_prompt <= annotators:
        raise ValueError(
            f"{rankings_per_prompt} rankings per prompt by {annotators} annotators: ask for at "
            "least 1 and at most one of each annotator"
        )
    if "issues" in images:
        names = {name for issues in images["issues"] for name in issues.split("; ") if name}
        unknown = names - set(RANKING_ISSUES)
        if unknown:
            raise ValueError(
                f"unknown issue {min(unknown)!r}: the issues are {', '.join(RANKING_ISSUES)}"
            )
