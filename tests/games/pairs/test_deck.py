from collections import Counter

import numpy as np
import pytest

from gamelabel.games.pairs import Deck


def test_no_player_gets_a_point_twice_and_all_points_are_dealt_in_the_end() -> None:
    deck = Deck(50, np.random.default_rng(0))
    for player in range(3):
        hand = [deck.deal(player) for _ in range(50)]
        assert sorted(hand) == list(range(50))
        assert deck.deal(player) is None


def test_open_points_are_labelled_several_times_and_the_rest_once() -> None:
    """At the paper's counts: 9,950 labels on about 6,800 points, more than 1,100 of them labelled more than once."""
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
        Deck(5, np.random.default_rng(0), shared=1.5)
