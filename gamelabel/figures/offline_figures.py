"""Figures of notebook 13: scores of offline learning, and whether agents keep behaviors apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns

from gamelabel.figures.estimate_figures import dodge_offsets, plot_intervals
from gamelabel.figures.style import (
    add_legend,
    format_axis,
    name_rows,
    reference_line,
    series_style,
    write_no_data,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame


def plot_aggregates(axes: Sequence[Axes], table: DataFrame) -> Sequence[Axes]:
    """Plot the aggregate scores of each algorithm, a panel for each statistic.

    Parameters
    ----------
    axes : sequence of Axes
        Where to draw, one for each statistic; they share their y axis.
    table : DataFrame
        Columns statistic, algorithm, value, low, high.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    for ax, (statistic, rows) in zip(axes, table.groupby("statistic", sort=False), strict=True):
        y = np.array(name_rows(ax, rows.algorithm.tolist()), float)
        plot_intervals(ax, rows, y, **series_style(0))
        format_axis(ax.xaxis, "percent")
        ax.set(title=statistic, xlabel="")
    return axes


def plot_tasks(ax: Axes, table: DataFrame) -> Axes:
    """Plot the score of each algorithm on each task, with intervals.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns algorithm, task, value, low, high.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    tasks = list(dict.fromkeys(table.task))
    rows = dict(zip(tasks, name_rows(ax, tasks), strict=True))
    algorithms = list(dict.fromkeys(table.algorithm))
    for number, (name, offset) in enumerate(
        zip(algorithms, dodge_offsets(len(algorithms), 0.7), strict=True)
    ):
        part = table[table.algorithm == name]
        y = part.task.map(rows).to_numpy(float) + offset
        plot_intervals(ax, part, y, **series_style(number), label=name)
    reference_line(ax, 0.0, "random policy", style=":")
    reference_line(ax, 1.0, "best player")
    format_axis(ax.xaxis, "percent")
    ax.set_xlabel("normalized score")
    add_legend(ax)
    return ax


def plot_profiles(ax: Axes, profiles: Mapping[str, DataFrame]) -> Axes:
    """Plot the share of runs above each score; a curve further up and right is better.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    profiles : mapping of str to DataFrame
        Algorithm -> columns threshold, value, low, high.

    Returns
    -------
    Axes
        `ax`.
    """
    for number, (name, profile) in enumerate(profiles.items()):
        color = series_style(number)["color"]
        ax.plot(profile.threshold, profile.value, color=color, label=name)
        ax.fill_between(profile.threshold, profile.low, profile.high, color=color, alpha=0.12)
    format_axis(ax.xaxis, "percent")
    format_axis(ax.yaxis, "percent")
    ax.set(xlabel="normalized score", ylabel="runs above it", ylim=(0, 1.02))
    add_legend(ax)
    return ax


def plot_behaviors(
    ax: Axes,
    positions: NDArray[np.float64],
    behaviors: Sequence[str],
    title: str,
    show_names: bool = True,
) -> Axes:
    """Plot embedded episodes, colored by the behavior that they were to show.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    positions : ndarray, shape (E, 2)
        The position of each episode.
    behaviors : sequence of str
        The behavior of each.
    title : str
        Whose episodes they are.
    show_names : bool
        Whether to name the behaviors beside the axes.

    Returns
    -------
    Axes
        `ax`.
    """
    names = list(dict.fromkeys(behaviors))
    labels = np.asarray(behaviors)
    for number, name in enumerate(names):
        rows = positions[labels == name]
        sns.scatterplot(
            x=rows[:, 0], y=rows[:, 1], **series_style(number), label=name, s=16, linewidth=0,
            legend=False, ax=ax,
        )  # fmt: skip
    ax.set(title=title, xticks=[], yticks=[])
    ax.grid(visible=False)
    if show_names:
        add_legend(ax)
    return ax
