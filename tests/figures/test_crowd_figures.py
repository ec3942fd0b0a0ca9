import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gamelabel.figures import crowd_figures
from gamelabel.reliability import bradley_terry
from tests.figures.reading import dots, errorbars, legend_names, row_names, texts


def test_two_means_in_the_order_given(ax):
    table = pd.DataFrame({"mean": [0.8, 0.7, 0.6], "weighted": [0.7, 0.75, 0.6]}, index=[*"bac"])
    assert crowd_figures.plot_two_means(ax, table) is ax and row_names(ax) == ["b", "a", "c"]
    assert dots(ax, "mean of workers")[:, 0].tolist() == [0.8, 0.7, 0.6]
    assert dots(ax, "mean by label")[:, 0].tolist() == [0.7, 0.75, 0.6]
    crowd_figures.plot_two_means(Figure().subplots(), table[:0])


def test_methods_are_measured_from_the_majority(ax):
    accuracy = pd.DataFrame({"majority": [0.8, 0.9], "glad": [0.85, 0.88]}, index=["a", "b"])
    crowd_figures.plot_method_gains(ax, accuracy, {"a": 0.9})
    assert row_names(ax) == ["a (80.0%)", "b (90.0%)"]
    np.testing.assert_allclose(dots(ax, "glad")[:, 0], [0.05, -0.02])
    bars = next(line for line in ax.lines if line.get_marker() == "|" and len(line.get_xdata()))
    np.testing.assert_allclose(bars.get_xdata(), [0.1, np.nan])


def test_costs_fill_the_labels_of_each_crowd(ax):
    table = pd.DataFrame(
        {"spent": [0.2, 0.5], "lost": [0.3, 0.0], "removed": [0.25, 0.0]}, index=["a", "b"]
    )
    crowd_figures.plot_gate_costs(ax, table)
    ax.figure.canvas.draw()
    widths = np.array([[bar.get_width() for bar in bars] for bars in ax.containers])
    np.testing.assert_allclose(widths.sum(0), 1)
    np.testing.assert_allclose(sorted(widths[:, 0]), [0.2, 0.3, 0.5])
    kept = next(bars for bars in ax.containers if bars[0].get_x() == 0)
    assert [bar.get_width() for bar in kept] == [0.5, 0.5]
    assert legend_names(ax) == [
        "kept as data",
        "spent on comparison points",
        "never given: worker removed",
    ]
    assert row_names(ax) == ["a", "b"]
    assert texts(ax) == ["25% of workers removed", "0% of workers removed"]


def test_gains_have_an_interval_for_each_gate(ax):
    low, middle, high = (
        pd.DataFrame({"x": [v, 1.0], "y": [v, 1.0]}, index=["a", "b"]) for v in (-1.0, 0.0, 3.0)
    )
    crowd_figures.plot_gate_gains(ax, low, middle, high)
    assert row_names(ax) == ["a", "b"] and list(errorbars(ax)) == ["x", "y"]
    assert errorbars(ax)["x"].tolist() == [[0, -1, 3], [1, 1, 1]]
    crowd_figures.plot_gate_gains(Figure().subplots(), *[t[:0] for t in (low, middle, high)])


def test_many_abilities_show_both_ends(ax):
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 30, (3000, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    winner = np.where(rng.random(len(pairs)) < 0.5, "left", "right")
    compared = pd.DataFrame({"left": pairs[:, 0], "right": pairs[:, 1], "winner": winner})
    table = bradley_terry(compared)
    crowd_figures.plot_abilities(ax, table)
    shown = [name.split(" ")[0] for name in row_names(ax)]
    assert shown == [str(item) for item in [*table["item"][:6], *table["item"][-6:]]]
    assert f"{len(table) - 12} between" in texts(ax)
