import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gamelabel.figures import label_figures
from gamelabel.games.pairs import Rules
from gamelabel.games.pairs.operating_curve import operating_curves
from tests.figures.reading import dots, errorbars, legend_names, row_names, texts

VOTES = pd.DataFrame({"pair_id": ["x", "y", "z"], "votes_a": [1, 2, 0], "votes_b": [0, 1, 2]})


def test_operating_curves_of_each_rule():
    rules = {"one": Rules(), "other": Rules(share_floor=(0.5, 0.5))}
    curves = operating_curves(rules, [0.5, 0.8], labels=50, players=20)
    left, right = label_figures.plot_operating_curves(Figure().subplots(1, 2), curves)
    assert legend_names(left) == ["one", "other"]
    for k, rule in enumerate(rules):
        rows = curves[curves.rule == rule]
        assert left.lines[k].get_ydata().tolist() == rows.removed.tolist()
        assert right.lines[k].get_ydata().tolist() == rows.comparisons.tolist()
        band = left.collections[k].get_paths()[0].vertices[:, 1]
        assert (band.min(), band.max()) == (rows.low.min(), rows.high.max())


def test_kinds_of_players_stand_in_order_with_a_dot_for_each_rule(ax):
    table = pd.DataFrame(
        {
            "rule": ["one", "one", "other", "other"],
            "kind": ["honest", "bot"] * 2,
            "removed": [0.1, 1.0, 0.2, 0.9],
            "low": [0.0, 0.9, 0.1, 0.8],
            "high": [0.2, 1.0, 0.3, 1.0],
            "right": [0.8, 0.5, 0.8, np.nan],
        }
    )
    assert label_figures.plot_removed_by_kind(ax, table) is ax
    assert row_names(ax) == ["honest (80%)", "always guesses (50%)"]
    values = {name: rows[:, 0].tolist() for name, rows in errorbars(ax).items()}
    assert values == {"one": [0.1, 1.0], "other": [0.2, 0.9]}


def test_the_busiest_players_are_in_color(ax):
    label_figures.plot_labels_per_player(ax, [3, 1, 40], top=1)
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [[40], [3, 1]]
    assert legend_names(ax) == ["busiest 1: 91% of all labels", "all others"]


def test_points_on_which_labels_differ_stand_apart(ax):
    label_figures.plot_labels_per_point(ax, VOTES)
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert sorted(heights) == [[0, 0, 1], [1, 1, 0]]
    assert legend_names(ax) == ["labels on both sides", "all labels agree"]


def test_an_ensemble_is_over_the_papers_number(ax):
    table = pd.DataFrame(
        {
            "number": ["kept", "top16_share"],
            "paper": [10, 0.5],
            "this": [9, 0.5],
            "low": [8, 0.4],
            "median": [9, 0.5],
            "high": [11, 0.6],
        }
    )
    assert label_figures.plot_ensemble(ax, table) is ax
    assert row_names(ax) == ["labels kept as data (10)", "share of the busiest 16 (0.50)"]
    np.testing.assert_allclose(dots(ax, "this run"), [[0.9, 1], [1, 0]])
    spans = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    np.testing.assert_allclose(spans, [[0.8, 1.1], [0.8, 1.2]])


def test_without_labels_figures_say_that_there_is_no_data(ax):
    other = Figure().subplots()
    label_figures.plot_labels_per_player(ax, [])
    only_ties = VOTES.assign(votes_a=0, votes_b=0)
    label_figures.plot_labels_per_point(other, only_ties)
    no_game = Figure().subplots()
    numbers = {"number": ["kept"], "paper": [10.0], "this": [9.0]}
    table = pd.DataFrame(numbers).assign(low=np.nan, median=np.nan, high=np.nan)
    label_figures.plot_ensemble(no_game, table)
    for empty in (ax, other, no_game):
        assert texts(empty) == ["no data"] and not empty.has_data()


def test_labels_of_one_size_have_a_linear_axis(ax):
    label_figures.plot_labels_per_player(ax, [15, 14, 9])
    assert ax.get_yscale() == "linear"
    assert all(tick == round(tick) for tick in ax.get_yticks())
    busy = Figure().subplots()
    assert label_figures.plot_labels_per_player(busy, [300, 3, 1]).get_yscale() == "log"
