"""Equation 1 of the paper by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.games.descent import descent_score, leaderboard, scores_of_round


def test_three_teachers_by_hand() -> None:
    """|D| = 10, 12, 20, so |D_m| = 10; the test set has 30."""
    right = {"a": {"b": 6, "c": 5}, "b": {"a": 7, "c": 20}, "c": {"a": 1, "b": 0}}
    scores = scores_of_round(
        right, {"a": 10, "b": 12, "c": 20}, {"a": 15, "b": 30, "c": 6}, n_test=30
    )
    # a: (10 x 6/12 + 10 x 5/20 + 30 x 15/30) / (2 x 10 + 30) = (5 + 2.5 + 15) / 50
    # b: (10 x 7/10 + 10 x 20/20 + 30) / 50;  c: (10 x 1/10 + 0 + 6) / 50
    assert scores == pytest.approx({"a": 0.45, "b": 0.94, "c": 0.14})


def test_two_teachers_with_10_and_13_examples() -> None:
    """N = 2, |T| = 5: S1 = (10 x Acc(M1, D2) + 5 x Acc(M1, T)) / 15."""
    assert descent_score([8 / 13], 10, 3 / 5, 5) == pytest.approx((10 * 8 / 13 + 3) / 15)


def test_without_a_test_set_the_score_is_the_mean_over_the_others() -> None:
    assert descent_score([0.2, 0.6], 10, 0.0, 0) == pytest.approx(0.4)
    with pytest.raises(ValueError, match="another teacher's examples or a test set"):
        descent_score([], 10, 0.0, 0)


def test_many_examples_of_one_teacher_do_not_weigh_more() -> None:
    """Doubling b's examples and right answers changes nobody's score."""
    right = {"a": {"b": 2, "c": 1}, "b": {"a": 1, "c": 2}, "c": {"a": 0, "b": 1}}
    sizes, tests = {"a": 2, "b": 4, "c": 2}, {"a": 1, "b": 0, "c": 2}
    more = {
        name: {o: n * 2 if o == "b" else n for o, n in of.items()} for name, of in right.items()
    }
    first = scores_of_round(right, sizes, tests, 2)
    assert scores_of_round(more, sizes | {"b": 8}, tests, 2) == pytest.approx(first)


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(0, 4).map(float), min_size=1))
def test_bonuses_are_paid_out_whole_and_ties_share(scores: dict[str, float]) -> None:
    board = leaderboard(scores, (3.0, 2.0, 1.0))
    assert board["bonus"].sum() == pytest.approx(sum((3.0, 2.0, 1.0)[: len(scores)]))
    assert (board.groupby("score")["bonus"].nunique() == 1).all()
    assert board["score"].is_monotonic_decreasing and board["rank"].min() == 1
