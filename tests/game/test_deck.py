from collections import Counter

import numpy as np
import pytest

from gamelabel.game import Deck


def test_no_player_gets_a_point_twice_and_all_points_are_dealt_in_the_end() -> None:
    deck = Deck(50, np.random.default_rng(0))
    for player in range(3):
        hand = [deck.deal(player) for _ in range(50)]
        assert sorted(hand) == list(range(50))
        assert deck.deal(player) is None


def test_the_pool_is_served_again_evenly_and_the_rest_once() -> None:
    """At the paper's counts: 9,950 labels on 6,800 points, more than 1,100 of them labelled more than once."""
    deck = Deck(6800, np.random.default_rng(1))
    served = Counter(deck.deal(player) for _ in range(50) for player in range(199))
    assert 6700 < len(served) <= 6800
    again = [n for n in served.values() if n > 1]
    assert 1100 < len(again) <= 1130
    assert max(again) - min(again) <= 2


def test_without_points_there_is_nothing_to_deal_and_shares_are_checked() -> None:
    assert Deck(0, np.random.default_rng(0)).deal(0) is None
    with pytest.raises(ValueError, match="shares in"):
        Deck(5, np.random.default_rng(0), pool=1.5)
