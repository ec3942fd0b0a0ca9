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


def test_methods_are_measured_from_the_majority(ax):
    accuracy = pd.DataFrame({"majority": [0.8, 0.9], "glad": [0.85, 0.88]}, index=["a", "b"])
    crowd_figures.plot_method_gains(ax, accuracy, {"a": 0.9})
    assert row_names(ax) == ["a (80.0%)", "b (90.0%)"]
    np.testing.assert_allclose(dots(ax, "GLAD")[:, 0], [0.05, -0.02])
    bars = next(line for line in ax.lines if line.get_marker() == "|" and len(line.get_xdata()))
    np.testing.assert_allclose(bars.get_xdata(), [0.1, np.nan])


def test_calibration_leaves_out_bins_with_few_answers(ax):
    bins = pd.DataFrame(
        {"probability": [0.3, 0.6, 0.9], "right": [0, 0.5, 0.8], "n": [1, 500, 500]}
    )
    crowd_figures.plot_calibration(ax, {"auto": bins, "none": bins.head(0)})
    assert legend_names(ax) == ["calibrated", "automatic choice"]
    np.testing.assert_allclose(dots(ax, "automatic choice"), [[0.6, 0.5], [0.9, 0.8]])


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
    rows = [
        (votes, crowd, value, value - 0.25, value + 0.5)
        for votes in ("x", "y")
        for crowd, value in (("a", 0.0), ("b", 1.0))
    ]
    gains = pd.DataFrame(rows, columns=["votes", "crowd", "value", "low", "high"])
    crowd_figures.plot_gate_gains(ax, gains)
    assert row_names(ax) == ["a", "b"] and list(errorbars(ax)) == ["x", "y"]
    assert errorbars(ax)["x"].tolist() == [[0, -0.25, 0.5], [1, 0.75, 1.5]]


def test_without_crowds_figures_say_that_there_is_no_data():
    means = pd.DataFrame({"mean": [], "weighted": []})
    accuracy = pd.DataFrame({"majority": []}, dtype=float)
    costs = pd.DataFrame({"spent": [], "lost": [], "removed": []})
    gains = pd.DataFrame(columns=["votes", "crowd", "value", "low", "high"])
    axes = Figure().subplots(1, 4)
    crowd_figures.plot_two_means(axes[0], means)
    crowd_figures.plot_method_gains(axes[1], accuracy, {})
    crowd_figures.plot_gate_costs(axes[2], costs)
    crowd_figures.plot_gate_gains(axes[3], gains)
    for ax in axes:
        assert texts(ax) == ["no data"] and not ax.has_data()


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
