"""Comparisons of two things: how strong each thing is, and whether the side it stood on mattered."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability.estimate import CONFIDENCE, Estimate, normal_quantile, proportion

_POINTS = {"left": 1.0, "tie": 0.5, "right": 0.0}
_GAIN = 1e-12  # of the log likelihood, relative, at which the climb ends


def bradley_terry(comparisons: pd.DataFrame, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """How strong each thing is: `item, comparisons, wins, ability, low, high, share`, the strongest first.

    comparisons: `left, right, winner`, the winner being "left", "right" or "tie"; a tie is half a win for each, and a
    missing winner is no comparison. P(i beats j) = 1 / (1 + exp(ability_j - ability_i)); abilities are logarithms with
    mean 0, their intervals Wald's, from the inverse of Fisher's information; `share` is exp(ability), summing to 1.

    Raises ValueError for a missing column or thing, another winner, a thing compared with itself, and where the
    comparisons do not connect the things: a maximum exists only if of any two groups of things each has won at least
    once, or tied, against the other; else one group is infinitely stronger, or their distance could be any. The error
    names the groups. Pairs that share no thing with others are therefore no data for this: take wins, or aggregate.

    Source: Bradley and Terry (1952); the condition: Ford, "Solution of a ranking problem" (1957).
    """
    left, right, points, items = _coded(comparisons)
    _demand_connected(left, right, points, items)
    count = len(items)
    cells, size = (left * count + right, right * count + left), count * count
    won = np.bincount(cells[0], points, size) + np.bincount(cells[1], 1 - points, size)
    wins = won.reshape(count, count).astype(float)
    ability, information = _climb(wins)
    spread = np.sqrt(np.diag(np.linalg.pinv(information, hermitian=True))) if count else ability
    reach = normal_quantile(confidence) * spread
    share = np.exp(ability - ability.max(initial=0))
    table = pd.DataFrame(
        {
            "item": items,
            "comparisons": (wins + wins.T).sum(1).round().astype(int),
            "wins": wins.sum(1),
            "ability": ability,
            "low": ability - reach,
            "high": ability + reach,
            "share": share / share.sum(),
        }
    )
    return table.sort_values(["ability", "item"], ascending=[False, True], ignore_index=True)


def side_bias(comparisons: pd.DataFrame, confidence: float = CONFIDENCE) -> Estimate:
    """The share of decided comparisons that the left side won, with Wilson's interval; n leaves ties out.

    comparisons: as in `bradley_terry`. Where sides were drawn by lot, what differs from one half is bias. NaN, and
    the interval (0, 1), where nothing was decided.
    """
    _, _, points, _ = _coded(comparisons)
    decided = points[points != _POINTS["tie"]]
    return proportion(decided.sum(), len(decided), confidence)


def _coded(
    comparisons: pd.DataFrame,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], pd.Index]:
    """Left and right things by number, points of the left, each (N,), and the things in ascending order."""
    missing = [column for column in ("left", "right", "winner") if column not in comparisons]
    if missing:
        raise ValueError(
            f"comparisons have no column {', '.join(missing)}: they need left, right, winner"
        )
    given = comparisons[comparisons.winner.notna()]
    strange = given.winner[~given.winner.isin(list(_POINTS))]
    if len(strange):
        raise ValueError(
            f"row {strange.index[0]!r}: {strange.iloc[0]!r} is no winner: left, right or tie"
        )
    nameless = given.left.isna() | given.right.isna()
    if nameless.any():
        raise ValueError(
            f"{nameless.sum()} comparisons lack a thing, the first in row {given.index[nameless][0]!r}"
        )
    both, items = pd.factorize(pd.concat([given.left, given.right]), sort=True)
    left, right = both[: len(given)], both[len(given) :]
    alone = left == right
    if alone.any():
        raise ValueError(
            f"row {given.index[alone][0]!r} compares {items[left[alone][0]]!r} with itself"
        )
    return left, right, given.winner.map(_POINTS).to_numpy(float), pd.Index(items)


def _demand_connected(left: NDArray, right: NDArray, points: NDArray, items: pd.Index) -> None:
    """Raise ValueError unless each thing can be reached from each by wins (Ford's condition)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    won = np.concatenate([left[points > 0], right[points < 1]])
    lost = np.concatenate([right[points > 0], left[points < 1]])
    graph = coo_array((np.ones(len(won)), (won, lost)), shape=(len(items), len(items)))
    groups, of = connected_components(graph, directed=True, connection="strong")
    if groups <= 1:
        return
    apart, _ = connected_components(graph, directed=False)
    why = (
        f"{apart} groups were never compared with one another"
        if apart > 1
        else "between some groups all wins go one way, so that their distance is infinite"
    )
    members = [list(items[of == group]) for group in range(groups)]
    members.sort(key=len, reverse=True)
    named = "; ".join(
        f"{', '.join(map(str, m[:5]))}{f' and {len(m) - 5} more' if len(m) > 5 else ''}"
        for m in members[:4]
    )
    more = f"; and {groups - 4} groups more" if groups > 4 else ""
    raise ValueError(
        f"comparisons do not connect the {len(items)} things: {why}. The groups: {named}{more}. "
        "Keep one group, or collect comparisons between them"
    )


def _climb(wins: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Abilities (n,) of most likelihood with mean 0, by Newton's steps, and the information (n, n), of wins (n, n)."""
    games = wins + wins.T
    ability = np.zeros(len(wins))

    def likelihood(at: NDArray) -> float:
        return -float((wins * np.logaddexp(0, at - at[:, None])).sum())

    now = likelihood(ability)
    while True:
        beats = 1 / (1 + np.exp(ability - ability[:, None]))
        weight = games * beats * beats.T
        information = np.diag(weight.sum(1)) - weight
        # a constant added to all abilities changes nothing: 1/n on every entry takes that direction out
        slope = (wins - games * beats).sum(1)
        step = np.linalg.solve(information + 1 / max(len(wins), 1), slope)
        size = 1.0
        while (then := likelihood(ability + size * step)) < now and size > 1e-6:
            size /= 2
        if then - now <= _GAIN * abs(now):
            return ability - ability.mean() if len(wins) else ability, information
        ability, now = ability + size * step, then
