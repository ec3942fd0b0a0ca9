"""Rankings of models by votes: their agreement with the fit, when the order is decided, choices."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from gamelabel.games.annotation.model_ranking import rank_models
from gamelabel.games.annotation.model_ranking_choice import choose_comparisons
from gamelabel.reliability.bradley_terry_fit import fit_bradley_terry

NAMES = ["zebra", "ant", "mole", "bee"]  # not in alphabetical order
ABILITY = np.array([0.0, 2.0, -1.0, 1.0])


def simulated_counts(votes_each: int, seed: int = 0) -> NDArray[np.int64]:
    """SIMULATED votes on every ordered pair of models."""
    rng, n = np.random.default_rng(seed), len(NAMES)
    counts = np.zeros((n, n, 3), np.int64)
    for i in range(n):
        for j in set(range(n)) - {i}:
            chance = 0.9 / (1 + np.exp(ABILITY[j] - ABILITY[i]))
            counts[i, j] = rng.multinomial(votes_each, [0.9 - chance, 0.1, chance])
    return counts


def test_the_ranking_is_the_fit_of_the_same_votes_one_by_one() -> None:
    counts = simulated_counts(20)
    rows = [
        {"left": NAMES[i], "right": NAMES[j], "winner": winner}
        for i, j, outcome in np.argwhere(counts)
        for winner in [["right", "tie", "left"][outcome]] * counts[i, j, outcome]
    ]
    fit = fit_bradley_terry(pd.DataFrame(rows), ties="davidson", home=True, prior_sd=1.0)
    ranking = rank_models(NAMES, counts)
    columns = ["ability", "low", "high", "wins"]
    assert ranking.table["model"].tolist() == fit.abilities["item"].tolist()
    assert np.allclose(ranking.table[columns], fit.abilities[columns])
    assert np.allclose([*ranking.side, *ranking.tie], [*fit.home, *fit.tie])


def test_many_votes_decide_the_order_and_few_do_not() -> None:
    many = rank_models(NAMES, simulated_counts(200))
    assert many.table["model"].tolist() == ["ant", "bee", "zebra", "mole"]
    assert many.order_confidence > 0.99
    assert many.table["rank_low"].tolist() == many.table["rank_high"].tolist() == [1, 2, 3, 4]
    few = rank_models(NAMES, simulated_counts(1))
    assert few.order_confidence < 0.8
    assert (few.table["rank_low"] <= few.table["rank"]).all()
    assert (few.table["rank"] <= few.table["rank_high"]).all()
    nothing = rank_models(NAMES, np.zeros((4, 4, 3), np.int64))
    assert nothing.order_confidence == 0
    assert nothing.table["votes"].sum() == 0


def test_models_that_were_never_compared_leave_the_order_open() -> None:
    counts = simulated_counts(500)
    counts[:2, 2:] = counts[2:, :2] = 0  # two groups
    ranking = rank_models(NAMES, counts)
    assert not ranking.connected
    assert ranking.order_confidence == 0
    assert "2 groups were never compared with each other" in ranking.separation
    counts[0, 2] = counts[2, 0] = 0, 0, 0
    counts[0, 2, 2] = 5  # one group wins all: an order, but no distance
    ranking = rank_models(NAMES, counts)
    assert ranking.connected
    assert "all wins go one way" in ranking.separation


def test_votes_on_one_side_alone_and_ties_alone_have_a_ranking() -> None:
    for outcome in range(3):
        counts = np.zeros((4, 4, 3), np.int64)
        counts[0, 1, outcome] = counts[2, 3, outcome] = 3
        ranking = rank_models(NAMES, counts)
        assert np.isfinite(ranking.table[["ability", "low", "high"]]).all(axis=None)


def test_a_model_beside_itself_is_an_error() -> None:
    counts = np.zeros((4, 4, 3), np.int64)
    counts[1, 1, 0] = 1
    with pytest.raises(ValueError, match="none of a model beside itself"):
        rank_models(NAMES, counts)


def test_votes_go_to_the_neighbors_whose_order_is_open() -> None:
    counts = simulated_counts(200)
    counts[1, 3] = counts[3, 1] = 0  # ant and bee, whom the others cannot tell apart
    counts[[1, 3], 0] = counts[[1, 3], 2] = 10, 0, 90
    counts[0, [1, 3]] = counts[2, [1, 3]] = 90, 0, 10
    chosen = choose_comparisons(rank_models(NAMES, counts), 20, np.random.default_rng(0))
    assert chosen.count((1, 3)) > 15


def test_at_the_start_every_model_is_chosen_soon() -> None:
    nothing = rank_models(NAMES, np.zeros((4, 4, 3), np.int64))
    chosen = choose_comparisons(nothing, 24, np.random.default_rng(0))
    assert {model for pair in chosen for model in pair} == {0, 1, 2, 3}
    assert all(i < j for i, j in chosen)
