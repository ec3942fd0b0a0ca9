import numpy as np
import pytest

from gamelabel.reliability.auc import auc


def test_it_is_the_share_of_pairs_in_which_the_positive_one_scores_higher_ties_by_half() -> None:
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 5, 60), rng.random(60) < 0.4
    higher = scores[positive][:, None] - scores[~positive]
    assert auc(scores, positive) == pytest.approx((np.sign(higher) + 1).mean() / 2)


def test_it_does_not_depend_on_the_order_of_tied_scores() -> None:
    assert auc([1, 1, 1, 1], [True, False, False, True]) == 0.5
    assert auc([1, 1, 2, 2], [False, True, True, False]) == auc(
        [1, 1, 2, 2], [True, False, False, True]
    )


def test_it_is_undefined_without_both_classes() -> None:
    assert np.isnan(auc([1.0, 2.0], [True, True])) and np.isnan(auc([], []))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("positive", [[True, True], [False, False]])
def test_an_empty_class_gives_nan_without_a_warning(positive: list[bool]) -> None:
    assert np.isnan(auc([1.0, 2.0], positive))
