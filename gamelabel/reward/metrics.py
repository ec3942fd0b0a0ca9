"""How well scores tell what people prefer: accuracy on pairs, and best and worst of several pictures.

As ImageReward has them (Xu et al. 2023, section 4.1). A scorer that gives two pictures the same score has not told
them apart: such a pair counts as wrong, and a picture's place is behind all that score as much. Intervals are 95 %
bootstraps over prompts, whose pairs are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata, spearmanr

from gamelabel.reliability import Estimate
from gamelabel.reliability.estimate import bootstrap_mean

REPLICATES = 1000


def preference_accuracy(
    first: ArrayLike,
    second: ArrayLike,
    target: ArrayLike,
    prompts: ArrayLike | None = None,
    seed: int = 0,
) -> Estimate:
    """Share of pairs in which the picture that people prefer has the higher score; n is the number of pairs.

    first, second: scores (N,); target: the share of people for the first, (N,), pairs at one half being left out;
    prompts: what each pair is about, (N,), by default each by itself. NaN where no pair is decided.
    """
    decided, right = _right(first, second, target)
    groups = np.arange(len(right)) if prompts is None else np.asarray(prompts)[decided]
    return share_by_group(right, groups, seed)


def accuracy_gain(
    ours: tuple[ArrayLike, ArrayLike],
    theirs: tuple[ArrayLike, ArrayLike],
    target: ArrayLike,
    prompts: ArrayLike,
    seed: int = 0,
) -> Estimate:
    """By how much one scorer's preference accuracy exceeds another's on the same pairs, paired; n is their number.

    ours, theirs: each scorer's scores of the first and of the second pictures, (N,) each; else as above. Two accuracies
    whose own intervals overlap may still differ: what both find hard in a prompt is in both, and not in the difference.
    """
    decided, right = _right(*ours, target)
    return share_by_group(right - _right(*theirs, target)[1], np.asarray(prompts)[decided], seed)


def _right(
    first: ArrayLike, second: ArrayLike, target: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pairs people decided (N,), and of those whether the higher score is the preferred picture's, 0 or 1."""
    gap, target = np.asarray(first, float) - np.asarray(second, float), np.asarray(target, float)
    _finite(gap, "scores")
    decided = target != 0.5
    return decided, (np.sign(gap) == np.sign(target - 0.5))[decided].astype(float)


def auc(scores: ArrayLike, fits: ArrayLike) -> float:
    """The chance that a picture that fits scores higher than one that does not, half where they score the same.

    scores (N,), fits (N,), the area under the receiver's curve by its ranks. NaN where all fit, or none.
    """
    scores, fits = np.asarray(scores, float), np.asarray(fits, bool)
    _finite(scores, "scores")
    n, m = int(fits.sum()), int((~fits).sum())
    return (
        float((rankdata(scores)[fits].sum() - n * (n + 1) / 2) / (n * m))
        if n and m
        else float("nan")
    )


def recall_at(
    scores: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int, seed: int = 0
) -> Estimate:
    """Share of prompts whose best picture, by people, is among the scorer's first k; n is the number of prompts.

    scores, ranks: for each prompt the scores of its pictures and their rank by people, 1 the best. Where people tie
    several for the best, the share of these that are among the first k counts.
    """
    hits = [
        _share_within(np.asarray(s, float), np.asarray(r, float), k)
        for s, r in zip(scores, ranks, strict=True)
    ]
    return share_by_group(np.array(hits), np.arange(len(hits)), seed)


def filter_at(
    scores: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int, seed: int = 0
) -> Estimate:
    """Share of prompts whose worst picture, by people, is among the scorer's last k: `recall_at`, upside down."""
    return recall_at(
        [-np.asarray(s, float) for s in scores], [-np.asarray(r, float) for r in ranks], k, seed
    )


def _share_within(scores: NDArray[np.float64], ranks: NDArray[np.float64], k: int) -> float:
    _finite(scores, "scores")
    if len(scores) != len(ranks) or not 1 <= k <= len(scores):
        raise ValueError(
            f"{len(scores)} scores, {len(ranks)} ranks, k = {k}: give as many, and k from 1 to that many"
        )
    place = (scores[None, :] >= scores[:, None]).sum(
        1
    )  # 1 the best; those that score as much stand before
    return float((place <= k)[ranks == ranks.min()].mean())


def wins(rankings: pd.DataFrame) -> pd.Series:
    """How often each picture stands before another one of its prompt, by image, over all who ranked them.

    rankings: player_id, prompt_id, image, rank (1 the best); a tie is no win.
    """
    by = rankings.groupby(["player_id", "prompt_id"])["rank"]
    behind = by.transform("size") - by.rank(method="max")
    return behind.groupby(rankings["image"]).sum().astype(int)


def metric_test(scores: ArrayLike, wins: ArrayLike) -> float:
    """Spearman's correlation over models of their mean scores with how often people preferred them."""
    scores, wins = np.asarray(scores, float), np.asarray(wins, float)
    if scores.shape != wins.shape or len(scores) < 2:
        raise ValueError(
            f"{len(scores)} models have scores, {len(wins)} have wins: give both of at least two models"
        )
    return float(spearmanr(scores, wins).statistic)


def share_by_group(
    hits: ArrayLike, groups: ArrayLike, seed: int = 0, replicates: int = REPLICATES
) -> Estimate:
    """Mean of hits (N,) with a bootstrap interval that draws whole groups (N,); NaN where there are none."""
    return bootstrap_mean(hits, groups, replicates=replicates, seed=seed)


def _finite(values: NDArray[np.float64], name: str) -> None:
    if not np.isfinite(values).all():
        raise ValueError(
            f"{int((~np.isfinite(values)).sum())} of {len(values)} {name} are not finite"
        )
