"""Whether two answers to the same question agree, by a rule for each kind of task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from math import hypot, sqrt
from typing import Any

from gamelabel.games.annotation.task_kinds import RATINGS

RATING_TOLERANCE = 1  # steps of the scale by which each rating may differ
LEAST_OVERLAP = 0.5  # of two sets of issues or words
POINT_DISTANCE = 0.1  # within which points are the same, in shares of width and height
LEAST_MATCHED = 0.5  # of the points of two answers
LEAST_TAU = 0.5  # Kendall's tau-b of two rankings


def answers_agree(kind: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two answers to the same question agree. The order of the two does not matter.

    Parameters
    ----------
    kind : str
        The kind of task.
    one, other : dict
        From `answers.check_annotation`, with the same numbers of pictures.

    Notes
    -----
    `compare` and `categorise` have to be equal. Each rating may differ by one step. Sets of issues
    and words share half or more of what either has; points match if the F score of those that have
    one of the other answer within a tenth of the picture is half or more; Kendall's tau-b of
    rankings is one half or more. Answering the same to everything, ticking all there is, and points
    all over a picture therefore agree with few answers.

    Examples
    --------
    >>> answers_agree("issues", {"issues": ["body", "blurry"]}, {"issues": ["blurry"]})
    True
    >>> answers_agree("issues", {"issues": []}, {"issues": ["blurry"]})
    False
    """
    if kind == "rate":
        return all(abs(one[name] - other[name]) <= RATING_TOLERANCE for name in RATINGS)
    if kind in ("issues", "words"):
        return set_overlap(one[kind], other[kind]) >= LEAST_OVERLAP
    if kind == "regions":
        return matched_points(one["points"], other["points"]) >= LEAST_MATCHED
    if kind == "rank":
        return kendall_tau(one["places"], other["places"]) >= LEAST_TAU
    return one == other


def set_overlap(one: Collection[Any], other: Collection[Any]) -> float:
    """Return the share of what either of two sets has that both have; 1 if both are empty.

    Examples
    --------
    >>> set_overlap([1, 2], [2, 3, 4])
    0.25
    """
    either = set(one) | set(other)
    return len(set(one) & set(other)) / len(either) if either else 1.0


def matched_points(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return the F score of the points of two answers that are near one of the other answer.

    Parameters
    ----------
    one, other : sequence of (x, y)
        Points as shares of the picture's width and height.

    Returns
    -------
    float
        From 0 to 1; 1 if there are no points.

    Examples
    --------
    >>> matched_points([[0.2, 0.2]], [[0.25, 0.2], [0.9, 0.9]])
    0.6666666666666666
    """
    if not one or not other:
        return float(len(one) == len(other))
    shares = _share_near(one, other), _share_near(other, one)
    return 2 * shares[0] * shares[1] / sum(shares) if sum(shares) else 0.0


def _share_near(points: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> float:
    """Return the share of points that have one of the others near them."""
    is_near = [any(hypot(x - u, y - v) <= POINT_DISTANCE for u, v in others) for x, y in points]
    return sum(is_near) / len(points)


def kendall_tau(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> float:
    """Return Kendall's tau-b of two rankings of the same pictures.

    Parameters
    ----------
    one, other : sequence of sequences of int
        The pictures at each place, best first.

    Returns
    -------
    float
        From -1 to 1; 0 if all pictures of a ranking are tied.

    Examples
    --------
    >>> kendall_tau([[0], [1], [2]], [[0], [2], [1]])
    0.3333333333333333
    """
    first, second = _places(one), _places(other)
    same = n_first = n_second = 0
    for a, b in combinations(first, 2):
        order = _sign(first[a] - first[b]), _sign(second[a] - second[b])
        same += order[0] * order[1]
        n_first += order[0] != 0
        n_second += order[1] != 0
    return same / sqrt(n_first * n_second) if n_first and n_second else 0.0


def _places(places: Sequence[Sequence[int]]) -> dict[int, int]:
    return {picture: number for number, tied in enumerate(places) for picture in tied}


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)
