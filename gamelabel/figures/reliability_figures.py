"""Figures of notebook 04: how accurate players are, and how unequal their shares of the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns

from gamelabel.figures.style import (
    BLUE,
    PALE,
    SKY,
    VERMILION,
    add_legend,
    format_axis,
    format_ranks,
    reference_line,
    write_no_data,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from pandas import DataFrame


def plot_accuracy_by_player(ax: Axes, table: DataFrame, mean: float, weighted: float) -> Axes:
    """Plot each player's accuracy on comparison points, the most accurate first, with intervals.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns accuracy, low, high, labels, a row a player. The area of a dot is their labels.
    mean, weighted : float
        Mean accuracy of players, and the mean weighted by labels.

    Returns
    -------
    Axes
        `ax`.
    """
    known = table[table.accuracy.notna()].sort_values("accuracy", ascending=False)
    if known.empty:
        return write_no_data(ax)
    rank = np.arange(1, len(known) + 1)
    ax.vlines(rank, known.low, known.high, color=SKY, linewidth=1.2, label="95 % (Wilson)")
    sns.scatterplot(
        x=rank, y=known.accuracy.to_numpy(float), size=known.labels.to_numpy(), sizes=(8, 130),
        color=BLUE, alpha=0.75, linewidth=0, zorder=3, legend=False, ax=ax,
    )  # fmt: skip
    ax.scatter([], [], s=50, color=BLUE, alpha=0.75, linewidth=0, label="a player; area: labels")
    reference_line(ax, mean, f"mean of players: {mean:.1%}", axis="y")
    reference_line(ax, weighted, f"mean by label: {weighted:.1%}", VERMILION, "-", axis="y")
    ax.set(ylim=(0, 1.02), xlabel="players, the most accurate first")
    ax.set_ylabel("accuracy on comparison points")
    format_axis(ax.yaxis, "percent")
    format_ranks(ax.xaxis)
    add_legend(ax, "below")
    return ax


def plot_lorenz_curve(ax: Axes, curve: ArrayLike, gini: float) -> Axes:
    """Plot the share of labels by the least busy share of players.

    `curve`, (P + 1,), rises from 0 to 1; `gini` is its Gini coefficient.
    """
    labels = np.asarray(curve)
    if np.isnan(labels).all():
        return write_no_data(ax)
    players = np.linspace(0, 1, len(labels))
    ax.plot(players, players, color="black", linestyle="--", linewidth=1, label="equal shares")
    sns.lineplot(x=players, y=labels, color=BLUE, label=f"Gini {gini:.2f}", errorbar=None, ax=ax)
    ax.fill_between(players, labels, players, color=PALE)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set(xlabel="share of players, the least busy first", ylabel="share of labels")
    for axis in (ax.xaxis, ax.yaxis):
        format_axis(axis, "percent")
    ax.legend(loc="upper left")
    return ax
