"""What a batch earns: few levels of a smoothed accuracy, so that pay says nothing about any one point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.pairs.gate import Counts

STEPS = (0.6, 0.68, 0.76, 0.84)
PRIOR = (7.4, 2.6)  # ten answers at the paper's mean accuracy of 74 % (section 4.2)


def reward(
    right: Counts,
    wrong: Counts,
    steps: tuple[float, ...] = STEPS,
    prior: tuple[float, float] = PRIOR,
) -> NDArray[np.int64]:
    """The level of pay, 0 to len(steps), for so many right and wrong comparison points, arrays of one shape.

    "They are rewarded with in-game currency based on their accuracy" (GameLabel-10K, section 3.4), here the accuracy
    with `prior` right and wrong answers added; the level is how many of `steps` it reaches. A batch is to be paid by
    the counts from before it: then its pay is settled before it is answered, and cannot tell which of its points were
    comparison points. Raises ValueError where the steps do not rise.
    """
    if list(steps) != sorted(set(steps)):
        raise ValueError(f"the steps of a reward must rise, not {steps}")
    right, wrong = np.asarray(right), np.asarray(wrong)
    smoothed = (right + prior[0]) / (right + wrong + sum(prior))
    return np.searchsorted(steps, smoothed, side="right")
