"""A stopping rule against a fixed number of votes: labels saved at equal accuracy, by crowd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
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
from gamelabel.reliability.estimate import Estimate, estimate_mean, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Crowds = Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]
MEAN_OF_CROWDS = "mean of crowds"
# By column: the label of its axis, and values to mark.
SHOWN: dict[str, tuple[str, dict[str, float]]] = {
    "saved": ("votes saved, percent", {"none": 0.0, "half": 0.5}),
    "gap": ("stated confidence minus accuracy, points", {"3 too low": -0.03, "3 too high": 0.03}),
}
_BINS = 10  # of confidence
_NUMBERS = (1, 2, 3, 4, 5, 6, 8, 10, 14, 20)
_POINTS = ("rule", "crowd", "seed", "point", "answer", "confidence", "votes", "recorded", "right")
_SCORES = ("votes", "recorded", "accuracy", "confidence", "gap", "calibration_error")


def confidence_rules(confidences: str) -> dict[str, StoppingRule]:
    """Return a rule without a maximum for each confidence of a text, by name.

    Parameters
    ----------
    confidences : str
        Numbers above 0 and at most 1, separated by commas.

    Raises
    ------
    ValueError
        For a text that is not such numbers.

    Examples
    --------
    >>> {name: rule.confidence for name, rule in confidence_rules("0.8, 0.95").items()}
    {'confidence 80 %': 0.8, 'confidence 95 %': 0.95}
    """
    try:
        numbers = [float(text) for text in confidences.split(",")]
    except ValueError:
        raise ValueError(
            f"confidences are numbers separated by commas, such as 0.8, 0.9: not {confidences!r}"
        ) from None
    return {f"confidence {100 * x:g} %": StoppingRule(x, maximum=None) for x in numbers}


def replay_rules(
    crowds: _Crowds, rules: Mapping[str, StoppingRule], known: int, seeds: Sequence[int]
) -> pd.DataFrame:
    """Ask the recorded votes of crowds again by rules.

    Parameters
    ----------
    crowds : mapping of str to (DataFrame, DataFrame)
        The votes (`task`, `worker`, `label`) and the right answers (`task`, `label`) of each crowd.
    rules : mapping of str to StoppingRule
        When a point is closed, by the name of the rule.
    known : int
        How many right answers a rule knows, at most half of them; they only calibrate its
        confidence, and are left out of what is compared.
    seeds : sequence of int
        Seeds of the order of the votes, and of which answers are known.

    Returns
    -------
    DataFrame
        A row a rule, crowd, seed and point that is compared: `rule`, `crowd`, `seed`, `point`,
        `answer`, `confidence`, `votes`, `recorded`, and whether the answer is `right`.
    """
    tables = []
    for crowd, (labels, gold) in crowds.items():
        for (name, rule), seed in product(rules.items(), seeds):
            points = _replay(labels, gold, rule, min(known, len(gold) // 2), seed)
            tables.append(points.assign(rule=name, crowd=crowd, seed=seed))
    return pd.concat(tables or [pd.DataFrame(columns=_POINTS)], ignore_index=True)[list(_POINTS)]


def compare_stopping(replayed: pd.DataFrame, crowds: _Crowds) -> pd.DataFrame:
    """Compare what rules took with a fixed number of votes.

    Parameters
    ----------
    replayed : DataFrame
        From `replay_rules`.
    crowds : mapping of str to (DataFrame, DataFrame)
        The crowds that it was made of.

    Returns
    -------
    DataFrame
        A row a rule, crowd and seed: `rule`, `crowd`, `seed`, the columns of `stopping_scores`, and
        `saved`, the share of votes saved against a fixed number that is as accurate by the better
        one of majority and Dawid-Skene.
    """
    rows = []
    for crowd, of_crowd in replayed.groupby("crowd", sort=False):
        labels, gold = crowds[str(crowd)]
        curve = fixed_curve(labels, gold, sorted(of_crowd["seed"].unique()))
        for (rule, seed), points in of_crowd.groupby(["rule", "seed"], sort=False):
            scores = stopping_scores(points, gold)
            row = {"rule": rule, "crowd": crowd, "seed": seed}
            rows.append(row | scores | {"saved": saved_share(scores, curve)})
    return pd.DataFrame(rows, columns=["rule", "crowd", "seed", *_SCORES, "saved"])


def confidence_bins(replayed: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """Return how often answers are right by their confidence, in ten bins of equal width.

    Parameters
    ----------
    replayed : DataFrame
        From `replay_rules`.

    Returns
    -------
    dict of str to dict of str to DataFrame
        By crowd and rule, a row a bin that has answers: mean `confidence`, and the share of right
        answers, `value`, with its interval, `low` and `high`, and their number `n`. Answers of all
        seeds count; the interval is over points.

    Examples
    --------
    >>> columns = {"crowd": "x", "rule": "r", "point": [1, 2], "confidence": [0.81, 0.83]}
    >>> bins = confidence_bins(pd.DataFrame({**columns, "right": [True, False]}))
    >>> bins["x"]["r"].round(2).to_dict("records")
    [{'confidence': 0.82, 'value': 0.5, 'low': 0.0, 'high': 1.0, 'n': 2}]
    """
    places = np.minimum((replayed["confidence"].to_numpy(float) * _BINS).astype(int), _BINS - 1)
    tables: dict[str, dict[str, pd.DataFrame]] = {}
    groups = replayed.assign(bin=places).groupby(["crowd", "rule"], sort=False)
    for (crowd, rule), points in groups:
        rows = [
            (answers["confidence"].mean(), *estimate_mean(answers["right"], answers["point"]))
            for _, answers in points.groupby("bin")
        ]
        table = pd.DataFrame(rows, columns=["confidence", "value", "low", "high", "n"])
        tables.setdefault(crowd, {})[rule] = table
    return tables


def saved_share(scores: Mapping[str, float], curve: pd.DataFrame) -> float:
    """Return the share of votes saved against a fixed number that is as accurate.

    >>> curve = pd.DataFrame({"votes": [1, 4], "accuracy": [0.7, 0.9]})
    >>> round(saved_share({"votes": 3, "accuracy": 0.9}, curve), 2)
    0.25
    """
    return 1 - scores["votes"] / votes_needed(curve, scores["accuracy"])


def summarize_stopping(compared: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """Return the mean of a column over seeds for each crowd, and over crowds.

    Parameters
    ----------
    compared : DataFrame
        From `compare_stopping`.
    column : str
        One of its columns.

    Returns
    -------
    dict of str to DataFrame
        By rule: columns `value`, `low`, `high`, `n`, indexed by crowd, with a last row
        `MEAN_OF_CROWDS` whose interval is over crowds.

    Examples
    --------
    >>> compared = pd.DataFrame({"rule": "r", "crowd": list("xxyy"), "saved": [0.1, 0.3, 0.5, 0.7]})
    >>> summarize_stopping(compared, "saved")["r"]["value"].round(2).to_dict()
    {'x': 0.2, 'y': 0.6, 'mean of crowds': 0.4}
    """
    tables = {}
    for rule, rows in compared.groupby("rule", sort=False):
        means = {
            str(crowd): over_repeats(values.to_numpy())
            for crowd, values in rows.groupby("crowd", sort=False)[column]
        }
        means[MEAN_OF_CROWDS] = over_repeats([estimate.value for estimate in means.values()])
        table = pd.DataFrame(means, index=["value", "low", "high", "n"]).T
        tables[str(rule)] = table.rename_axis("crowd")
    return tables


def stopping_results(compared: pd.DataFrame) -> dict[str, Estimate]:
    """Return the estimates that are shown, by what they are.

    Examples
    --------
    >>> compared = pd.DataFrame({"rule": "r", "crowd": "x", "saved": [0.1, 0.3], "gap": 0.0})
    >>> [name for name in stopping_results(compared) if "saved" in name]
    ['annotation stopping saved r x', 'annotation stopping saved r mean of crowds']
    """
    return {
        f"annotation stopping {column} {rule} {crowd}": Estimate(*row)
        for column in SHOWN
        for rule, table in summarize_stopping(compared, column).items()
        for crowd, row in table.iterrows()
    }


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
    return stopping_scores(_replay(labels, gold, rule, known, seed), gold)


def _replay(
    labels: pd.DataFrame, gold: pd.DataFrame, rule: StoppingRule, known: int, seed: int
) -> pd.DataFrame:
    """Return the points of a replay that knows some answers, without these, and which are right."""
    checked = gold.sample(known, random_state=seed) if known else None
    rest = gold if checked is None else gold.drop(checked.index)
    points = replay_stopping(labels, rule, "dawid-skene", checked, seed)
    points = points[points["point"].isin(rest["task"])]
    truth = points["point"].map(rest.set_index("task")["label"])
    return points.assign(right=points["answer"] == truth)


def over_repeats(values: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """Return a mean with its 95 % interval by Student's t; NaN ends for fewer than two values.

    >>> [round(float(x), 2) for x in over_repeats([0.4, 0.5, 0.6])]
    [0.5, 0.25, 0.75, 3.0]
    """
    numbers = np.asarray(values, float)
    n, value = len(numbers), float(np.mean(numbers))
    if n < 2:
        return Estimate(value, float("nan"), float("nan"), n)
    half = t_quantile(0.975, n) * float(numbers.std(ddof=1)) / np.sqrt(n)
    return Estimate(value, value - half, value + half, n)
