"""Figures of notebook 06: real crowds, with and without a gate, and ways to aggregate labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns

from gamelabel.figures.estimate_figures import dodge_offsets, plot_estimates
from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import (
    BLUE,
    GREY,
    SKY,
    VERMILION,
    add_legend,
    format_axis,
    name_rows,
    reference_line,
    series_style,
    write_no_data,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


def plot_two_means(ax: Axes, table: DataFrame, paper: tuple[float, float] = (0.74, 0.83)) -> Axes:
    """Plot the accuracy of each crowd as the mean of workers and as the mean by label.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns mean and weighted, indexed by crowd.
    paper : tuple of two floats
        The paper's two means.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    y = name_rows(ax, [readable_name(str(crowd)) for crowd in table.index])
    ax.hlines(y, table["mean"], table.weighted, color=GREY, linewidth=2, zorder=1)
    style = {"y": y, "s": 40, "zorder": 3, "ax": ax}
    sns.scatterplot(x=table["mean"].to_numpy(), **style, color=SKY, label="mean of workers")
    weighted = {"x": table.weighted.to_numpy(), "label": "mean by label"}
    sns.scatterplot(**weighted, **style, color=BLUE, marker="D")
    reference_line(ax, paper[0], f"the paper, mean of players: {paper[0]:.0%}", style=":")
    reference_line(ax, paper[1], f"the paper, mean by label: {paper[1]:.0%}")
    ax.set_xlabel("accuracy of workers")
    format_axis(ax.xaxis, "percent")
    add_legend(ax)
    return ax


def plot_method_gains(ax: Axes, accuracy: DataFrame, published: Mapping[str, float]) -> Axes:
    """Plot how much more accurate each aggregation method is than the majority vote.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    accuracy : DataFrame
        Accuracy of crowds by method; "majority" is one of the methods.
    published : mapping of str to float
        The best published accuracy of a crowd, drawn as a bar.

    Returns
    -------
    Axes
        `ax`.
    """
    if accuracy.empty:
        return write_no_data(ax)
    majority = {readable_name(str(crowd)): share for crowd, share in accuracy.majority.items()}
    names = [f"{crowd} ({share:.1%})" for crowd, share in majority.items()]
    rows = np.array(name_rows(ax, names), float)
    methods = [str(method) for method in accuracy if method != "majority"]
    for i, offset in enumerate(dodge_offsets(len(methods))):
        gain = (accuracy[methods[i]] - accuracy.majority).to_numpy(float)
        style = {**series_style(i), "s": 28, "label": readable_name(methods[i])}
        sns.scatterplot(x=gain, y=rows + offset, **style, zorder=3, ax=ax)
    best = np.array([published.get(str(crowd), np.nan) for crowd in accuracy.index], float)
    best = best - accuracy.majority.to_numpy(float)
    ax.plot(best, rows, "|", color="black", markersize=22, mew=1.5)
    ax.plot([], [], "|", color="black", markersize=9, mew=1.5, label="best published")
    reference_line(ax, 0, "majority (in brackets)")
    ax.set_xlabel("tasks right, difference from the majority (percentage points)")
    format_axis(ax.xaxis, "points")
    add_legend(ax)
    return ax


