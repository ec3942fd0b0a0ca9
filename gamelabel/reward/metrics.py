"""How well scores predict what people prefer: accuracy, recall and filter at k.

The definitions are ImageReward's (Xu et al. 2023, section 4.1). Equal scores count as wrong: a pair
with them is an error, and an image ranks behind all images with the same score. Intervals are 95 %
intervals over prompts, because the pairs of a prompt are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gamelabel.reliability import Estimate
from gamelabel.reliability.estimate import estimate_mean


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
    check_finite(difference)
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
    check_finite(scores)
    if len(scores) != len(ranks) or not 1 <= k <= len(scores):
        raise ValueError(
            f"{len(scores)} scores, {len(ranks)} ranks, k = {k}: "
            "give as many scores as ranks, and a k from 1 to that number"
        )
    place = (scores[None, :] >= scores[:, None]).sum(1)  # behind all with the same score
    return float((place <= k)[ranks == ranks.min()].mean())


def check_finite(scores: NDArray[np.float64]) -> None:
    """Raise ValueError if a score is not finite."""
    invalid = int((~np.isfinite(scores)).sum())
    if invalid:
        raise ValueError(f"{invalid} of {scores.size} scores are not finite")
