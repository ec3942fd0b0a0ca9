"""Accuracy of workers on tasks with a known answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.estimate import (
    CONFIDENCE,
    Estimate,
    clopper_pearson,
    estimate_mean,
    wilson,
)
from gamelabel.tables.encoded_labels import encode_labels, gold_answers


def accuracy(
    labels: pd.DataFrame, gold: pd.DataFrame, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Compute each worker's accuracy on the tasks with a known answer.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`. A task labeled twice counts twice.
    gold : DataFrame
        The known answers, columns `task` and `label`.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        One row per worker, sorted: `worker`, `labels` (all labels, with and without a known
        answer), and the columns of `accuracy_table`.

    Raises
    ------
    ValueError
        Where gold has two answers for a task, or is text where the labels are not.

    Examples
    --------
    >>> labels = pd.DataFrame(
    ...     [("t1", "ann", "a"), ("t1", "bob", "b"), ("t2", "ann", "b"), ("t3", "bob", "a")],
    ...     columns=["task", "worker", "label"],
    ... )
    >>> gold = pd.DataFrame({"task": ["t1", "t2"], "label": ["a", "b"]})
    >>> accuracy(labels, gold)[["worker", "labels", "answered", "right", "accuracy"]]
      worker  labels  answered  right  accuracy
    0    ann       2         2      2       1.0
    1    bob       2         1      0       0.0
    """
    encoded = encode_labels(labels)
    answers = gold_answers(gold, encoded)
    has_answer = answers.notna().to_numpy()[encoded.task]
    label = encoded.categories.to_numpy()[encoded.label]
    is_right = has_answer & (label == answers.to_numpy()[encoded.task])

    def count(worker: np.ndarray) -> np.ndarray:
        return np.bincount(worker, minlength=len(encoded.workers))

    table = pd.DataFrame({"worker": encoded.workers, "labels": count(encoded.worker)})
    right, answered = count(encoded.worker[is_right]), count(encoded.worker[has_answer])
    return pd.concat([table, accuracy_table(right, answered, confidence)], axis=1)


def accuracy_table(
    right: ArrayLike, answered: ArrayLike, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Tabulate accuracies with two intervals.

    Parameters
    ----------
    right : array_like
        Number of right answers, shape (P,).
    answered : array_like
        Number of answers to tasks with a known answer, shape (P,).
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        `answered`, `right`, `accuracy` (NaN where nothing was answered), `low` and `high` (Wilson),
        `beta_low` and `beta_high` (Clopper-Pearson, wider).

    Examples
    --------
    >>> accuracy_table([3, 0], [4, 0])[["accuracy", "low", "high"]].round(3)
       accuracy    low   high
    0      0.75  0.301  0.954
    1       NaN  0.000  1.000
    """
    right, answered = np.asarray(right), np.asarray(answered)
    low, high = wilson(right, answered, confidence)
    beta_low, beta_high = clopper_pearson(right, answered, confidence)
    share = np.where(answered > 0, right / np.maximum(answered, 1), np.nan)
    return pd.DataFrame(
        {
            "answered": answered,
            "right": right,
            "accuracy": share,
            "low": low,
            "high": high,
            "beta_low": beta_low,
            "beta_high": beta_high,
        }
    )


def mean_accuracy(
    accuracies: ArrayLike,
    weights: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Average the accuracies of players, with an interval over players.

    GameLabel-10K, section 4.2, states both averages. Without weights: "each annotator had an
    average accuracy of 74%". Weighted by each player's labels: "each data point is, on average,
    labelled by an annotator with an accuracy of 83%".

    Parameters
    ----------
    accuracies : array_like
        Accuracy of each player, shape (P,). Players without one (NaN) are left out.
    weights : array_like, optional
        Weight of each player, shape (P,). By default all weigh the same.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        Its n is the number of players with an accuracy; the interval is that of `estimate_mean`.
        The value is NaN where the weights sum to 0.

    Examples
    --------
    >>> mean_accuracy([0.5, 1.0, float("nan")]).value
    0.75
    >>> mean_accuracy([0.5, 1.0, float("nan")], weights=[1, 3, 9]).value
    0.875
    """
    values = np.asarray(accuracies, float)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    if weight.shape != values.shape or (weight < 0).any():
        raise ValueError(
            f"{len(values)} accuracies need as many weights, none of them negative; got "
            f"{weight.size}"
        )
    known = ~np.isnan(values)
    mean = estimate_mean(values[known], weights=weight[known], confidence=confidence)
    return mean._replace(n=int(known.sum()))
