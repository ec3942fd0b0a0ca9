"""Percent agreement, and Cohen's and Fleiss' kappa, which correct it for chance.

Report `alpha` for a crowd: it allows gaps, any number of workers and ordered labels, and it has
intervals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.gwet import AgreementWeights, agreement_matrix
from gamelabel.reliability.vote_table import encode_in_order, vote_table
from gamelabel.tables.vote_counts import FloatArray, IntArray, check_table_size


def percent_agreement(labels: pd.DataFrame | ArrayLike, counts: bool | None = None) -> float:
    """Compute the share of a task's pairs of labels that are equal, averaged over tasks.

    Tasks with fewer than two labels are left out; without any others the result is NaN. The labels
    are a frame with columns `task` and `label`, or an array, for which `counts` is required, as for
    `alpha`.

    >>> votes = [[2, 1], [1, 1], [4, 0]]  # agreement 1/3, 0 and 1
    >>> round(percent_agreement(votes, counts=True), 4)
    0.4444
    """
    votes = _pairable(labels, counts)
    return float(_agreement(votes).mean()) if len(votes) else float("nan")


def fleiss_kappa(labels: pd.DataFrame | ArrayLike, counts: bool | None = None) -> float:
    """Compute Fleiss' kappa = (P - P_e) / (1 - P_e).

    P is the percent agreement, P_e the agreement of labels drawn by the shares of the categories.
    These are the means of the shares within tasks, so that each task has the same weight. Where all
    tasks have the same number of labels, this is the kappa of the reference.

    Parameters
    ----------
    labels : DataFrame or array_like
        A frame with columns `task` and `label`, or an array.
    counts : bool, optional
        Required for an array: True for vote counts, False for labels, as for `alpha`.

    Returns
    -------
    float
        NaN where no task has two labels, or all labels are of one category.

    References
    ----------
    Fleiss, "Measuring nominal scale agreement among many raters" (1971).

    Examples
    --------
    The table of 14 raters and 10 subjects that textbooks use:

    >>> votes = [
    ...     [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    ...     [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ... ]
    >>> round(fleiss_kappa(votes, counts=True), 4)
    0.2099
    """
    votes = _pairable(labels, counts)
    if not len(votes):
        return float("nan")
    shares = (votes / votes.sum(1, keepdims=True)).mean(0)
    observed, expected = float(_agreement(votes).mean()), float((shares**2).sum())
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def cohen_kappa(
    labels: pd.DataFrame,
    weights: AgreementWeights | None = None,
    categories: Sequence[object] | None = None,
) -> float:
    """Compute Cohen's kappa = 1 - D_o / D_e of two workers, over the tasks that both labeled.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, with exactly two workers.
    weights : str, optional
        Distance of two labels. None: 1 if they differ. "linear", "quadratic" and "ordinal": k,
        k² or k (k + 1) for categories k steps apart in ascending order: that of numbers, also as
        text, of an ordered categorical column, or of `categories`.
    categories : sequence, optional
        The categories in ascending order. Those that do not occur count as a step, too.

    Returns
    -------
    float
        NaN where no task is shared, or D_e is 0.

    Raises
    ------
    ValueError
        Where there are not two workers, or one has labeled a task twice. For more workers use
        `fleiss_kappa` or `alpha`. With weights, for text without an order.

    References
    ----------
    Cohen, "A coefficient of agreement for nominal scales" (1960); "Weighted kappa" (1968).

    Examples
    --------
    Fifty proposals and two readers: both say yes to 20 and no to 15, and differ on 5 and 10.

    >>> pairs = ["yy"] * 20 + ["yn"] * 5 + ["ny"] * 10 + ["nn"] * 15
    >>> rows = [(task, w, pair[w]) for task, pair in enumerate(pairs) for w in (0, 1)]
    >>> round(cohen_kappa(pd.DataFrame(rows, columns=["task", "worker", "label"])), 4)
    0.4
    """
    confusion = confusion_of_two(labels, weights is not None, categories)
    distance = 1 - agreement_matrix(len(confusion), weights)
    expected_confusion = np.outer(confusion.sum(1), confusion.sum(0)) / max(confusion.sum(), 1)
    expected = float((distance * expected_confusion).sum())
    return 1 - float((distance * confusion).sum()) / expected if expected else float("nan")


def confusion_of_two(
    labels: pd.DataFrame, ordered: bool = False, categories: Sequence[object] | None = None
) -> IntArray:
    """Count the tasks that two workers both labeled, by the label of either, shape (C, C).

    Parameters
    ----------
    labels, categories
        See `cohen_kappa`, which says when this raises ValueError.
    ordered : bool
        Whether the categories need an order.

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [0, 0, 1, 1], "worker": list("uvuv"), "label": list("aaab")})
    >>> confusion_of_two(frame).tolist()
    [[1, 1], [0, 0]]
    """
    encoded = encode_in_order(labels, categories, ordered)
    if len(encoded.workers) != 2:
        raise ValueError(
            f"Cohen's kappa compares 2 workers, not {len(encoded.workers)}: use fleiss_kappa or "
            "alpha"
        )
    by_worker = np.full((len(encoded.tasks), 2), -1)
    by_worker[encoded.task, encoded.worker] = encoded.label
    if (by_worker >= 0).sum() < len(encoded.task):
        raise ValueError("a worker labeled a task twice: keep one of the labels")
    shared = by_worker[(by_worker >= 0).all(1)]
    size = len(encoded.categories)
    check_table_size(size, size, "categories of one worker")
    cell = shared[:, 0] * size + shared[:, 1]
    return np.bincount(cell, minlength=size * size).reshape(size, size)


def _pairable(labels: pd.DataFrame | ArrayLike, counts: bool | None) -> IntArray:
    """Return the votes of the tasks with two labels or more."""
    votes = vote_table(labels, counts=counts)[0]
    pairable: IntArray = votes[votes.sum(1) > 1].astype(np.int64)
    return pairable


def _agreement(votes: IntArray) -> FloatArray:
    """Return the share of each task's pairs of labels that are equal, shape (T,)."""
    m = votes.sum(1)
    equal: FloatArray = (votes * (votes - 1)).sum(1) / (m * (m - 1))
    return equal
