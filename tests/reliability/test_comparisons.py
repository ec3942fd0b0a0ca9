import numpy as np

from gamelabel.reliability import bradley_terry, side_bias, wilson
from gamelabel.reliability.comparisons import largest_group
from tests.reliability.compared_items import comparisons


def test_side_bias() -> None:
    games = comparisons("a b left", "b a left", "b a right", "a b tie", "b a left")
    bias = side_bias(games)
    low, high = wilson(3, 4)
    assert bias == (0.75, low, high, 4)
    nothing = side_bias(comparisons("a b tie"))
    assert np.isnan(nothing.value) and nothing[1:] == (0, 1, 0)


def test_the_largest_group_has_a_ranking() -> None:
    rows = comparisons("x y left", "y x left", "z x tie", "p q left", "q p left", "p x left")
    group = largest_group(rows)
    assert group.index.tolist() == [0, 1, 2]
    assert set(bradley_terry(group)["item"]) == {"x", "y", "z"}
    assert largest_group(rows.head(0)).empty
    assert largest_group(comparisons("x y left", "y x left")).equals(rows.head(2))
