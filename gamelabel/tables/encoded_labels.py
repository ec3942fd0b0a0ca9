"""Labels as integer codes, the form in which accuracy, agreement and aggregation are computed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.tables.names import check_distinct_names, check_gold_matches, quoted
from gamelabel.tables.vote_counts import IntArray, check_table_size, labeled_rows


class EncodedLabels(NamedTuple):
    """N labels as codes, and the names that the codes stand for.

    `task`, `worker` and `label` have shape (N,) and index `tasks`, `workers` and `categories`.
    Tasks are in the order of their first appearance, workers and categories ascending.
    """

    task: NDArray[np.int64]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]
    tasks: pd.Index
    workers: pd.Index
    categories: pd.Index

    def vote_counts(self) -> IntArray:
        """Count the votes by task and category, shape (tasks, categories)."""
        shape = len(self.tasks), len(self.categories)
        check_table_size(*shape)
        cell = self.task * shape[1] + self.label
        return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


def encode_labels(labels: pd.DataFrame, workers: bool = True) -> EncodedLabels:
    """Encode a frame `task, worker, label`; rows without a label are left out.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, one row per label.
    workers : bool
        Whether workers matter. If not, the column is not needed, and all labels get one worker.

    Returns
    -------
    EncodedLabels

    Raises
    ------
    ValueError
        For a missing column, for rows with a label but without a task or a worker, and where two
        names look the same, such as the number 1 and the text "1".

    Examples
    --------
    >>> labels = pd.DataFrame(
    ...     [("t2", "ann", "b"), ("t1", "ann", "a"), ("t2", "bob", "a")],
    ...     columns=["task", "worker", "label"],
    ... )
    >>> encoded = encode_labels(labels)
    >>> encoded.task.tolist(), encoded.worker.tolist(), encoded.label.tolist()
    ([0, 1, 0], [0, 0, 1], [1, 0, 0])
    >>> encoded.tasks.tolist(), encoded.categories.tolist()
    (['t2', 't1'], ['a', 'b'])
    >>> encoded.vote_counts().tolist()
    [[1, 1], [1, 0]]
    """
    columns = ["task", "worker", "label"] if workers else ["task", "label"]
    rows = labeled_rows(labels, columns)
    names = rows.worker if workers else pd.Series("anyone", index=rows.index)
    task, tasks = pd.factorize(rows.task)
    worker, people = pd.factorize(names, sort=True)
    label, categories = pd.factorize(rows.label, sort=True)
    indexes = [pd.Index(index) for index in (tasks, people, categories)]
    for names, what in zip(indexes, ("task", "worker", "category"), strict=True):
        check_distinct_names(names, what)
    return EncodedLabels(task, worker, label, *indexes)


def gold_answers(gold: pd.DataFrame | None, encoded: EncodedLabels) -> pd.Series:
    """Look up the known answers of encoded tasks.

    Parameters
    ----------
    gold : DataFrame, optional
        Columns `task` and `label`; None stands for no known answers.
    encoded : EncodedLabels
        The labels whose tasks are looked up.

    Returns
    -------
    Series
        The answer of each task, in the order of `encoded.tasks`; NaN where it is not known.

    Raises
    ------
    ValueError
        Where gold has two answers for one task. Also where none of its tasks, or none of its
        answers, occurs in the labels, and where a name is text in one and a number in the other.

    Examples
    --------
    >>> encoded = encode_labels(pd.DataFrame({"task": [1, 2], "worker": 0, "label": ["a", "b"]}))
    >>> gold_answers(pd.DataFrame({"task": [2], "label": ["b"]}), encoded).tolist()
    [nan, 'b']
    """
    if gold is None:
        return pd.Series(None, index=encoded.tasks, dtype=object)
    missing = [column for column in ("task", "label") if column not in gold]
    if missing:
        raise ValueError(f"gold has no column {', '.join(missing)}: it needs task, label")
    answers = gold.loc[gold.label.notna(), ["task", "label"]].drop_duplicates()
    repeated = answers.task[answers.task.duplicated()]
    if len(repeated):
        raise ValueError(
            f"gold contradicts itself: it has two answers for {repeated.nunique()} tasks, such as "
            f"{quoted(repeated.iloc[0])}; keep one"
        )
    check_gold_matches(answers, encoded.tasks, encoded.categories)
    by_task = answers.set_index("task").label
    if pd.api.types.is_integer_dtype(by_task.dtype):
        by_task = by_task.astype(object)  # missing answers would make them floats, and round them
    return by_task.reindex(encoded.tasks)
