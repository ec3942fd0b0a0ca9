import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gamelabel import figures
from gamelabel.reliability import Estimate, participation
from gamelabel.reliability.worker_accuracy import accuracy_table

NAN = float("nan")
VOTES = pd.DataFrame({"pair_id": ["x", "y", "z"], "votes_a": [1, 2, 0], "votes_b": [0, 1, 2]})
BESIDE = pd.DataFrame(
    {
        "number": ["kept", "share_of"],
        "paper": [10, 0.5],
        "this": [9, 0.5],
        "low": [8, 0.4],
        "median": [9, 0.5],
        "high": [11, 0.6],
    }
)
TABLE = accuracy_table([4, 9, 0], [5, 10, 0]).assign(labels=[20, 300, 4])
SHARED = participation([1, 5, 20])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("beside_paper", (BESIDE,)),
        ("labels_per_player", ([3, 1, 40],)),
        ("lorenz", (SHARED.lorenz, SHARED.gini)),
        ("labels_per_point", (VOTES,)),
        ("accuracy_by_player", (TABLE, 0.85, 0.87)),
        (
            "estimates",
            (
                {"one": Estimate(0.4, 0.3, 0.5, 9), "two": Estimate(NAN, NAN, NAN, 0)},
                {"chance": 0.0},
            ),
        ),
    ],
)
def test_a_figure_draws_on_its_axes_and_returns_them(name: str, given: tuple) -> None:
    ax = Figure().subplots()
    assert getattr(figures, name)(ax, *given) is ax
    assert ax.has_data()
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("labels_per_player", ([],)),
        ("lorenz", (participation([]).lorenz, NAN)),
        ("labels_per_point", (VOTES.head(0),)),
        ("accuracy_by_player", (TABLE.head(0), NAN, NAN)),
        ("estimates", ({}, {})),
    ],
)
def test_figures_without_labels_are_empty(name: str, given: tuple) -> None:
    ax = Figure().subplots()
    assert getattr(figures, name)(ax, *given) is ax
    ax.figure.canvas.draw()


def test_points_with_different_labels_are_separate_bars() -> None:
    ax = figures.labels_per_point(Figure().subplots(), VOTES)
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert np.array(heights).tolist() == [[1, 1, 0], [0, 0, 1]]
