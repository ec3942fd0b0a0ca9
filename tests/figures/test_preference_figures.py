import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gamelabel.figures.preference_figures import (
    plot_aggregations,
    plot_arms,
    plot_changes_by_flip,
    plot_win_matrix,
)
from tests.figures.reading import errorbars, legend_names, row_names, texts


def test_the_win_matrix_stands_in_order_with_decided_shares_in_bold(ax):
    rows = [("b", "b", np.nan), ("b", "a", 0.25), ("a", "b", 0.75), ("a", "a", 0.5)]
    matrix = pd.DataFrame(rows, columns=["first", "second", "value"])
    matrix = matrix.assign(low=[np.nan, 0.2, 0.7, 0.4], high=[np.nan, 0.3, 0.8, 0.6])
    assert plot_win_matrix(ax, matrix) is ax
    assert row_names(ax) == ["b", "a"] and texts(ax) == ["-", "25", "75", "50"]
    weights = [text.get_fontweight() for text in ax.texts]
    assert weights == ["normal", "bold", "bold", "normal"]


def test_changes_by_flip_have_a_line_for_each_loss(ax):
    rows = [(0.3, "DPO", 0.0), (0.0, "DPO", 0.02), (0.3, "robust", 0.01)]
    changes = pd.DataFrame(rows, columns=["flip", "loss", "value"])
    changes = changes.assign(low=changes.value - 0.01, high=changes.value + 0.01)
    plot_changes_by_flip(ax, changes)
    assert legend_names(ax) == ["base", "DPO", "robust"]
    assert ax.containers[0].lines[0].get_ydata().tolist() == [0.02, 0.0]
    ends = [segment[:, 1] for segment in ax.containers[0].lines[2][0].get_segments()]
    np.testing.assert_allclose(ends, [[0.01, 0.03], [-0.01, 0.01]])


def test_without_a_share_of_wrong_labels_there_is_no_data(ax):
    plot_changes_by_flip(ax, pd.DataFrame(columns=["flip", "loss", "value", "low", "high"]))
    assert texts(ax) == ["no data"]


def test_arms_have_adherence_on_the_left_and_quality_on_the_right():
    columns = ["arm", "value", "low", "high", "quality", "quality_low", "quality_high"]
    rows = [("DPO", 0.02, 0.01, 0.03, -1.0, -2.0, 1.0), ("control", 0.0, -0.1, 0.1, 2.0, 1.0, 3.0)]
    axes = Figure().subplots(1, 2, sharey=True)
    plot_arms(axes, pd.DataFrame(rows, columns=columns))
    assert row_names(axes[0]) == ["DPO", "random image of a pair"]
    for ax, expected in zip(axes, ([r[1:4] for r in rows], [r[4:] for r in rows]), strict=True):
        np.testing.assert_allclose(next(iter(errorbars(ax).values())), expected)


def test_aggregations_share_their_rows_and_the_first_has_no_gain():
    def table(*rows):
        columns = ["method", "value", "low", "high", "n"]
        return pd.DataFrame(rows, columns=columns).set_index("method")

    right = table(("majority", 0.8, 0.7, 0.9, 5), ("glad", 0.9, 0.8, 1.0, 5))
    change = table(("majority", 0.0, -0.1, 0.1, 5), ("glad", 0.1, 0.0, 0.2, 5))
    gain = table(("glad", 0.1, 0.05, 0.15, 5))
    axes = Figure().subplots(1, 3, sharey=True)
    plot_aggregations(axes, right, change, gain)
    assert row_names(axes[0]) == ["majority vote", "GLAD"]
    (line,) = [container.lines[0] for container in axes[2].containers]
    np.testing.assert_allclose(line.get_xydata(), [(np.nan, 1.0), (0.1, 0.0)])
    assert axes[2].get_xlabel() == "gain over majority vote\n(percentage points)"


def test_without_aggregations_there_are_no_data():
    empty = pd.DataFrame(columns=["value", "low", "high", "n"])
    axes = Figure().subplots(1, 3)
    plot_aggregations(axes, empty, empty, empty)
    assert [texts(ax) for ax in axes] == [["no data"]] * 3
