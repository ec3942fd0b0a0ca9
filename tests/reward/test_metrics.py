import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.reliability import Estimate
from gamelabel.reward.metrics import (
    accuracy_gain,
    filter_at_k,
    filter_gain,
    preference_accuracy,
    recall_at_k,
    recall_gain,
)
from gamelabel.reward.published import compare_with_published


def test_accuracy_leaves_out_ties_of_people_and_counts_those_of_the_scorer_as_wrong():
    # right, wrong, a tie of people, equal scores
    estimate = preference_accuracy([2.0, 1.0, 5.0, 3.0], [1.0, 2.0, 0.0, 3.0], [1.0, 1.0, 0.5, 0.0])
    assert (estimate.value, estimate.n) == (1 / 3, 3)


def test_accuracy_takes_shares_of_votes():
    assert preference_accuracy([1.0, 1.0], [0.0, 0.0], [0.6, 0.4]).value == 0.5


def test_without_a_decided_pair_there_is_no_accuracy():
    assert math.isnan(preference_accuracy([1.0], [0.0], [0.5]).value)


def test_intervals_are_over_prompts_not_pairs():
    right = np.repeat(
        [1.0, 0.0], 50
    )  # one prompt all right, one all wrong, or a hundred prompts by themselves
    scores = np.where(right == 1.0, 1.0, -1.0)
    by_prompt = preference_accuracy(scores, np.zeros(100), np.ones(100), np.repeat(["x", "y"], 50))
    by_pair = preference_accuracy(scores, np.zeros(100), np.ones(100))
    assert by_prompt.value == by_pair.value == 0.5
    assert by_prompt.low < 0.03 and by_prompt.high > 0.97 and "2 clusters" in by_prompt.warning
    assert 0.38 < by_pair.low < 0.42 and 0.58 < by_pair.high < 0.62


def test_a_paired_gain_is_found_where_two_intervals_overlap():
    """What is hard for both is in both intervals, and cancels in their difference."""
    rng = np.random.default_rng(0)
    easy = rng.random(400) < 0.5
    better = np.where(
        easy | (np.arange(400) % 10 == 0), 1.0, -1.0
    )  # right as well on some that are hard
    worse = np.where(easy, 1.0, -1.0)
    nothing, target, prompts = np.zeros(400), np.ones(400), np.arange(400)
    one, other = (
        preference_accuracy(scores, nothing, target, prompts) for scores in (better, worse)
    )
    gain = accuracy_gain((better, nothing), (worse, nothing), target, prompts)
    assert one.low < other.high and gain.low > 0
    assert gain.value == pytest.approx(one.value - other.value)
    back = accuracy_gain((worse, nothing), (better, nothing), target, prompts)
    assert back.high < 0
    same = accuracy_gain((better, nothing), (better, nothing), target, prompts)
    assert same.value == 0 and -0.01 < same.low < 0 < same.high < 0.01, "400 prompts without a gain"
    assert accuracy_gain((better, nothing), (worse, nothing), [0.5] * 399 + [1.0], prompts).n == 1


def test_scores_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="1 of 2 scores are not finite"):
        preference_accuracy([float("nan"), 1.0], [0.0, 0.0], [1.0, 1.0])


# Four pictures of one prompt; people: the third is best, the first is worst.
RANKS, SCORES = [4, 2, 1, 3], [0.5, 0.9, 0.7, 0.1]


@pytest.mark.parametrize(("k", "hit"), [(1, 0), (2, 1), (4, 1)])
def test_recall_by_hand(k, hit):
    assert recall_at_k([SCORES], [RANKS], k).value == hit


@pytest.mark.parametrize(("k", "hit"), [(1, 0), (2, 1), (4, 1)])
def test_filter_by_hand(k, hit):
    assert filter_at_k([SCORES], [RANKS], k).value == hit


def test_images_with_equal_scores_rank_behind_each_other():
    assert recall_at_k([[1.0, 1.0, 0.0]], [[1, 2, 3]], 1).value == 0
    assert recall_at_k([[1.0, 1.0, 0.0]], [[1, 2, 3]], 2).value == 1
    assert filter_at_k([[1.0, 0.0, 0.0]], [[1, 2, 3]], 1).value == 0


def test_with_several_best_images_their_share_counts():
    assert recall_at_k([[3.0, 2.0, 1.0]], [[1, 2, 1]], 1).value == 0.5


def test_several_prompts_may_have_several_numbers_of_pictures():
    estimate = recall_at_k([[3.0, 1.0], SCORES], [[1, 2], RANKS], 1)
    assert (estimate.value, estimate.n) == (0.5, 2)


@given(
    st.lists(st.integers(-5, 5), min_size=4, max_size=9, unique=True),
    st.randoms(use_true_random=False),
)
def test_recall_grows_with_k_to_one_and_filter_is_recall_upside_down(scores, random):
    ranks = list(range(1, len(scores) + 1))
    random.shuffle(ranks)
    shares = [recall_at_k([scores], [ranks], k).value for k in range(1, len(scores) + 1)]
    assert shares == sorted(shares) and shares[-1] == 1
    upside = [-s for s in scores], [len(ranks) + 1 - r for r in ranks]
    assert filter_at_k([scores], [ranks], 2).value == recall_at_k([upside[0]], [upside[1]], 2).value


def test_k_may_not_exceed_the_number_of_images():
    with pytest.raises(ValueError, match="k = 3"):
        recall_at_k([[1.0, 2.0]], [[1, 2]], 3)


@pytest.mark.parametrize(
    ("gain_of", "number_of"), [(recall_gain, recall_at_k), (filter_gain, filter_at_k)]
)
def test_gains_are_taken_prompt_by_prompt(gain_of, number_of):
    rng = np.random.default_rng(1)
    ranks = [rng.permutation(8) + 1 for _ in range(300)]
    hard = rng.random(300) < 0.6  # prompts on which both scorers guess alike
    guesses = [rng.normal(size=8) for _ in range(300)]
    better = [g if h else -r for g, h, r in zip(guesses, hard, ranks, strict=True)]
    worse = [
        g if h or i % 4 == 0 else -r
        for i, (g, h, r) in enumerate(zip(guesses, hard, ranks, strict=True))
    ]
    gain, one, other = (
        gain_of(better, worse, ranks, 1),
        *(number_of(s, ranks, 1) for s in (better, worse)),
    )
    assert gain.value == pytest.approx(one.value - other.value) and gain.n == 300
    assert gain.low > 0 and one.low < other.high  # apart only if paired
    assert gain_of(worse, better, ranks, 1).high < 0


def test_metrics_are_compared_with_the_published_ones():
    ours = {
        "BLIP Score": {"accuracy": Estimate(0.6, 0.55, 0.65, 40)},
        "another": {"accuracy": Estimate(0.5, 0, 1, 2)},
    }
    table = compare_with_published(ours)
    assert table.iloc[0].tolist() == [
        "BLIP Score",
        "accuracy",
        57.76,
        60.0,
        pytest.approx(55.0),
        65.0,
        40,
    ]
    assert math.isnan(table.iloc[1].slides)
