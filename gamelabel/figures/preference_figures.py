"""Figures of notebooks 08 and 09: which tuned model wins, and what wrong labels do to a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns

from gamelabel.figures.style import PALETTE, format_axis, reference_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


def plot_win_matrix(ax: Axes, matrix: DataFrame, title: str = "wins of the row, percent") -> Axes:
    """Plot how often the model of a row won against that of a column, in percent.

    Purple is above one half, orange below; grey numbers have an interval that holds one half.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    matrix : DataFrame
        Columns first, second, value, low, high: the table of `gamelabel.tuning.win_matrix`.
    title : str
        Title of the axes.

    Returns
    -------
    Axes
        `ax`.
    """
    models = list(matrix["first"].unique())
    value, low, high = (
        matrix.pivot(index="first", columns="second", values=column).loc[models, models]
        for column in ("value", "low", "high")
    )
    share = value.fillna(0.5)
    text = value.map(lambda win: "-" if np.isnan(win) else f"{100 * win:.0f}")
    sns.heatmap(
        share, annot=text, fmt="", annot_kws={"size": 7}, cmap="PuOr", vmin=0, vmax=1,
        cbar=False, square=True, ax=ax,
    )  # fmt: skip
    decided = ((low > 0.5) | (high < 0.5)).to_numpy().ravel()
    pale = (abs(share - 0.5) <= 0.3).to_numpy().ravel()
    for label, is_decided, is_pale in zip(ax.texts, decided, pale, strict=True):
        if is_pale:
            label.set_color("black" if is_decided else "#777777")
    ax.set_xticks(np.arange(len(models)) + 0.5, models, rotation=40, ha="right")
    ax.set_yticks(np.arange(len(models)) + 0.5, models, rotation=0)
    ax.set(xlabel="", ylabel="", title=title)
    return ax


def plot_changes_by_flip(ax: Axes, changes: DataFrame) -> Axes:
    """Plot the change of adherence under each loss by the share of wrong labels, with intervals.

    `changes` has columns flip (share of wrong labels), loss, value, low, high (shares).
    """
    losses = list(changes["loss"].unique())
    for k, (loss, color) in enumerate(zip(losses, PALETTE, strict=False)):
        rows = changes[changes["loss"] == loss].sort_values("flip")
        x = rows["flip"] + 0.006 * (k - (len(losses) - 1) / 2)  # beside each other
        spread = np.maximum([rows["value"] - rows["low"], rows["high"] - rows["value"]], 0)
        ax.errorbar(
            x, rows["value"], yerr=spread, fmt="o-", color=color, markersize=4.5, capsize=2.5,
            label=loss,
        )  # fmt: skip
    reference_line(ax, 0, "base", axis="y")
    ax.set_xticks(sorted(changes["flip"].unique()))
    ax.set(xlabel="share of wrong labels", ylabel="change of adherence\n(percentage points)")
    format_axis(ax.xaxis, "percent")
    format_axis(ax.yaxis, "points")
    ax.legend()
    return ax
