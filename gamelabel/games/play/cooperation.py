"""The cooperative variant of two-player Space Invaders (CrowdPlay, sections 3.2 and A.2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

LOSS_SCORE = 100.0
"""From this reward on it is the 200 points for the other player's loss; aliens give up to 30."""


def shared_rewards(
    rewards: Mapping[str, float], combination: Literal["mean", "sum"]
) -> dict[str, float]:
    """Return what all players receive for the rewards of a step.

    Rewards from `LOSS_SCORE` up are removed: the game gives them when the other player is hit. It
    gives 200 points for the command ship too, which are removed with them. The others are clipped
    to -1, 0 or 1. The paper describes the result as the sum of the players' scores in section 3.2
    and as the mean of clipped rewards in section A.2.6; its code has the latter.

    Parameters
    ----------
    rewards : mapping of str to float
        The game's reward of each seat.
    combination : {"mean", "sum"}
        How the clipped rewards are combined.

    Returns
    -------
    dict of str to float

    Examples
    --------
    >>> shared_rewards({"first_0": 15.0, "second_0": 0.0}, "mean")
    {'first_0': 0.5, 'second_0': 0.5}
    >>> shared_rewards({"first_0": 200.0, "second_0": 5.0}, "sum")
    {'first_0': 1.0, 'second_0': 1.0}
    """
    clipped = [
        float(np.sign(reward)) if reward < LOSS_SCORE else 0.0 for reward in rewards.values()
    ]
    total = sum(clipped)
    return dict.fromkeys(rewards, total / len(clipped) if combination == "mean" else total)
