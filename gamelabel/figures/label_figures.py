"""Figures of notebook 03: gates, and who gave how many labels of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns

from gamelabel.figures.estimate_figures import plot_estimates
from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import (
    BLUE,
    PALETTE,
    SKY,
    VERMILION,
    add_legend,
    format_axis,
    format_counts,
    format_ranks,
    name_rows,
    reference_line,
    write_no_data,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from pandas import DataFrame

_LOG_RATIO = 10  # the most labels of a player over the fewest, from which the axis is logarithmic


def plot_operating_curves(axes: Sequence[Axes], curves: DataFrame) -> Sequence[Axes]:
    """Plot whom each rule removes, and the comparison points that it takes, by player accuracy.

    A good rule falls late and steeply.

    Parameters
    ----------
    axes : sequence of two Axes
        Left: share removed, with intervals. Right: median number of comparison points.
    curves : DataFrame
        The table of `gamelabel.games.pairs.operating_curve.operating_curves`.

    Returns
    -------
    sequence of two Axes
        `axes`.
    """
    left, right = axes
    curves = curves.assign(rule=curves.rule.map(readable_name))
    style = {"x": "accuracy", "hue": "rule", "style": "rule", "dashes": False, "markers": True}
    sns.lineplot(curves, y="removed", **style, errorbar=None, ax=left)
    for (_, rows), color in zip(curves.groupby("rule", sort=False), PALETTE, strict=False):
        left.fill_between(rows.accuracy, rows.low, rows.high, color=color, alpha=0.2, linewidth=0)
    sns.lineplot(curves, y="comparisons", **style, errorbar=None, legend=False, ax=right)
    for ax in axes:
        ax.set_xlabel("accuracy of a player")
        format_axis(ax.xaxis, "percent")
    left.set(ylim=(-0.02, 1.02), ylabel="share of players removed")
    format_axis(left.yaxis, "percent")
    left.legend(title="")
    right.set(yscale="log", ylabel="comparison points of a player, median")
    format_counts(right.yaxis)
    right.yaxis.set_minor_formatter(_two_and_five)
    return axes


def _two_and_five(value: float, _: float) -> str:
    """Label the minor ticks 20, 50, 200, 500, ... of a log axis."""
    return f"{value:,.0f}" if f"{value:g}"[0] in "25" else ""


def plot_removed_by_kind(ax: Axes, table: DataFrame) -> Axes:
    """Plot the share of each kind of players that each rule removes, with intervals.

    `table` is that of `gamelabel.games.pairs.player_kinds.outcomes_by_kind`. The share of their
    labels that is right stands in brackets.
    """
    right = table.groupby("kind").right.mean()
    names = [f"{readable_name(kind)} ({right[kind]:.0%})" for kind in table.kind]
    named = table.assign(name=names)
    named = named.rename(columns={"removed": "value"}).drop(columns="n", errors="ignore")
    series = {str(rule): rows for rule, rows in named.groupby("rule", sort=False)}
    plot_estimates(ax, series, "share of players removed", unit="percent")
    ax.set(xlim=(-0.02, 1.02), ylabel="kind of player (share of right labels)")
    return ax


def plot_labels_per_player(ax: Axes, counts: ArrayLike, top: int = 16) -> Axes:
    """Plot the labels of each player, counts (P,), the busiest first and the top ones in color."""
    ordered = np.sort(np.asarray(counts))[::-1]
    if not len(ordered):
        return write_no_data(ax)
    rank = np.arange(1, len(ordered) + 1)
    share = ordered[:top].sum() / ordered.sum()
    groups = [f"busiest {top}: {share:.0%} of all labels", "all others"]
    group = np.where(rank <= top, *groups)
    sns.barplot(
        x=rank, y=ordered, hue=group, hue_order=groups, palette=[VERMILION, SKY], dodge=False,
        native_scale=True, width=0.9, saturation=1, linewidth=0, errorbar=None, ax=ax,
    )  # fmt: skip
    is_wide = ordered[0] >= _LOG_RATIO * max(ordered[-1], 1)
    ax.set(xlabel="players, the busiest first", ylabel="labels")
    if is_wide:
        ax.set_yscale("log")
        format_counts(ax.yaxis)
    else:
        format_ranks(ax.yaxis)
    format_ranks(ax.xaxis)
    add_legend(ax, "below")
    return ax


def plot_labels_per_point(ax: Axes, votes: DataFrame) -> Axes:
    """Plot how many data points have one label, two, three, and whether their labels agree.

    `votes` is the table of `gamelabel.tables.count_votes`. Points with ties only are left out.
    """
    votes = votes[votes.votes_a + votes.votes_b > 0]
    if votes.empty:
        return write_no_data(ax)
    total = votes.votes_a + votes.votes_b
    both_sides = (votes.votes_a > 0) & (votes.votes_b > 0)
    agreement = both_sides.map({False: "all labels agree", True: "labels on both sides"})
    data = pd.DataFrame({"labels": total, "agreement": agreement})
    largest = int(total.max())
    sns.histplot(
        data, x="labels", hue="agreement", palette=[VERMILION, SKY], alpha=1,
        hue_order=["labels on both sides", "all labels agree"], multiple="stack", discrete=True,
        binrange=(1, largest), shrink=0.8, linewidth=0, ax=ax,
    )  # fmt: skip
    sns.move_legend(ax, "best", title="")
    ax.set(xlabel="labels of a data point", ylabel="data points", xticks=np.arange(1, largest + 1))
    format_ranks(ax.yaxis)
    return ax


def plot_ensemble(ax: Axes, table: DataFrame) -> Axes:
    """Plot each number of a simulated game over the paper's, among games with other seeds.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        The table of `gamelabel.games.pairs.ensemble.ensemble_table`.

    Returns
    -------
    Axes
        `ax`.
    """
    paper = [f"{value:,.2f}" if value < 1 else f"{value:,.0f}" for value in table.paper]
    names = table.number.map(readable_name)
    y = name_rows(ax, [f"{name} ({value})" for name, value in zip(names, paper, strict=True)])
    low, median, high, this = (
        (table[column] / table.paper).to_numpy(float)
        for column in ("low", "median", "high", "this")
    )
    if not np.isfinite(median).any():  # no game was played, as without comparison points
        ax.clear()
        return write_no_data(ax)
    ax.hlines(y, low, high, color=SKY, linewidth=6, label="80 % of seeds")
    ax.plot(median, y, "|", color=BLUE, markersize=12, mew=1.5, label="their median")
    sns.scatterplot(x=this, y=y, color=VERMILION, s=30, zorder=3, label="this run", ax=ax)
    reference_line(ax, 1, "from the paper (in brackets)")
    ax.set_xlabel("ratio to the number from the paper")
    add_legend(ax, "below")
    return ax
