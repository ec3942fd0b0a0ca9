import numpy as np
import pandas as pd

from gamelabel.figures.preference_figures import plot_changes_by_flip, plot_win_matrix
from tests.figures.reading import legend_names, row_names, texts


def test_the_win_matrix_stands_in_order_with_undecided_shares_in_grey(ax):
    rows = [("b", "b", np.nan), ("b", "a", 0.25), ("a", "b", 0.75), ("a", "a", 0.5)]
    matrix = pd.DataFrame(rows, columns=["first", "second", "value"])
    matrix = matrix.assign(low=[np.nan, 0.2, 0.7, 0.4], high=[np.nan, 0.3, 0.8, 0.6])
    assert plot_win_matrix(ax, matrix) is ax
    assert row_names(ax) == ["b", "a"] and texts(ax) == ["-", "25", "75", "50"]
    colors = [text.get_color() for text in ax.texts]
    assert colors == ["#777777", "black", "black", "#777777"]


def test_changes_by_flip_have_a_line_for_each_loss(ax):
    rows = [(0.3, "DPO", 0.0), (0.0, "DPO", 0.02), (0.3, "robust", 0.01)]
    changes = pd.DataFrame(rows, columns=["flip", "loss", "value"])
    changes = changes.assign(low=changes.value - 0.01, high=changes.value + 0.01)
    plot_changes_by_flip(ax, changes)
    assert legend_names(ax) == ["base", "DPO", "robust"]
    assert ax.containers[0].lines[0].get_ydata().tolist() == [0.02, 0.0]
    ends = [segment[:, 1] for segment in ax.containers[0].lines[2][0].get_segments()]
    np.testing.assert_allclose(ends, [[0.01, 0.03], [-0.01, 0.01]])
