import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.pairs import SERVICE_RULES, Posterior, Rules, pay_level
from gamelabel.games.pairs.pay import REVIEW_PROBABILITY, START_LEVEL, reviewed_level


def test_pay_rises_in_few_steps_with_the_smoothed_accuracy() -> None:
    """A new player stands at the prior's 0.74, between the second step and the third."""
    right, wrong = np.array([0, 1, 5, 20, 0, 0]), np.array([0, 0, 0, 0, 1, 20])
    assert pay_level(right, wrong).tolist() == [2, 3, 3, 4, 1, 0]
    assert pay_level(np.zeros((2, 3)), np.zeros((2, 3))).shape == (2, 3)
    with pytest.raises(ValueError, match="steps of pay must rise"):
        pay_level(right, wrong, steps=(0.7, 0.6))


def test_each_step_is_where_the_level_rises() -> None:
    """Without a prior the accuracy is the share itself; a step that is just reached counts."""
    right = np.array([59, 60, 67, 68, 75, 76, 83, 84, 100])
    levels = [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert pay_level(right, 100 - right, prior=(0, 0)).tolist() == levels
    assert pay_level(np.array([50]), np.array([50]), steps=(0.5,), prior=(0, 0)).item() == 1


def test_the_prior_is_ten_answers_at_the_papers_mean_accuracy() -> None:
    """Each wrong answer of a new player lowers the smoothed accuracy from 7.4 of 10."""
    wrong = np.arange(4)
    smoothed = 7.4 / (10 + wrong)  # 0.74, 0.673, 0.617, 0.569
    expected = [sum(value >= step for step in (0.6, 0.68, 0.76, 0.84)) for value in smoothed]
    assert pay_level(0 * wrong, wrong).tolist() == expected == [2, 1, 1, 0]


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_right_answers_never_lower_pay_and_one_answer_changes_an_experienced_player_by_one_level(
    right, wrong
) -> None:
    now, better, worse = (
        pay_level(np.array(r), np.array(w))
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
    """Shuffle, in each batch, which answers are right together with which places count."""
    rules = Rules()
    first = second = rules.start()
    for answers, mask in batches:
        places = [(right, bool(mask >> i & 1)) for i, right in enumerate(answers)]
        assert pay_level(first.right, first.wrong) == pay_level(second.right, second.wrong)
        shuffled = shuffle.sample(places, 5)
        first, second = (
            rules.update(
                standing,
                np.array([sum(right for right, counts in answers if counts)]),
                np.array([sum(not right for right, counts in answers if counts)]),
            )
            for standing, answers in ((first, places), (second, shuffled))
        )


def information(first: np.ndarray, second: np.ndarray) -> float:
    """Mutual information of two integer arrays, in bits."""
    joint = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(joint, (first, second), 1 / len(first))
    apart = joint.sum(1, keepdims=True) * joint.sum(0)
    possible = joint > 0
    return float((joint[possible] * np.log2(joint[possible] / apart[possible])).sum())


def test_a_prober_learns_nothing_from_the_pay_of_the_batch_probed() -> None:
    """20,000 good players, after 12 batches, answer one place wrongly to see whether it counts.

    Among those at the least share, which nearly all have, the pay of that batch has no information
    about it. Paid by the counts from after the batch, it would have some, though much less than a
    bit, because the steps are coarse.
    """
    rules, rng = Rules(), np.random.default_rng(0)
    standing = rules.start(20_000)
    for _ in range(12):
        n_comparisons = rules.draw_comparisons(standing, rng).sum(1)
        right = rng.binomial(n_comparisons, 0.85)
        standing = rules.update(standing, right, n_comparisons - right)
    standing = standing.select(np.flatnonzero(standing.share == rules.share_floor[0]))
    counts = rules.draw_comparisons(standing, rng)
    right = rng.binomial(counts[:, 1:].sum(1), 0.85)
    then = rules.update(standing, right, counts.sum(1) - right)
    probed = counts[:, 0].astype(int)
    before, after = (
        information(probed, pay_level(state.right, state.wrong)) for state in (standing, then)
    )
    none = [
        information(rng.permutation(probed), pay_level(standing.right, standing.wrong))
        for _ in range(50)
    ]
    assert len(probed) > 10_000
    assert before <= max(none)
    assert 10 * max(none) < after < 0.1


def test_a_review_moves_pay_by_one_level_and_only_past_a_margin() -> None:
    """A smoothed accuracy of 0.845 is past the step at 0.84, but not by 0.01."""
    right, wrong = np.array([77.1, 177.1, 0]), np.array([12.9, 12.9, 90])
    smoothed = (right + 7.4) / (right + wrong + 10)
    assert smoothed.round(3).tolist() == [0.845, 0.922, 0.074]
    assert reviewed_level([3, 3, 3], right, wrong, np.zeros(3)).tolist() == [3, 4, 2]
    assert reviewed_level([4, 4, 0], right, wrong, np.zeros(3)).tolist() == [4, 4, 0]
    not_reviewed = np.full(3, REVIEW_PROBABILITY)
    assert reviewed_level([3, 3, 3], right, wrong, not_reviewed).tolist() == [3, 3, 3]


def test_honest_players_are_paid_as_before() -> None:
    """The service's pay over 100 labels is within 5 % of pay at once for good players."""
    for accuracy in (0.8, 0.85, 0.9, 0.95, 1.0):
        before = mean_pay(Rules(gate=Posterior()), accuracy, at_once=True)
        assert mean_pay(SERVICE_RULES, accuracy, at_once=False) == pytest.approx(before, rel=0.05)


def mean_pay(rules: Rules, accuracy: float, at_once: bool, players: int = 2000) -> float:
    """Return the mean pay of players for 20 batches, in steps of a level."""
    rng = np.random.default_rng(0)
    standing, total = rules.start(players, rng.random(players)), np.zeros(players)
    level = np.full(players, START_LEVEL)
    for _ in range(20):
        if at_once:
            level = pay_level(standing.right, standing.wrong)
        total += ~standing.removed * (level + 1)
        answered = rules.draw_comparisons(standing, rng).sum(1) * ~standing.removed
        right = rng.binomial(answered, accuracy)
        standing = rules.update(standing, right, answered - right)
        if not at_once:
            is_examined = standing.right + standing.wrong >= standing.exam
            draws = rng.random(players)
            reviewed = reviewed_level(level, standing.right, standing.wrong, draws)
            level = np.where(is_examined, reviewed, level)
    return float(total.mean())
