"""How often each two workers agree on the tasks that both labeled."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.reliability.estimate import CONFIDENCE, wilson
from gamelabel.tables.encoded_labels import encode_labels


def worker_agreement(
    labels: pd.DataFrame, least: int = 1, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Compare each two workers on the tasks that both labeled.

    Workers who agree far more than others may have copied from each other; one who agrees with
    nobody may not look at the tasks.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`.
    least : int
        The least number of shared tasks of a pair in the result.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    DataFrame
        A row for each pair: `worker` and `other`, in ascending order; `tasks`, which both labeled;
        `agreement`, the share of equal labels, with its Wilson interval `low` and `high`; and
        `kappa`, Cohen's, NaN where both gave only one and the same label.

    Raises
    ------
    ValueError
        Where a worker labeled a task twice, a column is missing, or a task or worker is.

    References
    ----------
    Cohen, "A coefficient of agreement for nominal scales" (1960).

    Examples
    --------
    >>> columns = {"ann": "aabb", "bob": "aabb", "cem": "abab"}
    >>> rows = [(task, worker, columns[worker][task]) for worker in columns for task in range(4)]
    >>> table = worker_agreement(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    >>> table[["worker", "other", "tasks", "agreement", "kappa"]]
      worker other  tasks  agreement  kappa
    0    ann   bob      4        1.0    1.0
    1    ann   cem      4        0.5    0.0
    2    bob   cem      4        0.5    0.0
    """
    from scipy import sparse

    encoded = encode_labels(labels)
    if pd.DataFrame({"task": encoded.task, "worker": encoded.worker}).duplicated().any():
        raise ValueError("a worker labeled a task twice: keep one of the labels")
    shape = len(encoded.workers), len(encoded.tasks)
    by_category = []
    for category in range(len(encoded.categories)):
        chosen = encoded.label == category
        places = encoded.worker[chosen], encoded.task[chosen]
        by_category.append(sparse.csr_array((np.ones(chosen.sum()), places), shape=shape))
    labeled = sparse.csr_array((np.ones(len(encoded.task)), (encoded.worker, encoded.task)), shape)
    shared = sparse.triu(labeled @ labeled.T, k=1).tocoo()
    is_kept = shared.data >= least
    one, other, tasks = shared.row[is_kept], shared.col[is_kept], shared.data[is_kept]
    same, by_chance = np.zeros(len(one)), np.zeros(len(one))
    for chosen_by in by_category:
        same += _entries(chosen_by @ chosen_by.T, one, other)
        with_others = (chosen_by @ labeled.T).tocsr()
        by_chance += _entries(with_others, one, other) * _entries(with_others, other, one)
    expected = by_chance / tasks**2
    low, high = wilson(same, tasks, confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = np.where(expected < 1, (same / tasks - expected) / (1 - expected), np.nan)
    table = pd.DataFrame(
        {
            "worker": encoded.workers[one],
            "other": encoded.workers[other],
            "tasks": tasks.astype(int),
            "agreement": same / tasks,
            "low": low,
            "high": high,
            "kappa": kappa,
        }
    )
    return table.iloc[np.lexsort((other, one))].reset_index(drop=True)


def _entries(matrix: object, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return entries of a sparse matrix, (N,)."""
    if not len(rows):
        return np.zeros(0)
    return np.asarray(matrix.tocsr()[rows, columns]).ravel()  # type: ignore[attr-defined]
