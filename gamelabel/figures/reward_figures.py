"""Figures of notebook 07: how a reward model is trained, and how well scorers agree with people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns

from gamelabel.figures.estimate_figures import plot_estimates
from gamelabel.figures.style import (
    BLUE,
    SKY,
    VERMILION,
    add_legend,
    format_counts,
    format_ranks,
    reference_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from pandas import DataFrame


def plot_training_loss(ax: Axes, log: DataFrame) -> Axes:
    """Plot training and validation loss by step; a ring marks the step whose weights are kept.

    `log` has columns step, loss, valid_loss, best.
    """
    sns.lineplot(log, x="step", y="loss", color=SKY, label="training", ax=ax)
    sns.lineplot(log, x="step", y="valid_loss", color=BLUE, marker="o", label="validation", ax=ax)
    best = log[log.best].iloc[0]
    ax.plot(
        best.step, best.valid_loss, "o", markersize=11, fillstyle="none", color=VERMILION, mew=1.5,
        label="weights kept",
    )  # fmt: skip
    reference_line(ax, np.log(2), "chance, log 2", style=":", axis="y")
    ax.set(xlabel="step", ylabel="Bradley-Terry loss")
    format_ranks(ax.xaxis)
    ax.legend()
    return ax


def plot_scorers(axes: Sequence[Axes], table: DataFrame, numbers: Sequence[str]) -> Sequence[Axes]:
    """Plot numbers of each scorer with their intervals, in percent, and the published ones.

    Parameters
    ----------
    axes : sequence of Axes
        Where to draw, one for each number; they share their y axis.
    table : DataFrame
        Columns scorer, number, ours, low, high, slides.
    numbers : sequence of str
        Which numbers to plot.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    for ax, number in zip(axes, numbers, strict=True):
        rows = table[table.number == number].reset_index(drop=True)
        ours = rows.rename(columns={"scorer": "name", "ours": "value"})
        plot_estimates(ax, {"here, 95 %": ours.drop(columns="n", errors="ignore")}, "percent")
        sns.scatterplot(
            x=rows.slides.to_numpy(float), y=np.arange(len(rows))[::-1], marker="D", s=32,
            color=VERMILION, label="ImageReward's slides", legend=False, zorder=3, ax=ax,
        )  # fmt: skip
        ax.set_title(number)
    add_legend(axes[len(axes) // 2], "below")
    return axes


def plot_agreement(ax: Axes, shares: DataFrame) -> Axes:
    """Plot the share of pairs on which two judges agree: judges by judges, NaN for none."""
    text = shares.map(lambda share: "-" if np.isnan(share) else f"{share:.0%}")
    sns.heatmap(
        shares.fillna(0.5), annot=text, fmt="", vmin=0.5, vmax=1, cmap="Blues", cbar=False,
        square=True, linewidths=1, ax=ax,
    )  # fmt: skip
    ax.set_xticklabels(ax.get_xticklabels(), rotation=35, ha="right")
    ax.tick_params(left=False, bottom=False)
    return ax


def plot_scores_by_wins(
    axes: Sequence[Axes], table: DataFrame, scorers: Sequence[str]
) -> Sequence[Axes]:
    """Plot the mean score of each model by how often people preferred its pictures.

    `table` has a row a model, with column wins and one of mean scores for each of the scorers, each
    of which has one of the `axes`.
    """
    for ax, scorer in zip(axes, scorers, strict=True):
        sns.scatterplot(table, x="wins", y=scorer, color=BLUE, s=36, ax=ax)
        for name, x, y in zip(table.index, table.wins, table[scorer], strict=True):
            ax.annotate(str(name), (x, y), (4, 4), textcoords="offset points", size=8)
        ax.margins(0.12)
        format_counts(ax.xaxis)
        ax.set(xlabel="wins (count)", ylabel="mean score", title=scorer)
    return axes
