import numpy as np
import pandas as pd
import pytest

from gamelabel.figures import plot_estimates
from tests.figures.reading import errorbars, legend_names, row_names, texts

TABLE = pd.DataFrame(
    {"name": ["x", "y"], "value": [0.4, 0.6], "low": [0.3, 0.5], "high": [0.5, 0.8], "n": [9, 1200]}
)


def test_rows_stand_in_order_with_their_numbers(ax):
    assert plot_estimates(ax, TABLE, "share", unit="percent") is ax
    assert row_names(ax) == ["x (9)", "y (1,200)"]
    (rows,) = errorbars(ax).values()
    np.testing.assert_allclose(rows, [[0.4, 0.3, 0.5], [0.6, 0.5, 0.8]])
    ax.figure.canvas.draw()
    assert "40%" in [label.get_text() for label in ax.get_xticklabels()]


def test_points_are_hundredths(ax):
    plot_estimates(ax, TABLE, "change", {"base": 0}, "points")
    ax.figure.canvas.draw()
    assert {"0", "40"} <= {label.get_text() for label in ax.get_xticklabels()}
    assert texts(ax) == ["base"] and ax.lines[-1].get_xdata()[0] == 0


def test_series_share_their_rows_by_name(ax):
    first, second = TABLE.set_index("name"), TABLE.set_index("name")[::-1]
    plot_estimates(ax, {"series a": first, "series b": second}, "share")
    rows = errorbars(ax)
    np.testing.assert_allclose(rows["series a"], rows["series b"])
    assert legend_names(ax) == ["series a", "series b"] and len(row_names(ax)) == 2


def test_an_estimate_without_an_interval_or_value_is_drawn_as_far_as_it_goes(ax):
    table = pd.DataFrame({"value": [0.4, np.nan], "low": np.nan, "high": np.nan}, index=["x", "y"])
    plot_estimates(ax, table, "share", {"chance": 0.0, "ceiling": 0.9}, show_values=True)
    assert texts(ax) == ["0.400"] and legend_names(ax) == ["chance", "ceiling"]
    ax.figure.canvas.draw()


@pytest.mark.parametrize("estimates", [TABLE[:0], TABLE.assign(value=np.nan), {}])
def test_without_values_a_figure_says_that_there_is_no_data(ax, estimates):
    plot_estimates(ax, estimates, "share", {"chance": 0.5})
    assert texts(ax) == ["no data"] and not ax.has_data()
