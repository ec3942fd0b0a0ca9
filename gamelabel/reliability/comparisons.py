"""Pairwise comparisons of items: their strengths, and the bias towards one side of the screen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability.estimate import CONFIDENCE, Estimate, normal_quantile, proportion
from gamelabel.tables.vote_counts import FloatArray

_POINTS = {"left": 1.0, "tie": 0.5, "right": 0.0}
_TOLERANCE = 1e-12  # relative gain of the log likelihood at which Newton's method ends


def bradley_terry(comparisons: pd.DataFrame, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Fit a Bradley-Terry model: P(i beats j) = 1 / (1 + exp(ability_j - ability_i)).

    Parameters
    ----------
    comparisons : DataFrame
        Columns `left` and `right`, the items, and `winner`: "left", "right" or "tie". A tie is half
        a win for each. Rows without a winner are left out.
    confidence : float
        Coverage of the Wald intervals, which use the inverse of the Fisher information.

    Returns
    -------
    DataFrame
        One row per item, the strongest first: `item`, `comparisons`, `wins`, `ability` (a log, with
        mean 0), its interval `low` and `high`, and `share`, which is exp(ability) scaled to sum 1.

    Raises
    ------
    ValueError
        For a missing column or item, an unknown winner, and an item compared with itself. Also
        where the comparisons do not connect the items, since no maximum exists then: in any split
        of the items into two groups each group must have won, or tied, against the other. The
        message names the groups. Disjoint pairs are therefore no input for this model: use win
        rates, or aggregate the labels.

    References
    ----------
    Bradley and Terry, "Rank analysis of incomplete block designs" (1952). The condition: Ford,
    "Solution of a ranking problem from binary comparisons" (1957).

    Examples
    --------
    >>> rows = [("x", "y", "left")] * 3 + [("x", "y", "right")]
    >>> table = bradley_terry(pd.DataFrame(rows, columns=["left", "right", "winner"]))
    >>> table[["item", "wins", "share"]].round(3).to_dict("list")
    {'item': ['x', 'y'], 'wins': [3.0, 1.0], 'share': [0.75, 0.25]}
    """
    games = _encode(comparisons)
    _check_connected(games)
    n_items = len(games.items)
    cells = games.left * n_items + games.right, games.right * n_items + games.left
    size = n_items * n_items
    left_wins = np.bincount(cells[0], games.points, size)
    right_wins = np.bincount(cells[1], 1 - games.points, size)
    wins = (left_wins + right_wins).reshape(n_items, n_items).astype(float)
    ability, information = _maximize_likelihood(wins)
    if n_items:
        standard_error = np.sqrt(np.diag(np.linalg.pinv(information, hermitian=True)))
    else:
        standard_error = ability
    margin = normal_quantile(confidence) * standard_error
    strength = np.exp(ability - ability.max(initial=0))
    table = pd.DataFrame(
        {
            "item": games.items,
            "comparisons": (wins + wins.T).sum(1).round().astype(int),
            "wins": wins.sum(1),
            "ability": ability,
            "low": ability - margin,
            "high": ability + margin,
            "share": strength / strength.sum(),
        }
    )
    return table.sort_values(["ability", "item"], ascending=[False, True], ignore_index=True)


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
    games = _encode(comparisons)
    _, group = _strong_groups(games)
    sizes = np.bincount(group)
    members = games.items[group == group[sizes[group] == sizes.max(initial=0)][:1]]
    rows = comparisons[comparisons.winner.notna()]
    return rows[rows.left.isin(members) & rows.right.isin(members)]


