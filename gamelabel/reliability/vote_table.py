"""Labels in any form that the statistics of agreement take, as votes by task and category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.tables.categories import order_categories
from gamelabel.tables.encoded_labels import EncodedLabels, encode_labels
from gamelabel.tables.vote_counts import IntArray, check_vote_counts, tabulate_votes


def vote_table(
    labels: pd.DataFrame | ArrayLike,
    categories: Sequence[object] | None = None,
    counts: bool | None = None,
    ordered: bool = False,
) -> tuple[IntArray, pd.Index]:
    """Count votes by task and category.

    Parameters
    ----------
    labels : DataFrame or array_like
        A frame with the columns `task` and `label`, or an array; see `to_frame`.
    categories : sequence, optional
        All categories, in ascending order if their order matters. For vote counts: what each column
        stands for, by default 0, 1, 2, ...
    counts : bool, optional
        What an array holds; see `to_frame`.
    ordered : bool
        Whether the categories need an order.

    Returns
    -------
    counts : ndarray of int
        Shape (tasks, categories).
    categories : Index
        The categories; those that do not occur are among them only if `categories` names them.

    Raises
    ------
    ValueError
        As `to_frame` and `gamelabel.tables.categories.order_categories` do.

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [0, 0], "label": ["10", "2"]})
    >>> counts, names = vote_table(frame, ordered=True)
    >>> counts.tolist(), names.tolist()
    ([[1, 1]], ['2', '10'])
    """
    if not isinstance(labels, pd.DataFrame) and counts:
        votes = check_vote_counts(np.asarray(labels))
        names = pd.Index(range(votes.shape[1]) if categories is None else list(categories))
        if len(names) != votes.shape[1]:
            raise ValueError(
                f"{len(names)} categories for {votes.shape[1]} columns of vote counts: name one "
                "category per column"
            )
        return votes, names
    frame = to_frame(labels, counts)
    votes, names = tabulate_votes(frame)
    if not ordered and categories is None:
        return votes, names
    order = order_categories(names, categories, _is_ordered(frame))
    position = pd.Index(names).get_indexer(order)  # -1 where a category does not occur
    return np.pad(votes, ((0, 0), (0, 1)))[:, position], order


def encode_in_order(
    frame: pd.DataFrame, categories: Sequence[object] | None = None, ordered: bool = False
) -> EncodedLabels:
    """Encode the labels of a frame, with its categories in the order of `vote_table`.

    Parameters
    ----------
    frame : DataFrame
        Columns `task`, `worker` and `label`.
    categories, ordered
        See `vote_table`.

    Returns
    -------
    EncodedLabels

    Examples
    --------
    >>> frame = pd.DataFrame({"task": [0, 0], "worker": ["u", "v"], "label": ["10", "2"]})
    >>> encoded = encode_in_order(frame, ordered=True)
    >>> encoded.label.tolist(), encoded.categories.tolist()
    ([1, 0], ['2', '10'])
    """
    encoded = encode_labels(frame)
    if not ordered and categories is None:
        return encoded
    order = order_categories(encoded.categories, categories, _is_ordered(frame))
    label = order.get_indexer(encoded.categories)[encoded.label]
    return encoded._replace(label=label, categories=order)


def _is_ordered(frame: pd.DataFrame) -> bool:
    dtype = frame["label"].dtype
    return isinstance(dtype, pd.CategoricalDtype) and bool(dtype.ordered)


def to_frame(labels: pd.DataFrame | ArrayLike, counts: bool | None = None) -> pd.DataFrame:
    """Return labels as a frame with a row for each label.

    Parameters
    ----------
    labels : DataFrame or array_like
        A frame is returned as it is. An array holds the labels of raters (rows) for units
        (columns), NaN or None where there is none.
    counts : bool, optional
        For an array False, which says that it holds labels.

    Returns
    -------
    DataFrame
        Columns `task` (the unit), `worker` (the rater) and `label`.

    Raises
    ------
    ValueError
        For an array without `counts`, since it could also hold vote counts of units (rows) by
        categories (columns), and for one that does not have two dimensions. For a frame with
        `counts`.

    Examples
    --------
    >>> to_frame([[1, 2], [1, float("nan")]], counts=False)
       task  worker  label
    0     0       0    1.0
    1     1       0    2.0
    2     0       1    1.0
    """
    if isinstance(labels, pd.DataFrame):
        if counts is not None:
            raise ValueError("a frame has one row per label: counts says what an array holds")
        return labels
    array = np.asarray(labels)
    if array.ndim != 2:
        raise ValueError(f"an array of labels has two dimensions, raters x units, not {array.ndim}")
    if counts is None:
        raise ValueError(
            f"the array of shape {array.shape} may hold vote counts (units x categories) or labels "
            "(raters x units): pass counts=True or counts=False"
        )
    if counts:
        raise ValueError(
            "vote counts do not say who voted: pass a frame with columns task, worker, label"
        )
    worker, task = np.indices(array.shape).reshape(2, -1)
    frame = pd.DataFrame({"task": task, "worker": worker, "label": array.reshape(-1)})
    return frame[frame["label"].notna()].reset_index(drop=True)
