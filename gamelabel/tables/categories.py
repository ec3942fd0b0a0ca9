"""Categories as numbers, and their order: what levels of measurement above nominal need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gamelabel.tables.names import quoted
from gamelabel.tables.vote_counts import FloatArray

_SHOWN = 5  # categories that an error message names


def category_numbers(categories: pd.Index) -> FloatArray | None:
    """Return the numbers that categories are, or as text stand for; None if one is not a number.

    >>> category_numbers(pd.Index(["10", "2"])).tolist()
    [10.0, 2.0]
    >>> category_numbers(pd.Index(["2", "good"])) is None
    True
    """
    try:
        numbers = np.array([float(category) for category in categories])
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None


def order_categories(
    categories: pd.Index, order: Sequence[object] | None = None, is_ordered: bool = False
) -> pd.Index:
    """Return categories in ascending order, numbers as text in the order of the numbers.

    Parameters
    ----------
    categories : Index
        The categories that occur.
    order : sequence, optional
        All possible categories in ascending order.
    is_ordered : bool
        Whether `categories` are in ascending order already, as those of an ordered categorical
        column are.

    Returns
    -------
    Index
        `order`, or the categories that occur.

    Raises
    ------
    ValueError
        For text without an order, two texts for one number, repeated categories in `order`, and
        categories that it lacks.

    Examples
    --------
    >>> order_categories(pd.Index(["1", "10", "2"])).tolist()
    ['1', '2', '10']
    >>> order_categories(pd.Index(["fair", "good"]), ["poor", "fair", "good"]).tolist()
    ['poor', 'fair', 'good']
    """
    if order is not None:
        given_order = pd.Index(list(order))
        if given_order.has_duplicates:
            repeated = given_order[given_order.duplicated()][0]
            raise ValueError(f"categories name {quoted(repeated)} twice")
        missing = [category for category in categories if category not in given_order]
        if missing:
            raise ValueError(
                f"labels have the categories {_shown(missing)}, which are not among the categories "
                f"{_shown(given_order)}"
            )
        return given_order
    if is_ordered or len(categories) < 2:
        return categories
    numbers = category_numbers(categories)
    if numbers is None:
        raise ValueError(
            f"the categories {_shown(categories)} are text without an order: pass them from least "
            "to greatest as categories=[...], or make the labels an ordered categorical column"
        )
    ascending = np.argsort(numbers, kind="stable")
    same = np.flatnonzero(np.diff(numbers[ascending]) == 0)
    if len(same):
        first, second = categories[ascending[same[0]]], categories[ascending[same[0] + 1]]
        raise ValueError(
            f"{quoted(first)} and {quoted(second)} are two categories for one number: use one"
        )
    return categories[ascending]


def _shown(categories: Sequence[object] | pd.Index) -> str:
    more = f" and {len(categories) - _SHOWN} more" if len(categories) > _SHOWN else ""
    return ", ".join(quoted(category) for category in list(categories)[:_SHOWN]) + more
