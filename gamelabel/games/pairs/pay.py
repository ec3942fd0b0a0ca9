"""What a batch earns: few levels of a smoothed accuracy, so that pay reveals no point's kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

PAY_STEPS = (0.6, 0.68, 0.76, 0.84)
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
