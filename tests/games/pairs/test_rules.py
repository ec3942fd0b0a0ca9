import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.pairs import Rules, Threshold

COUNTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=60)


def test_the_threshold_gate_waits_and_then_removes_players_below_it() -> None:
    right = np.array([0, 9, 9, 10, 62, 63])
    wrong = np.array([14, 5, 6, 5, 38, 37])
    assert Threshold().removes(right, wrong).tolist() == [False, False, True, False, True, False]


def test_an_accuracy_equal_to_the_threshold_is_sufficient() -> None:
    rules = Rules(good_accuracy=0.8)
    assert rules.update(rules.start(), np.array([4]), np.array([1])).share.item() == 0.818
    assert not Threshold(0.5, 10).removes(np.array([5]), np.array([5])).item()


def test_a_new_player_gets_comparison_points_only() -> None:
    rules = Rules()
    assert (
        rules.draw_comparisons(rules.start(3), np.random.default_rng(0)).tolist()
        == [[True] * 5] * 3
    )


def test_the_share_falls_with_good_answers_to_the_floor_and_rises_with_bad_ones() -> None:
    rules = Rules()
    standing = rules.start()
    shares = []
    for _ in range(11):
        standing = rules.update(standing, np.array([5]), np.array([0]))
        shares.append(standing.share.item())
    assert shares[:3] == pytest.approx([0.818, 0.818**2, 0.818**3])
    assert shares[-2:] == [0.163, 0.163]
    standing = rules.update(standing, np.array([0]), np.array([31]))
    assert standing.share.item() == pytest.approx(0.163 / 0.818) and not standing.removed.item()
    standing = rules.update(standing, np.array([0]), np.array([2]))
    assert standing.removed.item()  # 55 of 88


def test_a_batch_without_comparison_points_moves_the_share_as_all_answers_so_far_do() -> None:
    rules = Rules()
    good = rules.update(rules.start(), np.array([4]), np.array([1]))
    assert rules.update(good, np.array([0]), np.array([0])).share.item() == pytest.approx(0.818**2)
    assert rules.update(rules.start(), np.array([0]), np.array([0])).share.item() == 1.0


def test_comparison_points_come_at_the_share_in_every_place_of_the_batch() -> None:
    standing = Rules().start(40_000)._replace(share=np.full(40_000, 0.1))
    comparisons = Rules().draw_comparisons(standing, np.random.default_rng(1))
    assert comparisons.shape == (40_000, 5)
    assert np.abs(comparisons.mean(0) - 0.213).max() < 4 * np.sqrt(0.213 * 0.787 / 40_000)


@settings(deadline=None)  # the first call may be slow
@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_updating_all_players_equals_updating_each_and_removal_is_final(histories) -> None:
    """The simulation puts all players to the rules at once, a server one at a time."""
    rules = Rules()
    length = min(map(len, histories))
    together = rules.start(len(histories))
    alone = [rules.start() for _ in histories]
    for t in range(length):
        right, wrong = np.array([h[t] for h in histories]).T
        before = together.removed
        together = rules.update(together, right, wrong)
        alone = [rules.update(s, right[[i]], wrong[[i]]) for i, s in enumerate(alone)]
        assert (together.removed | ~before).all()
        assert ((together.share >= rules.share_floor[0]) & (together.share <= 1)).all()
    for i, one in enumerate(alone):
        assert [values[i] for values in together] == [values[0] for values in one]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Rules(batch_size=0),
        lambda: Rules(share_factor=0),
        lambda: Rules(share_floor=(0.2, 2)),
        lambda: Threshold(1.2),
    ],
)
def test_invalid_rules_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="need"):
        wrong()
