"""Each task's label is the one with most votes."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real


def majority(crowd: Crowd) -> Fit:
    """Shares of the votes."""
    return Fit(shares(crowd), {}, [])


def shares(crowd: Crowd) -> Real:
    """The share of a task's votes that each category has, (T, K); gold's tasks certain."""
    votes = crowd.tally()
    return crowd.anchored(votes / np.maximum(votes.sum(1, keepdims=True), 1))
