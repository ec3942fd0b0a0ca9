"""Pairwise comparisons as counts of outcomes by pair of items, which is all that a fit needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.tables.names import check_distinct_names, quoted
from gamelabel.tables.vote_counts import FloatArray

RIGHT_WON, TIED, LEFT_WON = 0, 1, 2
_OUTCOMES = {"right": RIGHT_WON, "tie": TIED, "left": LEFT_WON}
_COLUMNS = ("left", "right", "winner")


class Comparisons(NamedTuple):
    """N comparisons: codes of the items on each side and of the outcome, and weights.

    `left`, `right` and `outcome` have shape (N,); so has `weight`, or it is None if all are 1.
    `items` are the names of the items, ascending.
    """

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    outcome: NDArray[np.intp]
    weight: FloatArray | None
    items: pd.Index


class PairCounts(NamedTuple):
    """Outcomes of M pairs of items: how often `first` won, nobody won, and `second` won, (M,)."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    wins: FloatArray
    ties: FloatArray
    losses: FloatArray
    n_items: int


def encode_comparisons(comparisons: pd.DataFrame, weight: str | None = None) -> Comparisons:
    """Check comparisons and encode them as integers.

    Parameters
    ----------
    comparisons : DataFrame
        Columns `left`, `right` and `winner`. Rows without a winner are left out.
    weight : str, optional
        Name of a column: how many comparisons a row stands for.

    Returns
    -------
    Comparisons

    Raises
    ------
    ValueError
        For a missing column or item, an unknown winner, an item compared with itself, two items
        whose names print alike, and a weight that is not a positive number.

    Examples
    --------
    >>> frame = pd.DataFrame({"left": ["y", "x"], "right": ["x", "z"], "winner": ["left", "tie"]})
    >>> encoded = encode_comparisons(frame)
    >>> encoded.left.tolist(), encoded.right.tolist(), encoded.outcome.tolist()
    ([1, 0], [0, 2], [2, 1])
    """
    needed = [*_COLUMNS, *([weight] if weight else [])]
    missing = [column for column in needed if column not in comparisons]
    if missing:
        raise ValueError(
            f"comparisons have no column {', '.join(missing)}: they need {', '.join(needed)}"
        )
    repeated = [column for column in needed if comparisons.columns.tolist().count(column) > 1]
    if repeated:
        raise ValueError(f"comparisons have several columns {repeated[0]}: rename all but one")
    decided = comparisons["winner"].notna()
    rows = comparisons if decided.all() else comparisons.loc[decided, needed]
    outcome = _outcome_codes(rows["winner"])
    (left, left_names), (right, right_names) = (pd.factorize(rows[side]) for side in _COLUMNS[:2])
    unnamed = (left < 0) | (right < 0)
    if unnamed.any():
        raise ValueError(
            f"{unnamed.sum()} comparisons have no item on one side, the first in row "
            f"{rows.index[unnamed][0]!r}"
        )
    codes, items = pd.factorize(pd.Index(left_names).append(pd.Index(right_names)), sort=True)
    check_distinct_names(items, "item")
    left, right = codes[: len(left_names)][left], codes[len(left_names) :][right]
    reflexive = left == right
    if reflexive.any():
        raise ValueError(
            f"row {rows.index[reflexive][0]!r} compares {items[left[reflexive][0]]!r} with itself"
        )
    weights = _weights(rows[weight]) if weight else None
    return Comparisons(left, right, outcome, weights, items)


def count_pairs(comparisons: Comparisons, ordered: bool) -> PairCounts:
    """Count the outcomes of each pair of items.

    Parameters
    ----------
    comparisons : Comparisons
        Encoded comparisons.
    ordered : bool
        Whether (x, y) and (y, x) are different pairs: whether it matters who was on the left.

    Returns
    -------
    PairCounts
        A row for each pair that was compared. If not `ordered`, `first` is less than `second`.

    Examples
    --------
    >>> frame = pd.DataFrame({"left": ["x", "y"], "right": ["y", "x"], "winner": "left"})
    >>> encoded = encode_comparisons(frame)
    >>> count_pairs(encoded, ordered=False).wins, count_pairs(encoded, ordered=True).wins
    (array([1.]), array([1., 1.]))
    """
    first, second, outcome, weight, items = comparisons
    if not ordered:
        swapped = first > second
        first, second = np.where(swapped, second, first), np.where(swapped, first, second)
        outcome = np.where(swapped, LEFT_WON - outcome, outcome)
    pair = first * len(items) + second
    n_cells = len(items) ** 2
    if n_cells > 4 * len(pair):  # most pairs were never compared
        pairs, pair = np.unique(pair, return_inverse=True)
        n_cells = len(pairs)
    else:
        pairs = np.arange(n_cells)
    counts = np.bincount(3 * pair + outcome, weight, 3 * n_cells).reshape(n_cells, 3).astype(float)
    compared = counts.any(1)
    pairs, counts = pairs[compared], counts[compared]
    first, second = np.divmod(pairs, max(len(items), 1))
    wins, ties, losses = counts[:, LEFT_WON], counts[:, TIED], counts[:, RIGHT_WON]
    return PairCounts(first, second, wins.copy(), ties.copy(), losses.copy(), len(items))


def _outcome_codes(winners: pd.Series) -> NDArray[np.intp]:
    codes, names = pd.factorize(winners)
    known = np.array([_OUTCOMES.get(name, -1) for name in names], np.intp)
    if (known < 0).any():
        row = int((known[codes] < 0).argmax())
        raise ValueError(
            f"row {winners.index[row]!r}: unknown winner {winners.iloc[row]!r}, "
            "use left, right or tie"
        )
    outcomes: NDArray[np.intp] = known[codes]
    return outcomes


def _weights(column: pd.Series) -> FloatArray:
    weights = np.asarray(pd.to_numeric(column, errors="coerce"), float)
    invalid = ~(np.isfinite(weights) & (weights > 0))
    if invalid.any():
        row = int(invalid.argmax())
        raise ValueError(
            f"row {column.index[row]!r}: weight {quoted(column.iloc[row])} is not a positive number"
        )
    return weights
