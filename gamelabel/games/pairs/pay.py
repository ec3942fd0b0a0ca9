"""What a batch earns: few levels of a smoothed accuracy, so that pay reveals no single answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

PAY_STEPS = (0.6, 0.68, 0.76, 0.84)
START_LEVEL = 3  # the level of every new player, until the end of the exam
REVIEW_PROBABILITY = 0.5  # of a change after a batch: pay follows accuracy two batches later
_MARGIN = 0.01  # by which the smoothed accuracy must pass a step before the level changes
_PRIOR = (7.4, 2.6)  # ten answers at the paper's mean accuracy of 74 % (section 4.2)


def pay_level(
    right: ArrayLike,
    wrong: ArrayLike,
    steps: tuple[float, ...] = PAY_STEPS,
    prior: tuple[float, float] = _PRIOR,
) -> NDArray[np.int64]:
    """Return the level at which players are paid.

    "They are rewarded with in-game currency based on their accuracy" (GameLabel-10K, section 3.4).
    Here the accuracy is smoothed, and the level is the number of steps that it reaches. Pay a batch
    by the counts from before it: then its pay is fixed before it is answered and cannot reveal
    which of its points were comparison points.

    Parameters
    ----------
    right, wrong : array_like of int, of one shape
        Comparison points answered correctly and incorrectly.
    steps : tuple of float
        Smoothed accuracies at which the level rises, in ascending order.
    prior : (float, float)
        Right and wrong answers added to the counts.

    Returns
    -------
    ndarray of int, of the shape of `right`
        Levels from 0 to len(steps).

    Raises
    ------
    ValueError
        If the steps do not rise.

    Examples
    --------
    >>> pay_level([0, 5, 20, 0], [0, 0, 0, 20]).tolist()
    [2, 3, 4, 0]
    """
    if list(steps) != sorted(set(steps)):
        raise ValueError(f"the steps of pay must rise, not {steps}")
    right, wrong = np.asarray(right), np.asarray(wrong)
    smoothed = (right + prior[0]) / (right + wrong + sum(prior))
    return np.asarray(np.searchsorted(steps, smoothed, side="right"))


def reviewed_level(
    level: ArrayLike, right: ArrayLike, wrong: ArrayLike, draws: ArrayLike
) -> NDArray[np.int64]:
    """Return the level of pay after a batch, which follows the accuracy late and by single steps.

    A player who reads their pay, or many accounts that do, learn little from a level that changes
    at a random time, by one, and only if the smoothed accuracy has clearly passed a step. Do not
    review pay before the exam has ended, so that all new players are paid alike.

    Parameters
    ----------
    level : array_like of int
        Levels before the batch; `START_LEVEL` for new players.
    right, wrong : array_like of int, of the same shape
        Comparison points answered correctly and incorrectly.
    draws : array_like of float, of the same shape
        Uniform random numbers, which decide whose pay is reviewed.

    Returns
    -------
    ndarray of int, of the same shape

    Examples
    --------
    Pay is reviewed for the first two of three players; the last of them has earned a rise, too.

    >>> reviewed_level([3, 3, 3], [20, 10, 20], [0, 10, 0], [0.1, 0.2, 0.9]).tolist()
    [4, 2, 3]
    """
    level, right, wrong = np.asarray(level), np.asarray(right), np.asarray(wrong)
    smoothed = (right + _PRIOR[0]) / (right + wrong + sum(_PRIOR))
    is_higher = np.searchsorted(PAY_STEPS, smoothed - _MARGIN, side="right") > level
    is_lower = np.searchsorted(PAY_STEPS, smoothed + _MARGIN, side="right") < level
    change = is_higher.astype(np.int64) - is_lower
    return np.where(np.asarray(draws) < REVIEW_PROBABILITY, level + change, level)
