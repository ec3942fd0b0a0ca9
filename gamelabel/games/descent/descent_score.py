"""Scores of teachers (equation 1 of the paper), ranks, and bonuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd


def descent_score(
    accuracy_on_others: Sequence[float], smallest: int, test_accuracy: float, n_test: int
) -> float:
    """Return the score of a teacher, equation 1 of the paper.

    Every other teacher's examples weigh as much as the smallest set of examples, so that nobody's
    many examples decide.

    Parameters
    ----------
    accuracy_on_others : sequence of float
        Accuracy of the teacher's model on the examples of each other teacher.
    smallest : int
        Number of examples of the teacher with the fewest.
    test_accuracy : float
        Accuracy of the model on the shared test set; any number if that is empty.
    n_test : int
        Number of examples in the shared test set.

    Raises
    ------
    ValueError
        If there is nothing to test the model on.

    References
    ----------
    Yang et al. (2018), "Mastering the Dungeon: Grounded Language Learning by Mechanical Turker
    Descent", equation 1.

    Examples
    --------
    Two teachers with 10 and 13 examples, five test examples; the first teacher's model is right
    about 6.5 of the other's 13 and about 4 of the 5: (10 x 0.5 + 5 x 0.8) / 15.

    >>> descent_score([0.5], smallest=10, test_accuracy=0.8, n_test=5)
    0.6
    """
    weight = len(accuracy_on_others) * smallest + n_test
    if weight == 0:
        raise ValueError(
            "a score needs another teacher's examples or a test set: "
            "have two teachers in the round, or begin with a pilot set"
        )
    tested = n_test * test_accuracy if n_test else 0.0
    return (smallest * sum(accuracy_on_others) + tested) / weight


def scores_of_round(
    right: Mapping[str, Mapping[str, int]],
    sizes: Mapping[str, int],
    test_right: Mapping[str, int],
    n_test: int,
) -> dict[str, float]:
    """Return the score of each teacher of a round.

    Parameters
    ----------
    right : mapping of mappings
        For each teacher's model, the number of right answers to each other teacher's examples.
    sizes : mapping of str to int
        The number of examples of each teacher.
    test_right : mapping of str to int
        For each teacher's model, the number of right answers to the shared test set.
    n_test : int
        Number of examples in the shared test set.

    Examples
    --------
    Three teachers with 2, 4 and 4 examples and a test set of 2. The first model gets 1 of 4, 4 of
    4 and 1 of 2 right: (2 x 0.25 + 2 x 1 + 2 x 0.5) / 6.

    >>> right = {"a": {"b": 1, "c": 4}, "b": {"a": 2, "c": 2}, "c": {"a": 0, "b": 0}}
    >>> tests = {"a": 1, "b": 2, "c": 0}
    >>> scores = scores_of_round(right, {"a": 2, "b": 4, "c": 4}, tests, n_test=2)
    >>> {name: round(score, 4) for name, score in scores.items()}
    {'a': 0.5833, 'b': 0.8333, 'c': 0.0}
    """
    smallest = min(sizes.values())
    return {
        name: descent_score(
            [of_others[other] / sizes[other] for other in sizes if other != name],
            smallest,
            test_right[name] / n_test if n_test else 0.0,
            n_test,
        )
        for name, of_others in right.items()
    }


def leaderboard(scores: Mapping[str, float], bonuses: Sequence[float] = ()) -> pd.DataFrame:
    """Return teachers from the best to the worst, with their bonuses.

    Teachers with equal scores have the same rank and share the bonuses of their places.

    Parameters
    ----------
    scores : mapping of str to float
        The score of each teacher.
    bonuses : sequence of float
        Bonus of the first place, of the second, and so on.

    Returns
    -------
    DataFrame
        Columns teacher_id, score, rank (from 1) and bonus.

    Examples
    --------
    >>> leaderboard({"a": 0.2, "b": 0.5, "c": 0.5}, bonuses=[4, 2])
      teacher_id  score  rank  bonus
    0          b    0.5     1    3.0
    1          c    0.5     1    3.0
    2          a    0.2     3    0.0
    """
    board = pd.DataFrame({"teacher_id": list(scores), "score": list(scores.values())})
    board = board.sort_values(["score", "teacher_id"], ascending=[False, True], ignore_index=True)
    board["rank"] = board["score"].rank(method="min", ascending=False).astype(int)
    of_places = [bonuses[place] if place < len(bonuses) else 0.0 for place in range(len(board))]
    board["bonus"] = pd.Series(of_places, dtype=float).groupby(board["rank"]).transform("mean")
    return board
