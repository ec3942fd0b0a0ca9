"""Aggregate many labels of a task into one."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.aggregation.crowd_labels import FitResult, Method, crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.glad import glad
from gamelabel.aggregation.mace import mace
from gamelabel.aggregation.majority import majority
from gamelabel.aggregation.one_coin import one_coin
from gamelabel.aggregation.weighted import weighted
from gamelabel.tables.encoded_labels import EncodedLabels, encode_labels, gold_answers

MethodName = Literal["majority", "weighted", "dawid-skene", "one-coin", "glad", "mace"]
METHODS: dict[str, Method] = {
    "majority": majority,
    "weighted": weighted,
    "dawid-skene": dawid_skene,
    "one-coin": one_coin,
    "glad": glad,
    "mace": mace,
}
_TIED = 1e-9  # probabilities that differ by less are tied


def aggregate(
    labels: pd.DataFrame,
    method: MethodName = "majority",
    gold: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Aggregate labels into one label per task.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`; "majority" does not need the worker. Rows without a
        label are ignored. A worker who labels a task twice counts twice. Filter out the labels of
        removed players first.
    method : str
        "majority": share of the votes. "weighted": votes weighted by accuracy. "one-coin": one
        accuracy per worker. "dawid-skene": a confusion matrix per worker. "glad": ability of
        workers and ease of tasks. "mace": workers who know and workers who spam. Each is described
        in its module of `gamelabel.aggregation`.
    gold : DataFrame, optional
        Known answers, columns `task` and `label`. They have probability 1 in the result, and all
        methods but "majority" estimate their workers from them. A label that only gold has is one
        of the categories.
    seed : int
        Seed for breaking ties, that is equal probabilities.

    Returns
    -------
    DataFrame
        `task`, `label` and `probability`, in the order in which tasks first appear. Tasks without
        labels are left out, also if gold has them. Its `attrs` contain, as plain data, `method`,
        `workers` (see `worker_skills`), `log_likelihood`, `objective` (with the log prior, one
        value per iteration) and `converged`.

    Raises
    ------
    ValueError
        For an unknown method, a missing column, task or worker, contradictory gold, and gold that
        is text where the labels are not.

    Warns
    -----
    UserWarning
        Where a method has not converged; its last iteration is returned.

    Examples
    --------
    >>> labels = pd.DataFrame(
    ...     [("t1", "ann", "a"), ("t1", "bob", "b"), ("t1", "cem", "b"), ("t2", "ann", "a")],
    ...     columns=["task", "worker", "label"],
    ... )
    >>> aggregate(labels).round(3)
      task label  probability
    0   t1     b        0.667
    1   t2     a        1.000
    >>> aggregate(labels, gold=pd.DataFrame({"task": ["t1"], "label": ["a"]})).label.tolist()
    ['a', 'a']
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: use {', '.join(METHODS)}")
    encoded = encode_labels(labels, workers=method != "majority")
    answers = gold_answers(gold, encoded)
    only_in_gold = pd.Index(answers.dropna().unique()).difference(encoded.categories)
    if len(only_in_gold):
        encoded = _with_categories(encoded, only_in_gold)
    crowd, position = crowd_labels(encoded, answers)
    result = METHODS[method if len(position) else "majority"](crowd)
    if not result.converged:
        warnings.warn(
            f"{method} has not converged after {len(result.objective)} iterations; the last one "
            "is returned",
            stacklevel=2,
        )
    best = _best_categories(result, seed)
    probability = result.posterior[np.arange(len(best)), best]
    table = pd.DataFrame(
        {
            "task": encoded.tasks,
            "label": encoded.categories[best[position]],
            "probability": probability[position],
        }
    )
    table.attrs = {
        "method": method,
        "log_likelihood": result.log_likelihood,
        "objective": result.objective,
        "converged": result.converged,
    }
    if method != "majority":
        table.attrs["workers"] = _worker_columns(encoded, result)
    return table


def worker_skills(aggregated: pd.DataFrame) -> pd.DataFrame:
    """Return what `aggregate` estimated about the workers.

    Parameters
    ----------
    aggregated : DataFrame
        A result of `aggregate`, by a method other than "majority".

    Returns
    -------
    DataFrame
        `worker`, `labels` and, depending on the method: `right`, the probability of a right label
        (for "dawid-skene" by true category, `right_<category>`); `weight` of a vote ("weighted");
        `ability` ("glad": 0 guesses, negative contradicts); `knows` ("mace").

    Raises
    ------
    ValueError
        Where the result has nothing about workers.

    Examples
    --------
    >>> columns = {"ann": "abababab", "bob": "abababab", "cem": "aabbabba"}
    >>> rows = [(task, worker, columns[worker][task]) for worker in columns for task in range(8)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> worker_skills(aggregate(labels, "one-coin")).round(2)
      worker  labels  right
    0    ann       8   0.97
    1    bob       8   0.97
    2    cem       8   0.55
    """
    if "workers" not in aggregated.attrs:
        raise ValueError(
            "this result has nothing about workers: use `aggregate` with a method other than "
            "majority"
        )
    return pd.DataFrame(aggregated.attrs["workers"])


def _best_categories(result: FitResult, seed: int) -> NDArray[np.int64]:
    """Return the most likely category of each task (T,), and a random one of those that are tied.

    The random numbers belong to sorted tasks, so the order of the rows changes nothing.
    """
    posterior = result.posterior
    if not len(posterior):
        return np.zeros(0, np.int64)
    is_best = posterior >= posterior.max(1, keepdims=True) - _TIED
    lottery = np.random.default_rng(seed).random(posterior.shape)
    best: NDArray[np.int64] = np.where(is_best, lottery, -1).argmax(1)
    return best


def _worker_columns(encoded: EncodedLabels, result: FitResult) -> dict[str, list[Any]]:
    """Return columns as lists: frames in `attrs` would break concat, merge and to_parquet."""
    columns = {
        "worker": encoded.workers,
        "labels": np.bincount(encoded.worker, minlength=len(encoded.workers)),
    }
    for name, values in result.workers.items():
        if values.ndim == 1:
            columns[name] = values
        else:
            columns |= {f"{name}_{c}": values[:, i] for i, c in enumerate(encoded.categories)}
    return {name: values.tolist() for name, values in columns.items()}


def _with_categories(encoded: EncodedLabels, more: pd.Index) -> EncodedLabels:
    """Return the same labels with more categories, in ascending order."""
    categories = encoded.categories.append(more).sort_values()
    label = categories.get_indexer(encoded.categories)[encoded.label]
    return encoded._replace(label=label, categories=categories)
