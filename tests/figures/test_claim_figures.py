import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from gamelabel.figures import claim_figures
from gamelabel.figures.style import BLUE, GREY, VERMILION
from tests.figures.reading import legend_names, row_names, texts

VALUES = pd.DataFrame(
    {
        "id": ["near_it", "far_off", "open"],
        "paper": ["P", "P", "Q"],
        "value": [1.0, 7.0, 1.5],
        "low": [0.9, 6.0, 0.5],
        "high": [1.1, 8.0, 2.5],
        "least": 0.9,
        "most": 1.1,
        "verdict": ["matches in simulation", "differs", "undecided"],
        "ours": ["10", "70", "15"],
        "against": "paper: 10",
    }
)


def marks(ax) -> list:
    markers = [line for line in ax.lines if line.get_marker() in "osD<>" and len(line.get_xdata())]
    return [(line.get_marker(), float(line.get_xdata()[0]), line.get_color()) for line in markers]


def test_a_value_far_off_is_an_arrow_at_the_edge(ax):
    claim_figures.plot_claim_values(ax, VALUES)
    assert marks(ax) == [("o", 1.0, BLUE), (">", 1.96, VERMILION), ("D", 1.5, GREY)]
    assert row_names(ax) == ["P", "near it", "far off", "Q", "open"]
    assert texts(ax) == ["10  (paper: 10)", "70  (paper: 10)", "15  (paper: 10)"]
    assert [bar.get_x() for bar in ax.patches[:3]] == [0.9] * 3
    assert {"matches in simulation", "differs", "undecided", "accepted"} <= set(legend_names(ax))
    dots = [line for line in ax.lines if line.get_marker() in "osD>" and len(line.get_xdata())]
    hollow = [dot.get_markerfacecolor() == "white" for dot in dots]
    assert hollow == [True, False, False]  # of simulated data
    assert [dot.get_ydata()[0] for dot in dots] == [3, 2, 0]  # below the papers' names


def test_directions_are_accepted_right_of_zero(ax):
    claim_figures.plot_claim_directions(ax, VALUES.assign(value=[1.0, -9.0, 0.0]))
    assert [mark[:2] for mark in marks(ax)] == [("o", 1.0), ("<", -5.76), ("D", 0.0)]
    band = ax.patches[0]
    assert (band.get_x(), band.get_width()) == (0, 6)


def test_the_tail_counts_players_with_more_labels(ax):
    claim_figures.plot_label_tail(ax, [5, 40, 10, 300], 87, 194, 2000)
    x, y = ax.lines[0].get_data()
    assert [y[np.searchsorted(x, at, side="right") - 1] for at in (5, 10, 40, 300)] == [
        0.75,
        0.5,
        0.25,
        0,
    ]


def test_accuracy_by_labels_tells_removed_players_by_color(ax):
    players = pd.DataFrame(
        {
            "accuracy": [0.9, 0.5, np.nan],
            "labels": [20, 30, 1],
            "state": ["active", "removed", "active"],
        }
    )
    claim_figures.plot_accuracy_by_labels(ax, players, 0.74, 0.83)
    points = ax.collections[0]
    assert np.asarray(points.get_offsets()).tolist() == [[20, 0.9], [30, 0.5]]
    assert [to_hex(color) for color in points.get_facecolors()] == [BLUE, VERMILION]
    assert legend_names(ax)[:2] == ["active (1)", "removed (1)"]


def test_without_claims_or_players_figures_say_that_there_is_no_data():
    players = pd.DataFrame({"accuracy": [np.nan], "labels": [3], "state": ["active"]})
    axes = Figure().subplots(1, 4)
    claim_figures.plot_claim_values(axes[0], pd.DataFrame())
    claim_figures.plot_claim_directions(axes[1], pd.DataFrame())
    claim_figures.plot_label_tail(axes[2], [], 87, 194, 2000)
    claim_figures.plot_accuracy_by_labels(axes[3], players, 0.74, 0.83)
    for ax in axes:
        assert texts(ax) == ["no data"] and not ax.has_data()
