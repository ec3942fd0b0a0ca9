"""How well scores predict what people prefer: accuracy, recall and filter at k, rank correlation.

The definitions are ImageReward's (Xu et al. 2023, section 4.1). Equal scores count as wrong: a pair
with them is an error, and an image ranks behind all images with the same score. Intervals are 95 %
intervals over prompts, because the pairs of a prompt are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata, spearmanr

from gamelabel.reliability import Estimate
from gamelabel.reliability.estimate import estimate_mean, few_clusters


def preference_accuracy(
    first: ArrayLike,
    second: ArrayLike,
    target: ArrayLike,
    prompts: ArrayLike | None = None,
) -> Estimate:
    """Share of pairs in which the image that people prefer has the higher score.

    Parameters
    ----------
    first, second : array
        Scores of the first and of the second images, (N,).
    target : array
        Share of people who prefer the first image, (N,). Pairs at one half are left out.
    prompts : array, optional
        The prompt of each pair, (N,); by default each pair has its own.

    Returns
    -------
    Estimate
        `n` is the number of pairs that people decided; without any, the value is NaN.

    Raises
    ------
    ValueError
        If a score is not finite.
    """
    decided, correct = _correct(first, second, target)
    clusters = None if prompts is None else np.asarray(prompts)[decided]
    return estimate_mean(correct, clusters)


def accuracy_gain(
    scores: tuple[ArrayLike, ArrayLike],
    baseline: tuple[ArrayLike, ArrayLike],
    target: ArrayLike,
    prompts: ArrayLike,
) -> Estimate:
    """By how much the accuracy of one scorer exceeds that of a baseline on the same pairs.

    The comparison is paired: two accuracies may differ although their intervals overlap, because
    what is hard for both is in both intervals and cancels in the difference.

    Parameters
    ----------
    scores, baseline : tuple of array
        Scores of the first and of the second images, (N,) each.
    target, prompts
        See `preference_accuracy`.
    """
    decided, correct = _correct(*scores, target)
    difference = correct - _correct(*baseline, target)[1]
    return estimate_mean(difference, np.asarray(prompts)[decided], limits=(-1.0, 1.0))


def _correct(
    first: ArrayLike, second: ArrayLike, target: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pairs people decided, (N,), and whether the score is right on each of those, 0 or 1."""
    difference = np.asarray(first, float) - np.asarray(second, float)
    target = np.asarray(target, float)
    _check_finite(difference)
    decided = target != 0.5
    correct = np.sign(difference) == np.sign(target - 0.5)
    return decided, correct[decided].astype(float)


def recall_at_k(scores: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int) -> Estimate:
    """Share of prompts whose best image by people is among the k highest scores.

    Where people rank several images as best, the share of these among the k counts.

    Parameters
    ----------
    scores : sequence of array
        For each prompt, the scores of its images.
    ranks : sequence of array
        For each prompt, the rank of its images by people, 1 the best.
    k : int
        From 1 to the number of images of a prompt.

    Returns
    -------
    Estimate
        `n` is the number of prompts.

    Raises
    ------
    ValueError
        If scores and ranks differ in number, k is out of range, or a score is not finite.
    """
    return estimate_mean(_shares_of_best(scores, ranks, k))


def filter_at_k(scores: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int) -> Estimate:
    """Share of prompts whose worst image by people is among the k lowest scores.

    The parameters are those of `recall_at_k`.
    """
    return recall_at_k(_negative(scores), _negative(ranks), k)


def recall_gain(
    scores: Sequence[ArrayLike], baseline: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int
) -> Estimate:
    """By how much recall@k of one scorer exceeds that of a baseline, prompt by prompt.

    Parameters
    ----------
    scores, baseline : sequence of array
        For each prompt, the two scorers' scores of its images.
    ranks, k
        See `recall_at_k`.
    """
    difference = _shares_of_best(scores, ranks, k) - _shares_of_best(baseline, ranks, k)
    return estimate_mean(difference, limits=(-1.0, 1.0))


def filter_gain(
    scores: Sequence[ArrayLike], baseline: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int
) -> Estimate:
    """By how much filter@k of one scorer exceeds that of a baseline, prompt by prompt.

    The parameters are those of `recall_gain`.
    """
    return recall_gain(_negative(scores), _negative(baseline), _negative(ranks), k)


