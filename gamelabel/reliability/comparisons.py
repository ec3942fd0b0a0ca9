"""Pairwise comparisons: the items that they connect, and the bias towards one side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability.encoded_comparisons import (
    LEFT_WON,
    TIED,
    PairCounts,
    count_pairs,
    encode_comparisons,
)
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, proportion


def largest_group(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons within the largest group of items that comparisons connect.

    Parameters
    ----------
    comparisons : DataFrame
        Columns as for `bradley_terry`, which accepts the result.

    Returns
    -------
    DataFrame
        The rows of which both items are in the group: each of its items can be reached from every
        other by wins and ties. Of groups of equal size, that of the first item in order.

    Examples
    --------
    >>> rows = [("x", "y", "tie"), ("y", "x", "left"), ("x", "z", "left")]
    >>> largest_group(pd.DataFrame(rows, columns=["left", "right", "winner"])).index.tolist()
    [0, 1]
    """
    encoded = encode_comparisons(comparisons)
    _, group = _groups(count_pairs(encoded, ordered=False), directed=True)
    sizes = np.bincount(group)
    members = group == group[sizes[group] == sizes.max(initial=0)][:1]
    rows = comparisons[comparisons["winner"].notna()]
    return rows[members[encoded.left] & members[encoded.right]]


def side_bias(comparisons: pd.DataFrame, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate the share of decided comparisons that the left side won, with a Wilson interval.

    Where sides are assigned at random, a share other than one half is bias. The comparisons have
    the columns that `bradley_terry` takes; ties do not count towards n.

    >>> rows = [("x", "y", "left")] * 3 + [("x", "y", "right"), ("x", "y", "tie")]
    >>> bias = side_bias(pd.DataFrame(rows, columns=["left", "right", "winner"]))
    >>> bias.value, bias.n
    (0.75, 4)
    """
    outcome = encode_comparisons(comparisons).outcome
    return proportion((outcome == LEFT_WON).sum(), int((outcome != TIED).sum()), confidence)


def separated_groups(pairs: PairCounts, items: pd.Index) -> str:
    """Describe the groups of items that comparisons do not connect both ways; "" if they do.

    Each item must be reachable from every other one by wins and ties (Ford, 1957).

    >>> frame = pd.DataFrame({"left": ["x"], "right": ["y"], "winner": ["left"]})
    >>> encoded = encode_comparisons(frame)
    >>> separated_groups(count_pairs(encoded, ordered=False), encoded.items)
    'comparisons do not connect the 2 items: between some groups all wins go one way, ...'
    """
    if _soon_reachable(pairs):
        return ""
    n_groups, group = _groups(pairs, directed=True)
    if n_groups <= 1:
        return ""
    n_separate, _ = _groups(pairs, directed=False)
    if n_separate > 1:
        reason = f"{n_separate} groups were never compared with each other"
    else:
        reason = "between some groups all wins go one way, so their distance is infinite"
    _, first, sizes = np.unique(group, return_index=True, return_counts=True)
    largest = np.lexsort((first, -sizes))[:4]
    shown = "; ".join(_shortened(list(items[group == number])) for number in largest)
    more = f"; and {n_groups - 4} more groups" if n_groups > 4 else ""
    return f"comparisons do not connect the {len(items)} items: {reason}. The groups: {shown}{more}"


def _soon_reachable(pairs: PairCounts) -> bool:
    """Return whether a few steps from the first item, and to it, suffice to reach all others.

    They nearly always do, and take less time than to find the groups.
    """
    not_lost, not_won = pairs.wins + pairs.ties > 0, pairs.losses + pairs.ties > 0
    for forward, backward in ((not_lost, not_won), (not_won, not_lost)):
        reached = np.arange(pairs.n_items) == 0
        for _ in range(5):
            reached[pairs.second[forward & reached[pairs.first]]] = True
            reached[pairs.first[backward & reached[pairs.second]]] = True
            if reached.all():
                break
        else:
            return False
    return True


def _groups(pairs: PairCounts, directed: bool) -> tuple[int, NDArray[np.int32]]:
    """Group items that can be reached from each other by wins: number of groups, group (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    not_lost, not_won = pairs.wins + pairs.ties > 0, pairs.losses + pairs.ties > 0
    winners = np.concatenate([pairs.first[not_lost], pairs.second[not_won]])
    losers = np.concatenate([pairs.second[not_lost], pairs.first[not_won]])
    shape = pairs.n_items, pairs.n_items
    graph = coo_array((np.ones(len(winners)), (winners, losers)), shape=shape)
    n_groups, group = connected_components(graph, directed=directed, connection="strong")
    return int(n_groups), group


def _shortened(names: list[object]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(str, names[:5])) + more
