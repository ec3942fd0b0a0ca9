import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.pairs import Rules, reward


def test_pay_rises_in_few_steps_with_the_smoothed_accuracy() -> None:
    """A new player stands at the prior's 0.74, between the second step and the third."""
    right, wrong = np.array([0, 1, 5, 20, 0, 0]), np.array([0, 0, 0, 0, 1, 20])
    assert reward(right, wrong).tolist() == [2, 3, 3, 4, 1, 0]
    assert reward(np.zeros((2, 3)), np.zeros((2, 3))).shape == (2, 3)
    with pytest.raises(ValueError, match="steps of a reward must rise"):
        reward(right, wrong, steps=(0.7, 0.6))


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_one_more_right_answer_never_pays_less_and_one_answer_moves_an_old_hand_one_level_at_most(
    right, wrong
) -> None:
    now, better, worse = (
        reward(np.array(r), np.array(w))
        for r, w in ((right, wrong), (right + 1, wrong), (right, wrong + 1))
    )
    assert worse <= now <= better
    if right + wrong >= 5:
        assert better - now <= 1 and now - worse <= 1


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.booleans(), min_size=5, max_size=5), st.integers(0, 31)), max_size=20
    ),
    st.randoms(),
)
def test_pay_does_not_depend_on_which_places_of_a_batch_were_comparison_points(
    batches, shuffle
) -> None:
    """Each batch: whether the player is right at each place, and which places count. Shuffling both changes no pay."""
    rules = Rules()
    one = other = rules.start()
    for answers, mask in batches:
        places = [(right, bool(mask >> i & 1)) for i, right in enumerate(answers)]
        assert reward(one.right, one.wrong) == reward(other.right, other.wrong)
        shuffled = shuffle.sample(places, 5)
        one, other = (
            rules.after(
                standing,
                np.array([sum(right for right, counts in each if counts)]),
                np.array([sum(not right for right, counts in each if counts)]),
            )
            for standing, each in ((one, places), (other, shuffled))
        )


def information(first: np.ndarray, second: np.ndarray) -> float:
    """Mutual information of two integer arrays, in bits."""
    joint = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(joint, (first, second), 1 / len(first))
    apart = joint.sum(1, keepdims=True) * joint.sum(0)
    there = joint > 0
    return float((joint[there] * np.log2(joint[there] / apart[there])).sum())


def test_a_prober_learns_nothing_from_the_pay_of_the_batch_probed() -> None:
    """20,000 good players with 12 batches behind them err on purpose at one place, to see whether it counts.

    Among those at the least share, who are nearly all, the pay of that batch holds no information about it. (Paid by
    the counts from after the batch, it would hold some, though much less than a bit, because the steps are coarse.)
    """
    rules, rng = Rules(), np.random.default_rng(0)
    standing = rules.start(20_000)
    for _ in range(12):
        asked = rules.comparisons(standing, rng).sum(1)
        right = rng.binomial(asked, 0.85)
        standing = rules.after(standing, right, asked - right)
    standing = standing.of(np.flatnonzero(standing.share == rules.floor[0]))
    counts = rules.comparisons(standing, rng)
    right = rng.binomial(counts[:, 1:].sum(1), 0.85)
    then = rules.after(standing, right, counts.sum(1) - right)
    probed = counts[:, 0].astype(int)
    before, after = (
        information(probed, reward(each.right, each.wrong)) for each in (standing, then)
    )
    none = [
        information(rng.permutation(probed), reward(standing.right, standing.wrong))
        for _ in range(50)
    ]
    assert len(probed) > 10_000
    assert before <= max(none)
    assert 10 * max(none) < after < 0.1
