"""Figures of notebook 10: the paper's claims, and the labels of its players, beside a run's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import seaborn as sns

from gamelabel.figures.claim_names import claim_name
from gamelabel.figures.style import (
    BLUE,
    GREY,
    PALE,
    SKY,
    VERMILION,
    add_legend,
    format_axis,
    format_counts,
    name_rows,
    reference_line,
    write_no_data,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from pandas import DataFrame

_VERDICT_MARKS = {"matches": (BLUE, "o"), "differs": (VERMILION, "s"), "undecided": (GREY, "D")}


def plot_claim_values(ax: Axes, table: DataFrame, limit: float = 2.0) -> Axes:
    """Plot each tested claim of a value as a ratio to the paper's number.

    A band is what is accepted, a dot our value with its interval, an arrow a value beyond `limit`.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        The rows of `gamelabel.study.ratios.value_ratios`.
    limit : float
        Right end of the x axis.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    y = _plot_claims(ax, table, 0.02 * limit, 0.98 * limit)
    least, most = (table[end].clip(0, limit).to_numpy(float) for end in ("least", "most"))
    ax.barh(
        y, most - least, left=least, height=0.6, color=PALE, edgecolor=SKY, label="accepted",
        zorder=0,
    )  # fmt: skip
    reference_line(ax, 1, "the paper")
    ax.set(xlim=(0, limit), xlabel="ratio to the paper's number")
    add_legend(ax, "below")
    return ax


def plot_claim_directions(ax: Axes, table: DataFrame, limit: float = 6.0) -> Axes:
    """Plot each tested claim of a direction as a distance on the paper's side.

    The unit is half the width of the interval; a claim matches if the whole interval is right of 0.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        The rows of `gamelabel.study.ratios.direction_margins`.
    limit : float
        End of the x axis, on both sides.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    _plot_claims(ax, table, -0.96 * limit, 0.96 * limit)
    ax.axvspan(0, limit, color=PALE, linewidth=0, label="accepted", zorder=0)
    reference_line(ax, 0, "no difference")
    ax.set(
        xlim=(-limit, limit), xlabel="distance on the paper's side (half-widths of the interval)"
    )
    add_legend(ax, "below")
    return ax


def _plot_claims(ax: Axes, table: DataFrame, least: float, most: float) -> list[int]:
    """Draw a row a claim below its paper's name: interval, value, numbers on the right.

    The verdict is the color and the marker, which is hollow if the data are simulated.
    """
    names, is_claim = [], []
    for paper, of_paper in table.groupby("paper", sort=False):
        names += [str(paper), *map(claim_name, of_paper.id)]
        is_claim += [False] + [True] * len(of_paper)
    places = name_rows(ax, names)
    for label, is_name in zip(ax.get_yticklabels(), is_claim, strict=True):
        label.set_fontweight("normal" if is_name else "bold")
    positions = [y for y, is_name in zip(places, is_claim, strict=True) if is_name]
    for y, row in zip(positions, table.to_dict("records"), strict=True):
        color, marker = _VERDICT_MARKS[row["verdict"].split()[0]]
        dot: dict[str, Any] = {"color": color, "markersize": 6}
        hollow = row["verdict"].endswith("in simulation")
        dot["markerfacecolor"] = "white" if hollow else color
        ax.plot([], [], marker, label=row["verdict"], **dot)
        if not least <= row["value"] <= most:
            marker = "<" if row["value"] < least else ">"
        ax.plot([row["low"], row["high"]], [y, y], color=color, linewidth=2, alpha=0.5)
        ax.plot(np.clip(row["value"], least, most), y, marker, **dot)
        numbers = f"{row['ours']}  ({row['against']})"
        ax.text(1.02, y, numbers, transform=ax.get_yaxis_transform(), va="center", size=8)
    return positions


def plot_label_tail(ax: Axes, counts: ArrayLike, mean: float, sd: float, busiest: float) -> Axes:
    """Plot the share of players by how many labels they gave at least, on log scales.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    counts : array (P,)
        Labels of each player.
    mean, sd : float
        The paper's mean and standard deviation; the dashed line is the lognormal that has them.
    busiest : float
        Labels of the paper's busiest player, a cross.

    Returns
    -------
    Axes
        `ax`.
    """
    from scipy.special import ndtr

    counts = np.asarray(counts, float)
    if not len(counts):
        return write_no_data(ax)
    least_share = 1 / len(counts)
    sns.ecdfplot(x=counts, complementary=True, color=BLUE, label="this run", ax=ax)
    sigma = np.sqrt(np.log1p((sd / mean) ** 2))
    labels = np.geomspace(1, 2 * max(busiest, counts.max()), 200)
    tail = ndtr((np.log(mean) - sigma**2 / 2 - np.log(labels)) / sigma)
    lognormal = f"lognormal, mean {mean:.0f}, sd {sd:.0f} (the paper)"
    ax.plot(labels, tail, color="black", linestyle="--", linewidth=1, label=lognormal)
    cross = f"the paper's busiest, {busiest:,.0f}"
    ax.plot(busiest, least_share, "x", color=VERMILION, markersize=9, mew=2, label=cross)
    ax.set(xscale="log", yscale="log", xlim=(1, labels[-1]), ylim=(least_share / 2, 1.3))
    ax.set(xlabel="labels", ylabel="share of players with more labels")
    format_counts(ax.xaxis)
    format_axis(ax.yaxis, "percent")
    ax.legend(loc="lower left")
    return ax


def plot_accuracy_by_labels(ax: Axes, players: DataFrame, mean: float, weighted: float) -> Axes:
    """Plot the accuracy of each player by the labels that they gave.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    players : DataFrame
        Columns accuracy, labels, state (active, removed).
    mean, weighted : float
        The paper's mean accuracy of players, and its mean by label.

    Returns
    -------
    Axes
        `ax`.
    """
    known = players[players.accuracy.notna()]
    if known.empty:
        return write_no_data(ax)
    counts = known.state.value_counts()
    names = {state: f"{state} ({counts.get(state, 0):,})" for state in ("active", "removed")}
    sns.scatterplot(
        x=known.labels.to_numpy(), y=known.accuracy.to_numpy(float),
        hue=known.state.map(names).to_numpy(), hue_order=list(names.values()),
        style=known.state.map(names).to_numpy(), style_order=list(names.values()),
        palette=[BLUE, VERMILION], s=34, alpha=0.7, linewidth=0, ax=ax,
    )  # fmt: skip
    reference_line(ax, mean, f"the paper, mean of players: {mean:.0%}", axis="y")
    reference_line(ax, weighted, f"the paper, mean by label: {weighted:.0%}", style=":", axis="y")
    ax.set(xscale="log", ylim=(-0.03, 1.03), xlabel="labels given")
    ax.set_ylabel("accuracy on comparison points")
    format_counts(ax.xaxis)
    format_axis(ax.yaxis, "percent")
    ax.legend(loc="lower right")
    return ax
