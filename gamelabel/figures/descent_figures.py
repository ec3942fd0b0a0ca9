"""Figures of notebook 15: what teachers gave under each variant, and what agents learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from pandas import DataFrame


def plot_assumed_effort(ax: Axes, table: DataFrame) -> Axes:
    """Plot the mean effort that is put in, by what a bonus is worth.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns bonus_worth, bonus and effort.

    Returns
    -------
    Axes
        `ax`.
    """
    for number, (bonus, rows) in enumerate(table.groupby("bonus", sort=False)):
        style = series_style(number)
        ax.plot(rows["bonus_worth"], rows["effort"], label=f"bonus: {bonus}", **style)
    ax.set(xlabel="share of the effort's cost that a bonus makes up for", ylabel="mean effort")
    add_legend(ax)
    return ax


def plot_effort_by_round(ax: Axes, table: DataFrame) -> Axes:
    """Plot the mean effort of an example by round, a line for each arm.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns arm, round and effort.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    for number, (arm, rows) in enumerate(table.groupby("arm", sort=False)):
        ax.plot(rows["round"], rows["effort"], label=arm, **series_style(number))
    ax.set(xlabel="round", ylabel="mean effort of an example", xticks=sorted(set(table["round"])))
    add_legend(ax)
    return ax


def plot_scores_by_arm(axes: Sequence[Axes], table: DataFrame) -> Sequence[Axes]:
    """Plot each measure by arm, a marker for each agent, with intervals.

    Parameters
    ----------
    axes : sequence of Axes
        Where to draw, one for each measure; they share their y axis.
    table : DataFrame
        Columns measure, arm, agent, value, low and high.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    for ax, (measure, rows) in zip(axes, table.groupby("measure", sort=False), strict=True):
        arms = list(dict.fromkeys(rows["arm"]))
        places = dict(zip(arms, name_rows(ax, arms), strict=True))
        agents = list(dict.fromkeys(rows["agent"]))
        for number, offset in enumerate(dodge_offsets(len(agents))):
            part = rows[rows["agent"] == agents[number]]
            y = np.array([places[arm] for arm in part["arm"]], float) + offset
            plot_intervals(ax, part, y, label=agents[number], **series_style(number))
        format_axis(ax.xaxis, "percent")
        ax.set(title=measure, xlabel="")
    add_legend(axes[-1])
    return axes


def plot_accuracy_by_round(ax: Axes, table: DataFrame) -> Axes:
    """Plot accuracy by round, a line for each arm, solid or dashed by agent (Figure 3).

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns arm, agent, round and value.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    agents, arms = (list(dict.fromkeys(table[name])) for name in ("agent", "arm"))
    for (agent, arm), rows in table.groupby(["agent", "arm"], sort=False):
        line: dict[str, Any] = {
            "linestyle": ("-", "--", ":")[agents.index(agent)],
            "label": f"{arm}, {agent}",
        }
        ax.plot(rows["round"], rows["value"], **line, **series_style(arms.index(arm)))
    format_axis(ax.yaxis, "percent")
    ax.set(xlabel="round", ylabel="accuracy", xticks=sorted(set(table["round"])))
    add_legend(ax)
    return ax


def plot_differences(ax: Axes, table: DataFrame) -> Axes:
    """Plot differences of accuracy between arms, in points, with intervals.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns comparison, value, low and high.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    y = np.array(name_rows(ax, table["comparison"].tolist()), float)
    plot_intervals(ax, table, y, **series_style(0))
    reference_line(ax, 0.0, "no difference")
    format_axis(ax.xaxis, "points")
    ax.set(xlabel="difference of accuracy, points")
    return ax


def plot_attacks(axes: Sequence[Axes], table: DataFrame) -> Sequence[Axes]:
    """Plot what attackers gain, a panel for each measure.

    Parameters
    ----------
    axes : sequence of Axes
        Where to draw, one for each measure; they share their y axis.
    table : DataFrame
        Columns attack, measure, value, low and high.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    for ax, (measure, rows) in zip(axes, table.groupby("measure", sort=False), strict=True):
        y = np.array(name_rows(ax, rows["attack"].tolist()), float)
        plot_intervals(ax, rows, y, **series_style(0))
        reference_line(ax, 0.0, "no difference")
        ax.set(title=measure, xlabel="change against honest teachers")
    return axes
