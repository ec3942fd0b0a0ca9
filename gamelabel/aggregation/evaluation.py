"""How many tasks an aggregation method labels correctly."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gamelabel.aggregation.aggregate_labels import MethodName, aggregate


def aggregate_by_method(
    labels: pd.DataFrame,
    methods: Sequence[MethodName],
    gold: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Aggregate the same labels by several methods.

    Parameters
    ----------
    labels, gold, seed
        As in `aggregate`.
    methods : sequence of str
        Methods of `aggregate`. If a label names no worker, only "majority" is used.

    Returns
    -------
    DataFrame
        The label of each task, indexed by task, with a column for each method.

    Examples
    --------
    >>> labels = pd.DataFrame({"task": [1, 1, 2], "worker": None, "label": ["a", "a", "b"]})
    >>> aggregate_by_method(labels, ["majority", "glad"]).to_dict("list")
    {'majority': ['a', 'b']}
    """
    named = labels["worker"].notna().all()
    usable: Sequence[MethodName] = methods if named else ["majority"]
    aggregated = {
        method: aggregate(labels, method, gold, seed).set_index("task")["label"]
        for method in usable
    }
    return pd.DataFrame(aggregated)


def task_accuracy(aggregated: pd.DataFrame, gold: pd.DataFrame) -> float:
    """Return the share of tasks that are labelled correctly, of those with a known answer.

    Parameters
    ----------
    aggregated : DataFrame
        The result of `aggregate`, or any frame with columns `task` and `label`.
    gold : DataFrame
        The known answers, columns `task` and `label`.

    Returns
    -------
    float
        The share; NaN if no answer is known.

    Examples
    --------
    >>> aggregated = pd.DataFrame({"task": [1, 2, 3], "label": ["a", "b", "b"]})
    >>> task_accuracy(aggregated, pd.DataFrame({"task": [1, 2], "label": ["a", "a"]}))
    0.5
    """
    known = aggregated.merge(gold, on="task", suffixes=("", "_known"))
    return float((known["label"] == known["label_known"]).mean())


def accuracy_with_gold(
    labels: pd.DataFrame,
    gold: pd.DataFrame,
    draws: int,
    method: MethodName = "dawid-skene",
    share: float = 0.1,
    seed: int = 0,
) -> tuple[float, float]:
    """Measure what a method learns from the known answers of a share of the tasks.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`.
    gold : DataFrame
        All known answers, columns `task` and `label`.
    draws : int
        Number of random choices of the answers that the method may use.
    method : str
        A method of `aggregate`.
    share : float
        Share of the known answers that the method may use, 0 to 1.
    seed : int
        Seed for breaking ties.

    Returns
    -------
    without, with_gold : float
        Accuracy on the tasks whose answer the method may not use, without any known answer and
        with that share of them: means over the draws.

    Examples
    --------
    >>> columns = {"ann": "abababab", "bob": "abababab", "cem": "aabbabba"}
    >>> rows = [(task, worker, columns[worker][task]) for worker in columns for task in range(8)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> gold = pd.DataFrame({"task": range(8), "label": list("abababab")})
    >>> accuracy_with_gold(labels, gold, share=0.5, draws=2)
    (1.0, 1.0)
    """
    unaided = aggregate(labels, method, seed=seed)
    rows = []
    for draw in range(draws):
        known = gold.sample(frac=share, random_state=draw)
        rest = gold[~gold["task"].isin(known["task"])]
        aided = aggregate(labels, method, known, seed)
        rows.append((task_accuracy(unaided, rest), task_accuracy(aided, rest)))
    without, with_gold = pd.DataFrame(rows, columns=["without", "with_gold"]).mean()
    return float(without), float(with_gold)
