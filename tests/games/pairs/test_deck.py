from collections import Counter

import numpy as np
import pytest

from gamelabel.games.pairs.deck import Deck, draw_shared, stock_of, stock_order


def test_no_player_gets_a_point_twice_and_all_points_are_dealt_in_the_end() -> None:
    deck = Deck(50, np.random.default_rng(0))
    for player in range(3):
        hand = [deck.deal(player) for _ in range(50)]
        assert sorted(hand) == list(range(50))
        assert deck.deal(player) is None


def test_open_points_are_labelled_several_times_and_the_rest_once() -> None:
    """The paper has about 6,800 points and more than 1,100 with several labels, of 9,950."""
    deck = Deck(30_000, np.random.default_rng(1))
    served = Counter(deck.deal(player) for _ in range(50) for player in range(199))
    several = [labels for labels in served.values() if labels > 1]
    assert len(served) == pytest.approx(6800, rel=0.03) and len(several) == pytest.approx(
        1130, rel=0.06
    )
    assert max(several) <= 5 and np.mean(np.array(several) >= 3) > 0.95


def test_a_deck_of_more_points_deals_the_same_as_long_as_they_last() -> None:
    small, large = (Deck(n, np.random.default_rng(2)) for n in (400, 4000))
    served = [
        Counter(Counter(deck.deal(player) for _ in range(12) for player in range(40)).values())
        for deck in (small, large)
    ]
    assert served[0] == served[1]


def test_without_points_there_is_nothing_to_deal_and_shares_are_checked() -> None:
    assert Deck(0, np.random.default_rng(0)).deal(0) is None
    with pytest.raises(ValueError, match="shares in"):
        Deck(5, np.random.default_rng(0), shared_fraction=1.5)


def test_a_shared_point_is_closed_after_five_labels() -> None:
    """Everyone would rather have an open point: each of them gets five labels before the next."""
    deck = Deck(20, np.random.default_rng(3), shared_fraction=1, repeat_probability=1)
    served = [deck.deal(player) for player in range(50)]
    assert sorted(Counter(served).values()) == [5] * 10
    assert served == [point for point in dict.fromkeys(served) for _ in range(5)]


def test_a_point_that_is_not_shared_is_served_once_while_there_are_others() -> None:
    deck = Deck(30, np.random.default_rng(4), shared_fraction=0, repeat_probability=1)
    assert sorted(deck.deal(player) for player in range(30)) == list(range(30))
    assert deck.deal(30) is not None  # only now a closed point comes again


def test_the_rule_as_functions() -> None:
    assert [stock_of(n, shared=True, max_labels=2) for n in range(3)] == ["fresh", "open", "closed"]
    assert [stock_of(n, shared=False) for n in range(2)] == ["fresh", "closed"]
    assert stock_order(repeat=True)[0] == "open" and stock_order(repeat=False)[0] == "fresh"
    assert draw_shared(20_000, np.random.default_rng(5)).mean() == pytest.approx(0.17, abs=0.01)


def test_players_get_an_open_point_first_in_about_a_third_of_cases() -> None:
    """All points are shared and there are always fresh ones: what is not repeated is new."""
    deck = Deck(20_000, np.random.default_rng(6), shared_fraction=1)
    served = [deck.deal(player) for player in range(10_000)]
    assert 1 - len(set(served)) / len(served) == pytest.approx(0.32, abs=0.015)
