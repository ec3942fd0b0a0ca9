"""How often labels are wrong, from comparison points, and what that says of each pair that is learned from.

Comparison points are easier than others: a rate that is found on them is the least that the others may have.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from gamelabel.reliability import Estimate, accuracy, proportion
from gamelabel.tables import to_annotations

_CERTAIN = float(np.finfo(float).eps)


def flip_rate(pairs: pd.DataFrame, labels: pd.DataFrame) -> Estimate:
    """Share of wrong answers among all labels of comparison points, with Wilson's interval; n counts these labels.

    pairs, labels: the tables of these names. Raises ValueError where no comparison point has a label, and where half
    of them or more are wrong: then labels say nothing, or the opposite, of their pairs.
    """
    told = _answered(pairs, labels)
    wrong, n = int((told["answered"] - told["right"]).sum()), int(told["answered"].sum())
    if not n:
        raise ValueError(
            "no label is about a comparison point, so nobody knows how many are wrong: give a flip rate, or label "
            "pairs that have a gold answer"
        )
    if 2 * wrong >= n:
        raise ValueError(
            f"{wrong} of {n} labels of comparison points are wrong: with a flip rate of one half or more labels say "
            "nothing of their pairs; look whether gold or choices are swapped, or leave out the players who guess"
        )
    return proportion(wrong, n)


def player_flips(pairs: pd.DataFrame, labels: pd.DataFrame) -> pd.Series:
    """The flip rate of each player who gave a label, indexed by player_id, in [0, 1].

    The player's own share of wrong answers counts n rho / (1 + (n - 1) rho), the rate of all labels the rest: n answers
    to comparison points, rho how much more players differ than chance would have it (the intra-class correlation, by
    analysis of variance; Fleiss, Levin and Paik 2003, chapter 15). Who met no comparison point has the rate of all.
    Raises as `flip_rate`.
    """
    overall, told = flip_rate(pairs, labels).value, _answered(pairs, labels)
    n, share = told["answered"], (1.0 - told["accuracy"]).fillna(overall)
    rho = _correlation(n[n > 0].to_numpy(float), share[n > 0].to_numpy(float), overall)
    own = n * rho / (1.0 + (n - 1.0) * rho)
    return (overall + own * (share - overall)).set_axis(told["worker"]).rename("flip")


def pair_flips(chosen: pd.DataFrame, labels: pd.DataFrame, flips: float | pd.Series) -> Tensor:
    """How probably the preferred picture of each pair of `preferences` is the wrong one, (N,): 1 / (1 + e^s).

    s sums log((1 - flip) / flip) over the labels for the preferred picture, less those for the other: Bayes' rule where
    players err by themselves and either picture may be the better. flips: one rate for all labels, or `player_flips`.
    With the latter it is one half or more where better players were outvoted: a loss refuses such pairs, so leave them
    out, as in `chosen[(flip < 0.5).numpy()]`. Raises ValueError for rates outside [0, 1], and where a player has none.
    """
    cast = labels[labels["pair_id"].isin(chosen["pair_id"]) & labels["choice"].isin(["a", "b"])]
    rate = (
        cast["player_id"].map(flips)
        if isinstance(flips, pd.Series)
        else pd.Series(flips, cast.index, dtype=float)
    )
    if not rate.between(0.0, 1.0).all():
        raise ValueError(
            "every label needs a flip rate from 0 to 1: take one rate for all, or `player_flips` of the same labels"
        )
    side = pd.Series(np.where(cast["choice"] == "a", 1.0, -1.0), cast.index)
    sure = rate.clip(_CERTAIN, 1.0 - _CERTAIN)  # certainty itself could not be outvoted
    votes = (
        pd.DataFrame({"count": side, "weight": side * np.log((1.0 - sure) / sure)})
        .groupby(cast["pair_id"])
        .sum()
    )
    votes = votes.reindex(chosen["pair_id"])
    return torch.sigmoid(
        torch.from_numpy(-(np.sign(votes["count"]) * votes["weight"]).to_numpy())
    ).float()


def vote_shares(chosen: pd.DataFrame, labels: pd.DataFrame) -> Tensor:
    """The share of votes for the preferred picture of each pair of `preferences`, (N,): the soft label of `soft`."""
    cast = labels[labels["choice"].isin(["a", "b"])]
    share = (
        cast["choice"]
        .eq("a")
        .groupby(cast["pair_id"])
        .mean()
        .reindex(chosen["pair_id"])
        .to_numpy(float)
    )
    return torch.from_numpy(
        np.maximum(share, 1.0 - share)
    ).float()  # the preferred picture has the more votes


def _answered(pairs: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """`accuracy` of the players on comparison points; a tie is no answer."""
    gold = pairs.loc[pairs["gold"].notna(), ["pair_id", "gold"]].set_axis(["task", "label"], axis=1)
    return accuracy(to_annotations(labels[labels["choice"].isin(["a", "b"])]), gold)


def _correlation(n: np.ndarray, share: np.ndarray, overall: float) -> float:
    """How alike two answers of one player are, over all players, in [0, 1]; 0 where it cannot be told."""
    players, total = len(n), n.sum()
    if players < 2 or total == players:
        return 0.0
    between = (n * (share - overall) ** 2).sum() / (players - 1)
    within = (n * share * (1.0 - share)).sum() / (total - players)
    size = (total - (n**2).sum() / total) / (players - 1)
    spread = between + (size - 1.0) * within
    return float(np.clip((between - within) / spread, 0.0, 1.0)) if spread > 0.0 else 0.0