def plot_calibration(ax: Axes, bins: Mapping[str, DataFrame]) -> Axes:
    """Plot the share of right answers by their probability: on the line if it is calibrated.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    bins : mapping of str to DataFrame
        For each method the table of `gamelabel.aggregation.answer_scores.calibration_bins`; the
        areas of the dots are in proportion to `n`. Bins with less than half a percent of the
        answers are left out.

    Returns
    -------
    Axes
        `ax`.
    """
    large = {name: table[table.n >= 0.005 * table.n.sum()] for name, table in bins.items()}
    filled = {name: table for name, table in large.items() if len(table)}
    if not filled:
        return write_no_data(ax)
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="calibrated")
    for i, (name, table) in enumerate(filled.items()):
        x, y = table.probability.to_numpy(float), table.right.to_numpy(float)
        style = series_style(i)
        ax.plot(x, y, color=style["color"], linewidth=1)
        area = 8 + 200 * (table.n / table.n.sum()).to_numpy(float)
        ax.scatter(x, y, s=area, **style, edgecolor="white", label=readable_name(name), zorder=3)
    low = min(table.probability.min() for table in filled.values())
    low = min(low, *(table.right.min() for table in filled.values()))
    ax.set(xlim=(low - 0.03, 1.03), ylim=(low - 0.03, 1.03))
    ax.set(xlabel="probability of the label", ylabel="share of right labels")
    format_axis(ax.xaxis, "percent")
    format_axis(ax.yaxis, "percent")
    add_legend(ax)
    return ax


def plot_gate_costs(ax: Axes, table: DataFrame) -> Axes:
    """Plot what becomes of the labels of each crowd under a gate.

    `table` is indexed by crowd, with columns spent and lost (shares of labels) and removed (share
    of workers, written on the right).
    """
    if table.empty:
        return write_no_data(ax)
    crowds = [readable_name(str(crowd)) for crowd in table.index]
    uses = {
        "kept as data": 1 - table.spent - table.lost,
        "spent on comparison points": table.spent,
        "never given: worker removed": table.lost,
    }
    parts = [
        pd.DataFrame({"crowd": crowds, "share": share.to_numpy(float), "use": use})
        for use, share in uses.items()
    ]
    # histplot stacks the first level last
    sns.histplot(
        pd.concat(parts, ignore_index=True), y="crowd", weights="share", hue="use",
        hue_order=list(uses)[::-1], palette=["#d9d9d9", SKY, BLUE], multiple="stack",
        discrete=True, shrink=0.8, alpha=1, linewidth=0, ax=ax,
    )  # fmt: skip
    for y, removed in enumerate(table.removed):
        ax.text(1.01, y, f"{removed:.0%} of workers removed", va="center", size=8)
    ax.set(xlim=(0, 1), xlabel="share of all labels", ylabel="")
    ax.grid(visible=False, axis="y")
    format_axis(ax.xaxis, "percent")
    place = {"bbox_to_anchor": (0, 1), "ncols": 3, "columnspacing": 1}
    sns.move_legend(ax, "lower left", title="", reverse=True, **place)
    return ax


def plot_gate_gains(ax: Axes, gains: DataFrame) -> Axes:
    """Plot how many more tasks are labelled correctly with a gate than without, for as much work.

    `gains` is the table of `gamelabel.games.pairs.replay.gate_gains`.
    """
    named = gains.rename(columns={"crowd": "name"})
    series = {str(votes): rows for votes, rows in named.groupby("votes", sort=False)}
    label = "tasks right, difference from no gate (percentage points)"
    return plot_estimates(ax, series, label, {"no gate": 0}, "points")


def plot_abilities(ax: Axes, table: DataFrame, limit: int = 12) -> Axes:
    """Plot Bradley-Terry abilities with their intervals, the strongest on top.

    Of more than `limit` items both ends are shown. `table` is that of
    `gamelabel.reliability.bradley_terry`.
    """
    left_out = len(table) - limit
    if left_out > 0:
        table = pd.concat([table.head(limit // 2), table.tail(limit // 2)])
    rows = table.rename(columns={"item": "name", "ability": "value", "comparisons": "n"})
    plot_estimates(ax, rows, "ability (log-odds; comparisons in brackets)", {"mean ability": 0})
    if left_out > 0:
        y = limit / 2 - 0.5
        ax.axhline(y, color=VERMILION, linestyle=":", linewidth=1)
        ax.text(
            0.99, y, f"{left_out} between", transform=ax.get_yaxis_transform(), ha="right",
            va="bottom", size=8,
        )  # fmt: skip
    return ax
