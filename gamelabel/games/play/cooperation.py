"""The cooperative variant of two-player Space Invaders (CrowdPlay, sections 3.2 and A.2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LOSS_SCORE = 200.0
"""What the game gives a player when the other is hit."""
_HIT_FLAGS = 42  # byte of the memory: bit 1 + p rises when player p receives LOSS_SCORE


def loss_scores(
    seats: Sequence[str], before: NDArray[np.uint8], after: NDArray[np.uint8]
) -> dict[str, float]:
    """Return what each player received because the other was hit in a step.

    Parameters
    ----------
    seats : sequence of str
        The players, in the game's order.
    before, after : ndarray of uint8, shape (128,)
        The emulator's memory before and after the step.

    Returns
    -------
    dict of str to float
        `LOSS_SCORE` or 0.

    Examples
    --------
    >>> before, after = np.zeros((2, 128), np.uint8)
    >>> after[42] = 4
    >>> loss_scores(["first_0", "second_0"], before, after)
    {'first_0': 0.0, 'second_0': 200.0}
    """
    risen = int(after[_HIT_FLAGS]) & ~int(before[_HIT_FLAGS])
    return {seat: LOSS_SCORE * (risen >> 1 + number & 1) for number, seat in enumerate(seats)}


def shared_rewards(
    rewards: Mapping[str, float],
    loss: Mapping[str, float],
    combination: Literal["mean", "sum"],
) -> dict[str, float]:
    """Return what all players receive for the rewards of a step.

    What a player received for the other's loss is taken away. What is left is clipped to -1, 0 or 1
    and combined. The paper describes the result as the sum of the players' scores in section 3.2
    and as the mean of clipped rewards in section A.2.6.

    Parameters
    ----------
    rewards : mapping of str to float
        The game's reward of each seat.
    loss : mapping of str to float
        What of it is for the other's loss; see `loss_scores`.
    combination : {"mean", "sum"}
        How the clipped rewards are combined.

    Returns
    -------
    dict of str to float

    Examples
    --------
    >>> nothing = {"first_0": 0.0, "second_0": 0.0}
    >>> shared_rewards({"first_0": 15.0, "second_0": 0.0}, nothing, "mean")
    {'first_0': 0.5, 'second_0': 0.5}
    >>> shared_rewards({"first_0": 200.0, "second_0": 5.0}, {**nothing, "first_0": 200.0}, "sum")
    {'first_0': 1.0, 'second_0': 1.0}
    """
    clipped = [float(np.sign(reward - loss[seat])) for seat, reward in rewards.items()]
    total = sum(clipped)
    return dict.fromkeys(rewards, total / len(clipped) if combination == "mean" else total)
