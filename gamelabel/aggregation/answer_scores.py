"""How right, and how well calibrated, aggregated labels are where the answers are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gamelabel.aggregation.aggregate_labels import MethodName, fit_labels
from gamelabel.tables.encoded_labels import gold_answers

_BINS = 10
_LEAST = 1e-6  # probability of an answer that a method gave 0, in the log loss
_COLUMNS = ["method", "task", "probability", "right", "brier", "log_loss"]


def scored_answers(
    labels: pd.DataFrame,
    gold: pd.DataFrame,
    methods: Sequence[MethodName] = ("auto",),
    seed: int = 0,
    calibrated: bool = True,
) -> pd.DataFrame:
    """Aggregate labels by several methods, without gold, and compare each answer with gold.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`.
    gold : DataFrame
        The known answers, columns `task` and `label`. No method sees them.
    methods : sequence of str
        Methods of `aggregate`.
    seed : int
        Seed for breaking ties.
    calibrated : bool
        As in `aggregate`.

    Returns
    -------
    DataFrame
        A row per method and task with a known answer: `method`, `task`, `probability` of the label,
        whether it is `right`, and the scores of the probabilities of all categories. `brier` is the
        sum of the squared differences from 1 for the answer and 0 for the others (0 is best, 2 is
        worst), `log_loss` minus the log probability of the answer.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability" (1950).

    Examples
    --------
    >>> labels = pd.DataFrame({"task": [1, 1, 1], "worker": [*"uvw"], "label": [*"aab"]})
    >>> gold = pd.DataFrame({"task": [1], "label": ["a"]})
    >>> scored_answers(labels, gold, ["majority"]).round(3).to_dict("records")
    [{'method': 'majority', 'task': 1, 'probability': 0.667, 'right': True, 'brier': 0.222,
      'log_loss': 0.405}]
    """
    parts = []
    for method in methods:
        fit = fit_labels(labels, method, seed=seed, calibrated=calibrated)
        posterior = fit.posteriors.to_numpy()
        answers = gold_answers(gold, fit.encoded)
        known = answers.notna().to_numpy()
        truth = fit.encoded.categories.get_indexer(pd.Index(answers[known]))
        # an answer that nobody gave has probability 0
        one_hot = (truth[:, None] == np.arange(posterior.shape[1])).astype(float)
        of_known = posterior[known]
        of_answer = (of_known * one_hot).sum(1)
        brier = ((of_known - one_hot) ** 2).sum(1) + (truth < 0)
        table = fit.table[known].reset_index(drop=True)
        right = table["label"].to_numpy() == answers[known].to_numpy()
        parts.append(
            table[["task", "probability"]].assign(
                method=method,
                right=right,
                brier=brier,
                log_loss=-np.log(np.maximum(of_answer, _LEAST)),
            )[_COLUMNS]
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def score_table(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Average the scores of each crowd and method.

    Parameters
    ----------
    answers : mapping of str to DataFrame
        Results of `scored_answers` by the name of the crowd.

    Returns
    -------
    DataFrame
        Indexed by `crowd` and `method`, in their order: `accuracy`, `brier`, `calibration_error`
        (see `calibration_error`), `log_loss`, and `n`, the number of tasks.

    Examples
    --------
    >>> table = score_table({})  # as for a crowd, without rows
    >>> list(table.index.names), table.columns.tolist()
    (['crowd', 'method'], ['accuracy', 'brier', 'calibration_error', 'log_loss', 'n'])
    """
    rows = {}
    for crowd, table in answers.items():
        for method, part in table.groupby("method", sort=False):
            means = part[["right", "brier", "log_loss"]].astype(float).mean()
            rows[crowd, method] = {
                "accuracy": means["right"],
                "brier": means["brier"],
                "calibration_error": calibration_error(part),
                "log_loss": means["log_loss"],
                "n": len(part),
            }
    columns = ["accuracy", "brier", "calibration_error", "log_loss", "n"]
    index = pd.MultiIndex.from_frame(pd.DataFrame(list(rows), columns=["crowd", "method"]))
    return pd.DataFrame(list(rows.values()), index=index, columns=columns)


def calibration_bins(answers: pd.DataFrame) -> pd.DataFrame:
    """Compare probabilities with the share of right answers, in ten bins of equal width.

    Parameters
    ----------
    answers : DataFrame
        Columns `probability` and `right`.

    Returns
    -------
    DataFrame
        A row per bin that has answers: mean `probability`, share `right`, and `n`.

    Examples
    --------
    >>> calibration_bins(pd.DataFrame({"probability": [0.81, 0.83], "right": [True, False]}))
       probability  right  n
    0         0.82    0.5  2
    """
    place = np.minimum((answers["probability"] * _BINS).astype(int), _BINS - 1)
    grouped = answers.astype({"right": float}).groupby(place.to_numpy())
    bins = grouped.agg(
        probability=("probability", "mean"), right=("right", "mean"), n=("right", "size")
    )
    return bins.reset_index(drop=True)


def calibration_error(answers: pd.DataFrame) -> float:
    """Return the expected calibration error: the mean gap of `calibration_bins`, weighted by n.

    >>> calibration_error(pd.DataFrame({"probability": [0.9, 0.9], "right": [True, False]}))
    0.4
    """
    bins = calibration_bins(answers)
    gap = (bins["probability"] - bins["right"]).abs() * bins["n"]
    return float(gap.sum() / max(bins["n"].sum(), 1))


def calibration_by_method(
    answers: Mapping[str, pd.DataFrame], methods: Sequence[str], suffix: str = ""
) -> dict[str, pd.DataFrame]:
    """Return the calibration of methods over several crowds, each crowd with the same weight.

    Parameters
    ----------
    answers : mapping of str to DataFrame
        Results of `scored_answers` by the name of the crowd.
    methods : sequence of str
        The methods.
    suffix : str
        Added to the names in the result.

    Returns
    -------
    dict of str to DataFrame
        By method, a table like that of `calibration_bins`, whose `n` counts a crowd as 1.

    Examples
    --------
    >>> calibration_by_method({}, ["majority"])
    {'majority': Empty DataFrame
    Columns: [probability, right, n]
    Index: []}
    """
    result = {}
    for method in methods:
        parts = [
            table[table["method"] == method].assign(n=1 / (table["method"] == method).sum())
            for table in answers.values()
        ]
        pooled = pd.concat(parts or [pd.DataFrame(columns=["probability", "right", "n"])])
        place = np.minimum((pooled["probability"].astype(float) * _BINS).astype(int), _BINS - 1)
        weighted = pd.DataFrame(
            {
                "probability": pooled["probability"] * pooled["n"],
                "right": pooled["right"] * pooled["n"],
                "n": pooled["n"],
            }
        )
        sums = weighted.astype(float).groupby(place.to_numpy()).sum()
        means = sums[["probability", "right"]].div(sums["n"], axis=0).assign(n=sums["n"])
        result[method + suffix] = means.reset_index(drop=True)
    return result
