"""A stopping rule against a fixed number of votes: labels saved at equal accuracy, by crowd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gamelabel.games.annotation.stopping_replay import (
    fixed_votes,
    replay_stopping,
    stopping_scores,
    votes_needed,
)
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.reliability.estimate import Estimate, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEAN_OF_CROWDS = "mean of crowds"
_NUMBERS = (1, 2, 3, 4, 5, 6, 8, 10, 14, 20)
_SCORES = ("votes", "recorded", "accuracy", "confidence", "gap", "calibration_error")


def compare_stopping(
    crowds: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    rule: StoppingRule,
    known: int,
    seeds: Sequence[int],
) -> pd.DataFrame:
    """Ask the recorded votes of crowds again by a rule, and compare with a fixed number of votes.

    Parameters
    ----------
    crowds : mapping of str to (DataFrame, DataFrame)
        The votes (`task`, `worker`, `label`) and the right answers (`task`, `label`) of each crowd.
    rule : StoppingRule
        When a point is closed.
    known : int
        How many right answers the rule knows, at most half of them; they only calibrate its
        confidence, and are left out of what is compared.
    seeds : sequence of int
        Seeds of the order of the votes, and of which answers are known.

    Returns
    -------
    DataFrame
        A row a crowd and seed: `crowd`, `seed`, the columns of `stopping_scores`, and `saved`, the
        share of votes saved against a fixed number that is as accurate by the better one of
        majority and Dawid-Skene.
    """
    rows = []
    for crowd, (labels, gold) in crowds.items():
        curve = fixed_curve(labels, gold, seeds)
        for seed in seeds:
            scores = replay_scores(labels, gold, rule, min(known, len(gold) // 2), seed)
            needed = votes_needed(curve, scores["accuracy"])
            saved = {"saved": 1 - scores["votes"] / needed}
            rows.append({"crowd": crowd, "seed": seed} | scores | saved)
    return pd.DataFrame(rows, columns=["crowd", "seed", *_SCORES, "saved"])


def summarize_stopping(compared: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the mean of a column over seeds for each crowd, and over crowds.

    Parameters
    ----------
    compared : DataFrame
        From `compare_stopping`.
    column : str
        One of its columns.

    Returns
    -------
    DataFrame
        Columns `value`, `low`, `high`, `n`, indexed by crowd, with a last row `MEAN_OF_CROWDS`
        whose interval is over crowds. Empty if nothing was compared.

    Examples
    --------
    >>> compared = pd.DataFrame({"crowd": list("xxyy"), "saved": [0.1, 0.3, 0.5, 0.7]})
    >>> summarize_stopping(compared, "saved")["value"].round(2).to_dict()
    {'x': 0.2, 'y': 0.6, 'mean of crowds': 0.4}
    """
    groups = compared.groupby("crowd", sort=False)[column]
    rows = {str(crowd): over_repeats(values.to_numpy()) for crowd, values in groups}
    if rows:
        rows[MEAN_OF_CROWDS] = over_repeats([estimate.value for estimate in rows.values()])
    table = pd.DataFrame(rows, index=["value", "low", "high", "n"]).T
    return table.rename_axis("crowd")


def fixed_curve(labels: pd.DataFrame, gold: pd.DataFrame, seeds: Sequence[int]) -> pd.DataFrame:
    """Return the accuracy of fixed numbers of votes: `method`, `votes`, `accuracy`, over seeds."""
    sizes = labels.groupby("task").size()
    numbers = {number for number in _NUMBERS if number <= sizes.quantile(0.9)} | {int(sizes.max())}
    curves = [fixed_votes(labels, gold, sorted(numbers), seed) for seed in seeds]
    return pd.concat(curves).groupby(["method", "votes"])["accuracy"].mean().reset_index()


def replay_scores(
    labels: pd.DataFrame, gold: pd.DataFrame, rule: StoppingRule, known: int, seed: int
) -> dict[str, float]:
    """Return `stopping_scores` of a replay that knows some answers, on the others."""
    told = gold.sample(known, random_state=seed) if known else None
    rest = gold if told is None else gold.drop(told.index)
    return stopping_scores(replay_stopping(labels, rule, "dawid-skene", told, seed), rest)


def over_repeats(values: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """Return a mean with its 95 % interval by Student's t; NaN ends for fewer than two values.

    >>> [round(x, 2) for x in over_repeats([0.4, 0.5, 0.6])]
    [0.5, 0.25, 0.75, 3]
    """
    numbers = np.asarray(values, float)
    n, value = len(numbers), float(np.mean(numbers))
    if n < 2:
        return Estimate(value, float("nan"), float("nan"), n)
    half = t_quantile(0.975, n) * float(numbers.std(ddof=1)) / np.sqrt(n)
    return Estimate(value, value - half, value + half, n)