def _negative(groups: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    return [-np.asarray(values, float) for values in groups]


def _shares_of_best(
    scores: Sequence[ArrayLike], ranks: Sequence[ArrayLike], k: int
) -> NDArray[np.float64]:
    """Return for each prompt the share of the best images that is among the k highest scores."""
    groups = zip(scores, ranks, strict=True)
    shares = [_share_of_best(np.asarray(s, float), np.asarray(r, float), k) for s, r in groups]
    return np.array(shares)


def _share_of_best(scores: NDArray[np.float64], ranks: NDArray[np.float64], k: int) -> float:
    _check_finite(scores)
    if len(scores) != len(ranks) or not 1 <= k <= len(scores):
        raise ValueError(
            f"{len(scores)} scores, {len(ranks)} ranks, k = {k}: "
            "give as many scores as ranks, and a k from 1 to that number"
        )
    place = (scores[None, :] >= scores[:, None]).sum(1)  # behind all with the same score
    return float((place <= k)[ranks == ranks.min()].mean())


def human_wins(rankings: pd.DataFrame) -> pd.Series:
    """Count how often people ranked each image above another one of its prompt.

    Parameters
    ----------
    rankings : DataFrame
        `player_id`, `prompt_id`, `image`, `rank` (1 the best). A tie does not count as a win.

    Returns
    -------
    Series
        Wins by image.
    """
    groups = rankings.groupby(["player_id", "prompt_id"])["rank"]
    wins = groups.transform("size") - groups.rank(method="max")
    return wins.groupby(rankings["image"]).sum().astype(int)


def metric_test(scores: ArrayLike, wins: ArrayLike) -> float:
    """Spearman correlation, over generative models, of mean scores with human wins.

    Parameters
    ----------
    scores : array
        The mean score of each model.
    wins : array
        How often people preferred its images.
    """
    scores, wins = np.asarray(scores, float), np.asarray(wins, float)
    if scores.shape != wins.shape or len(scores) < 2:
        raise ValueError(
            f"{len(scores)} models have scores, {len(wins)} have wins: "
            "give both for at least two models"
        )
    return float(spearmanr(scores, wins).statistic)


def metric_test_interval(
    scores: ArrayLike,
    wins: ArrayLike,
    baseline: ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Estimate the correlation of `metric_test`, with an interval over prompts.

    The models are taken as they are: the interval says how much the correlation varies with the
    prompts, not with other models.

    Parameters
    ----------
    scores : array, shape (prompts, models)
        The score of each model's image of each prompt.
    wins : array, shape (prompts, models)
        How often people preferred that image.
    baseline : array, shape (prompts, models), optional
        The scores of another scorer: then the value is the correlation minus that of these scores,
        of the same prompts in each replicate.
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Estimate
        The interval has quantiles of the Bayesian bootstrap, in which each prompt has a random
        weight with the exponential distribution, and contains the value. `n` is the number of
        prompts.

    Raises
    ------
    ValueError
        If the shapes differ, there are fewer than two models, or a score is not finite.
    """
    arrays = [
        np.asarray(a, float) for a in (scores, wins, *([] if baseline is None else [baseline]))
    ]
    shape = arrays[0].shape
    if len(shape) != 2 or shape[1] < 2 or any(array.shape != shape for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"shapes {shapes}: give a row for each prompt and a column for each model")
    for array in arrays:
        _check_finite(array)
    weights = np.random.default_rng(seed).standard_exponential((replicates, shape[0]))
    weights = np.vstack([np.ones(shape[0]), weights])
    weights /= weights.sum(1, keepdims=True)
    by_model = [rankdata((weights @ array).round(12), axis=1) for array in arrays]
    values = _row_correlations(by_model[0], by_model[1])
    if baseline is not None:
        values = values - _row_correlations(by_model[2], by_model[1])
    value = float(values[0])
    low, high = np.nanquantile(values[1:], [0.025, 0.975]) if np.isfinite(value) else (-1.0, 1.0)
    estimate = Estimate(value, min(float(low), value), max(float(high), value), shape[0])
    return estimate.with_warning(few_clusters(shape[0], "prompts"))


def _row_correlations(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Pearson's correlation of each row; NaN where all values of one are equal."""
    first, second = (a - a.mean(1, keepdims=True) for a in (first, second))
    spread = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    return np.divide(
        (first * second).sum(1), spread, out=np.full(len(first), np.nan), where=spread > 0
    )


def _check_finite(scores: NDArray[np.float64]) -> None:
    invalid = int((~np.isfinite(scores)).sum())
    if invalid:
        raise ValueError(f"{invalid} of {len(scores)} scores are not finite")
