"""Figures of notebooks 08 and 09: which tuned model wins, and what wrong labels do to a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns

from gamelabel.figures.estimate_figures import plot_estimates
from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import format_axis, reference_line, series_style, write_no_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from pandas import DataFrame


def plot_arms(axes: Sequence[Axes], table: DataFrame) -> Sequence[Axes]:
    """Plot what each method changed against the base: adherence, and the quality of images.

    Parameters
    ----------
    axes : sequence of two Axes
        Where to draw; they share their y axis.
    table : DataFrame
        The table of `gamelabel.tuning.arms.change_table`.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    names = {"arm": "name", "quality": "value", "quality_low": "low", "quality_high": "high"}
    adherence = table[["arm", "value", "low", "high"]].rename(columns=names)
    quality = table[list(names)].rename(columns=names)
    label = "change of adherence\n(percentage points)"
    plot_estimates(axes[0], adherence, label, {"base": 0}, "points")
    label = "change of quality, below 0 is worse\n(kernel distance x 1,000)"
    plot_estimates(axes[1], quality, label, {"base": 0})
    return axes


def plot_aggregations(
    axes: Sequence[Axes], right: DataFrame, change: DataFrame, gain: DataFrame
) -> Sequence[Axes]:
    """Plot what an aggregation is worth: right labels, adherence, and the gain over the first.

    Parameters
    ----------
    axes : sequence of three Axes
        Where to draw; they share their y axis.
    right, change, gain : DataFrame
        Columns value, low, high, and the methods as index: the share of right preferences, the
        change of adherence against the base, and the gain over the first method, which `gain` does
        not have.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    columns = ["value", "low", "high"]
    against = f"gain over {readable_name(str(right.index[0]))}" if len(right) else "gain"
    gain = gain.reindex(right.index)
    points = "\n(percentage points)"
    plot_estimates(axes[0], right[columns], "share of right preferences", unit="percent")
    change_label = f"change of adherence{points}"
    plot_estimates(axes[1], change[columns], change_label, {"base": 0}, "points")
    plot_estimates(axes[2], gain[columns], f"{against}{points}", {"equal": 0}, "points")
    return axes


def plot_win_matrix(ax: Axes, matrix: DataFrame, title: str = "wins of the row, percent") -> Axes:
    """Plot how often the model of a row won against that of a column, in percent.

    Purple is above one half, orange below; a number is bold if its interval does not hold one half.

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
        share, annot=text, fmt="", annot_kws={"size": 8}, cmap="PuOr", vmin=0, vmax=1,
        cbar=False, square=True, ax=ax,
    )  # fmt: skip
    decided = ((low > 0.5) | (high < 0.5)).to_numpy().ravel()
    for label, is_decided in zip(ax.texts, decided, strict=True):
        label.set_fontweight("bold" if is_decided else "normal")
    names = [readable_name(model) for model in models]
    ax.set_xticks(np.arange(len(models)) + 0.5, names, rotation=90)
    ax.set_yticks(np.arange(len(models)) + 0.5, names, rotation=0)
    ax.set(xlabel="", ylabel="", title=title)
    return ax


def plot_changes_by_flip(ax: Axes, changes: DataFrame) -> Axes:
    """Plot the change of adherence under each loss by the share of wrong labels, with intervals.

    `changes` has columns flip (share of wrong labels), loss, value, low, high (shares). If it is
    empty, the figure says that there is no data.
    """
    if changes.empty:
        return write_no_data(ax)
    losses = list(changes["loss"].unique())
    for k, loss in enumerate(losses):
        rows = changes[changes["loss"] == loss].sort_values("flip")
        x = rows["flip"] + 0.006 * (k - (len(losses) - 1) / 2)  # beside each other
        spread = np.maximum([rows["value"] - rows["low"], rows["high"] - rows["value"]], 0)
        ax.errorbar(
            x, rows["value"], yerr=spread, **series_style(k), markersize=4.5, capsize=2.5,
            label=loss,
        )  # fmt: skip
    reference_line(ax, 0, "base", axis="y")
    shares = sorted(changes["flip"].unique())
    ax.set_xticks(shares)
    ax.set_xlim(shares[0] - 0.03, shares[-1] + 0.03)
    ax.set(xlabel="share of wrong labels", ylabel="change of adherence\n(percentage points)")
    format_axis(ax.xaxis, "percent")
    format_axis(ax.yaxis, "points")
    ax.legend()
    return ax