def side_bias(comparisons: pd.DataFrame, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate the share of decided comparisons that the left side won, with a Wilson interval.

    Where sides are assigned at random, a share other than one half is bias. The comparisons have
    the columns that `bradley_terry` takes; ties do not count towards n.

    >>> rows = [("x", "y", "left")] * 3 + [("x", "y", "right"), ("x", "y", "tie")]
    >>> bias = side_bias(pd.DataFrame(rows, columns=["left", "right", "winner"]))
    >>> bias.value, bias.n
    (0.75, 4)
    """
    points = _encode(comparisons).points
    decided = points[points != _POINTS["tie"]]
    return proportion(decided.sum(), len(decided), confidence)


class _Games(NamedTuple):
    """N comparisons: item codes and points of the left side, each (N,); the items, ascending."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    points: FloatArray
    items: pd.Index


def _encode(comparisons: pd.DataFrame) -> _Games:
    """Check comparisons and encode the items as integers."""
    missing = [column for column in ("left", "right", "winner") if column not in comparisons]
    if missing:
        raise ValueError(
            f"comparisons have no column {', '.join(missing)}: they need left, right, winner"
        )
    rows = comparisons[comparisons.winner.notna()]
    invalid = rows.winner[~rows.winner.isin(list(_POINTS))]
    if len(invalid):
        raise ValueError(
            f"row {invalid.index[0]!r}: unknown winner {invalid.iloc[0]!r}, use left, right or tie"
        )
    unnamed = rows.left.isna() | rows.right.isna()
    if unnamed.any():
        raise ValueError(
            f"{unnamed.sum()} comparisons have no item on one side, the first in row "
            f"{rows.index[unnamed][0]!r}"
        )
    codes, items = pd.factorize(pd.concat([rows.left, rows.right]), sort=True)
    left, right = codes[: len(rows)], codes[len(rows) :]
    reflexive = left == right
    if reflexive.any():
        raise ValueError(
            f"row {rows.index[reflexive][0]!r} compares {items[left[reflexive][0]]!r} with itself"
        )
    return _Games(left, right, rows.winner.map(_POINTS).to_numpy(float), pd.Index(items))


def _check_connected(games: _Games) -> None:
    """Raise ValueError unless every item can be reached from every other by wins (Ford)."""
    items = games.items
    n_groups, group = _strong_groups(games)
    if n_groups <= 1:
        return
    n_separate, _ = _groups(games, directed=False)
    if n_separate > 1:
        reason = f"{n_separate} groups were never compared with each other"
    else:
        reason = "between some groups all wins go one way, so their distance is infinite"
    members = [list(items[group == number]) for number in range(n_groups)]
    members.sort(key=len, reverse=True)
    shown = "; ".join(_shortened(names) for names in members[:4])
    more = f"; and {n_groups - 4} more groups" if n_groups > 4 else ""
    raise ValueError(
        f"comparisons do not connect the {len(items)} items: {reason}. The groups: {shown}{more}. "
        "Keep one group, or collect comparisons between them"
    )


def _strong_groups(games: _Games) -> tuple[int, NDArray[np.int32]]:
    """Group items that can be reached from each other by wins: number of groups, group (n,)."""
    return _groups(games, directed=True)


def _groups(games: _Games, directed: bool) -> tuple[int, NDArray[np.int32]]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right, points, items = games
    winners = np.concatenate([left[points > 0], right[points < 1]])
    losers = np.concatenate([right[points > 0], left[points < 1]])
    graph = coo_array((np.ones(len(winners)), (winners, losers)), shape=(len(items), len(items)))
    n_groups, group = connected_components(graph, directed=directed, connection="strong")
    return int(n_groups), group


def _shortened(names: list[object]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(str, names[:5])) + more


def _maximize_likelihood(wins: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find the maximum likelihood of wins (n, n) by Newton's method.

    Returns the abilities (n,), with mean 0, and the Fisher information (n, n).
    """
    games = wins + wins.T
    ability = np.zeros(len(wins))

    def log_likelihood(at: FloatArray) -> float:
        return -float((wins * np.logaddexp(0, at - at[:, None])).sum())

    value = log_likelihood(ability)
    while True:
        beats = 1 / (1 + np.exp(ability - ability[:, None]))
        weight = games * beats * beats.T
        information = np.diag(weight.sum(1)) - weight
        gradient = (wins - games * beats).sum(1)
        # a constant added to all abilities changes nothing: 1/n in every entry fixes that direction
        step = np.linalg.solve(information + 1 / max(len(wins), 1), gradient)
        step_size = 1.0
        while (new_value := log_likelihood(ability + step_size * step)) < value:
            if step_size <= 1e-6:
                break
            step_size /= 2
        if new_value - value <= _TOLERANCE * abs(value):
            return ability - ability.mean() if len(wins) else ability, information
        ability, value = ability + step_size * step, new_value
