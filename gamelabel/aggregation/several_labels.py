"""Tasks with several right labels, such as the tags of a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from gamelabel.aggregation.aggregate_labels import MethodName, aggregate


def aggregate_sets(
    labels: pd.DataFrame,
    method: MethodName = "auto",
    gold: pd.DataFrame | None = None,
    threshold: float = 0.5,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Aggregate sets of labels into one set per task.

    Each label that anyone used is a question with the answers yes and no, for each task: a worker
    who labels the task says yes to the labels of the own set and no to the others. All questions
    are aggregated together, so a worker has the same skill for each.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, the latter collections of labels: lists, tuples or
        sets; empty if none applies.
    method, seed, **options
        As in `aggregate`.
    gold : DataFrame, optional
        Known sets, columns `task` and `label`.
    threshold : float
        A label belongs to the set of a task if its probability is at least this.

    Returns
    -------
    DataFrame
        `task`, `label` (a tuple, in ascending order) and `probabilities`, a dict of the probability
        of every label, in the order in which tasks first appear.

    Raises
    ------
    ValueError
        For labels that are not collections, and as in `aggregate`.

    Examples
    --------
    >>> labels = pd.DataFrame(
    ...     [("t1", "ann", ["cat"]), ("t1", "bob", ["cat", "dog"]), ("t1", "cem", {"cat"})],
    ...     columns=["task", "worker", "label"],
    ... )
    >>> aggregate_sets(labels, "majority").label.tolist()
    [('cat',)]
    """
    rows = labels[labels["label"].notna()]
    _check_collections(rows["label"])
    names = sorted({name for chosen in rows["label"] for name in chosen})
    questions = _questions(rows, names)
    known = None if gold is None else _questions(gold[gold["task"].isin(rows["task"])], names)
    answers = aggregate(questions, method, known, seed, **options)
    is_yes = answers["label"] == "yes"
    share = answers["probability"].where(is_yes, 1 - answers["probability"])
    probabilities: dict[Any, dict[Any, float]] = {task: {} for task in rows["task"].unique()}
    for (task, name), probability in zip(answers["task"], share, strict=True):
        probabilities[task][name] = float(probability)
    sets = [
        tuple(name for name, share in of_task.items() if share >= threshold)
        for of_task in probabilities.values()
    ]
    return pd.DataFrame(
        {
            "task": list(probabilities),
            "label": sets,
            "probabilities": list(probabilities.values()),
        }
    )


def _questions(rows: pd.DataFrame, names: Iterable[Any]) -> pd.DataFrame:
    """Return a row for each row and label: task (task, label), label yes or no."""
    parts = []
    for name in names:
        part = rows.drop(columns="label").assign(
            task=[(task, name) for task in rows["task"]],
            label=["yes" if name in chosen else "no" for chosen in rows["label"]],
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else rows.assign(label=None)


def _check_collections(labels: pd.Series) -> None:
    """Raise ValueError where a label is not a list, tuple or set."""
    for row, label in labels.items():
        if not isinstance(label, list | tuple | set | frozenset):
            raise ValueError(
                f"label {label!r} in row {row} is not a list, tuple or set of labels: use "
                "`aggregate` for one label a task"
            )
