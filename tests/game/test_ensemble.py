import pandas as pd
import pytest

from gamelabel.game import beside, ensemble, simulate
from gamelabel.reliability import PAPER, numbers
from tests.game.worlds import world

PAIRS, TRUTH = world(300, 40)


def test_an_ensembles_rows_are_the_games_of_its_seeds() -> None:
    """Counts and accuracies do not depend on which image is better."""
    many = ensemble(PAIRS, numbers, range(4, 7), players=10)
    played = simulate(PAIRS, TRUTH, players=10, seed=5)
    assert list(many.index) == [4, 5, 6]
    assert many.loc[5].to_dict() == pytest.approx(numbers(played.labels, played.players, PAIRS))
    assert set(many.columns) == set(PAPER)


def test_numbers_stand_beside_the_papers() -> None:
    many = pd.DataFrame({"kept": [1.0, 2, 3, 4, 5]})
    row = beside({"kept": 3, "other": 9}, many, {"kept": 4}).iloc[0].to_dict()
    assert row == {"number": "kept", "paper": 4, "this": 3, "low": 1.4, "median": 3, "high": 4.6, "rank": 0.7}
