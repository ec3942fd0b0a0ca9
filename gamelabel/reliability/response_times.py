"""Response times: whether faster answers agree less with those of others."""

from __future__ import annotations

import pandas as pd

from gamelabel.reliability.worker_accuracy import mean_accuracy


def agreement_by_speed(labels: pd.DataFrame, per_task: int = 5) -> pd.DataFrame:
    """Compare the labels of a task by how fast they were given.

    Tasks differ in how long they take, so labels are ranked within their task.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `label` and `seconds`.
    per_task : int
        Number of labels of a task; tasks with another number are left out.

    Returns
    -------
    DataFrame
        One row for each place in the order, from 1, the fastest: `value`, the share of the other
        labels of the task that are the same, its interval `low` and `high`, `n` labels, and `name`,
        the place with the median time. NaN where there are no labels.

    Examples
    --------
    >>> labels = pd.DataFrame({"task": 0, "label": ["a", "a", "b"], "seconds": [1, 2, 3]})
    >>> agreement_by_speed(labels, per_task=3).value.tolist()
    [0.5, 0.5, 0.0]
    """
    size = labels.groupby("task").label.transform("size")
    same = labels.groupby(["task", "label"]).label.transform("size") - 1
    place = labels.groupby("task").seconds.rank(method="first")
    timed = pd.DataFrame({"place": place, "same": same / (size - 1), "seconds": labels.seconds})
    timed = timed[size == per_task]
    rows = {}
    for rank in range(1, per_task + 1):
        part = timed[timed.place == rank]
        estimate = mean_accuracy(part.same)
        name = f"{rank}: {part.seconds.median():.0f} s"
        rows[rank] = {**estimate._asdict(), "name": name}
    return pd.DataFrame.from_dict(rows, orient="index")
