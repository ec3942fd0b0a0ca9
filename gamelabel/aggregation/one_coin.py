"""Each worker is right with a probability of their own, whatever the truth, and else names any other category."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real
from gamelabel.aggregation.em import climb
from gamelabel.aggregation.weighted import opening


class Coins(NamedTuple):
    """Log probabilities: of each category, (K,), and that a worker is right, and names one given wrong label, (W,)."""

    share: Real
    right: Real
    wrong: Real


def one_coin(crowd: Crowd) -> Fit:
    """Maximum a posteriors, by EM, of p(labels of t, truth k) = share_k * product of p_w or (1 - p_w) / (K - 1).

    Source: Zhang, Chen, Zhou and Jordan, "Spectral methods meet EM" (2016), the one-coin model of Dawid and Skene.
    Each worker starts from one label as right as the crowd's are by majority, and half a label that is right.
    """
    posterior = opening(crowd)
    labels = crowd.by_worker(np.ones(len(crowd.task)))
    others = max(crowd.categories - 1, 1)
    usual = (crowd.given(posterior).sum() + 1) / (len(crowd.task) + 2)
    right_before, wrong_before = usual + 0.5, 1 - usual

    def maximise(posterior: Real, _: Coins | None) -> Coins:
        right = crowd.by_worker(crowd.given(posterior))
        p = (right + right_before) / (labels + right_before + wrong_before)
        share = np.maximum(
            posterior.T @ np.full(len(posterior), 1 / len(posterior)), np.finfo(float).tiny
        )
        return Coins(np.log(share), np.log(p), np.log((1 - p) / others))

    def joint(coins: Coins) -> Real:
        all_wrong = np.bincount(crowd.task, coins.wrong[crowd.worker], len(crowd.known))
        return (
            coins.share
            + all_wrong[:, None]
            + crowd.tally((coins.right - coins.wrong)[crowd.worker])
        )

    def penalty(coins: Coins) -> float:
        return float((right_before * coins.right + wrong_before * coins.wrong).sum())

    fit, coins = climb(crowd, posterior, maximise, joint, penalty)
    return fit._replace(workers={"right": np.exp(coins.right)})
