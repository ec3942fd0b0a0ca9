"""Figures of the chapter on play: latency, embeddings of actions, data by treatment, the sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gamelabel.figures.style import (
    BLUE,
    GREY,
    ORANGE,
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
    from numpy.typing import NDArray

_TREATMENTS = {
    "none": "no incentives",
    "active": "active time",
    "requirement": "minimum requirement",
    "sliding": "sliding bonus",
    "all": "all incentives",
    "email": "e-mail, raffle",
    "social": "social media, challenge",
}


def plot_latency(ax: Axes, frames: Sequence[int], published: float) -> Axes:
    """Plot how many frames lie between a screen and the key that answers it.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    frames : sequence of int
        The latency of each key.
    published : float
        CrowdPlay's median, a dashed line.

    Returns
    -------
    Axes
        `ax`.
    """
    values = np.asarray(frames)
    if not len(values):
        return write_no_data(ax)
    most = int(np.quantile(values, 0.995)) + 1
    counts = np.bincount(np.clip(values, 0, most), minlength=most + 1) / len(values)
    ax.bar(np.arange(most + 1), counts, color=BLUE, width=0.85)
    median = float(np.median(values))
    reference_line(ax, median, f"this run, median: {median:.0f}", color=VERMILION, style=":")
    reference_line(ax, published, f"CrowdPlay, median: {published:.0f}")
    ax.set(xlabel="latency of a key (frames)", ylabel="share of keys")
    format_axis(ax.yaxis, "percent")
    ax.legend(loc="upper right")
    return ax


def plot_embedding(ax: Axes, points: NDArray[Any], groups: Sequence[str], title: str = "") -> Axes:
    """Plot points in the plane, colored by their groups; the axes have no meaning.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    points : ndarray, shape (n, 2)
        The points.
    groups : sequence of str
        The group of each.
    title : str
        Title of the axes.

    Returns
    -------
    Axes
        `ax`.
    """
    if not len(points):
        return write_no_data(ax)
    names = np.asarray(groups)
    for number, name in enumerate(dict.fromkeys(groups)):
        chosen = points[names == name]
        label = f"{name} ({len(chosen):,})"
        style = series_style(number)
        ax.plot(*chosen.T, linestyle="", markersize=5, alpha=0.8, label=label, **style)
    ax.set(xticks=[], yticks=[], title=title)
    ax.grid(visible=False)
    add_legend(ax, "below")
    return ax


def plot_good_data(
    axes: Sequence[Axes], table: pd.DataFrame, published: pd.DataFrame | None = None
) -> None:
    """Plot the share and the seconds of good data by treatment, as CrowdPlay's Figure 4 does.

    Parameters
    ----------
    axes : sequence of two Axes
        Where to draw the share and the seconds.
    table : DataFrame
        Indexed by treatment: share, share_low, share_high, seconds, seconds_low, seconds_high.
    published : DataFrame, optional
        The paper's share and seconds, indexed by treatment: crosses.
    """
    labels = {"share": "share of good data", "seconds": "good data a participant (s)"}
    for ax, (column, label), color in zip(axes, labels.items(), (ORANGE, BLUE), strict=True):
        y = name_rows(ax, [_TREATMENTS.get(str(name), str(name)) for name in table.index])
        value = table[column].to_numpy(float)
        ends = np.abs(table[[f"{column}_low", f"{column}_high"]].to_numpy(float).T - value)
        ax.barh(y, value, height=0.6, color=color, alpha=0.75, label="simulated")
        ax.errorbar(value, y, xerr=ends, fmt="none", ecolor="black", elinewidth=1, capsize=2)
        if published is not None:
            paper = published[column].reindex(table.index)
            ax.plot(paper, y, "x", color="black", markersize=6, label="the paper")
        ax.set(xlabel=label, xlim=(0, None))
    format_axis(axes[0].xaxis, "percent")
    add_legend(axes[-1])


def plot_sweep(ax: Axes, holds: pd.DataFrame) -> Axes:
    """Plot in which share of assumptions each finding holds.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    holds : DataFrame
        Indexed by finding: the columns share (of the settings in which it holds) and implied
        (whether it follows from the rule of payment and cannot count as found).

    Returns
    -------
    Axes
        `ax`.
    """
    if holds.empty:
        return write_no_data(ax)
    y = name_rows(ax, list(map(str, holds.index)))
    colors = [GREY if implied else BLUE for implied in holds.implied]
    ax.barh(y, holds.share, height=0.6, color=colors)
    ax.barh([-9], [0], color=BLUE, label="depends on assumptions")
    ax.barh([-9], [0], color=GREY, label="follows from the rule of payment")
    for place, share in zip(y, holds.share, strict=True):
        ax.annotate(f"{share:.0%}", (share, place), (3, 0), textcoords="offset points", va="center")
    ax.set(xlim=(0, 1.12), xlabel="share of the settings in which the finding holds")
    format_axis(ax.xaxis, "percent")
    add_legend(ax, "below")
    return ax


def plot_miscount(ax: Axes, table: pd.DataFrame, threshold: float) -> Axes:
    """Plot the share in order as the program counts it against the true share.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        A row a session: true, published, order.
    threshold : float
        The share that is required; lines at it in both directions.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    for number, (order, of_order) in enumerate(table.groupby("order", sort=False)):
        style: Mapping[str, Any] = series_style(number)
        ax.plot(of_order.true, of_order.published, linestyle="", alpha=0.8, label=order, **style)
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    reference_line(ax, threshold, f"required: {threshold:.0%}")
    reference_line(ax, threshold, "", axis="y")
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    ax.set(xlabel="share of aliens in order", ylabel="as the program counts it")
    format_axis(ax.xaxis, "percent")
    format_axis(ax.yaxis, "percent")
    add_legend(ax)
    return ax
