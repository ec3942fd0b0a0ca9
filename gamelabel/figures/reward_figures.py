"""Figures of scorers of pictures: how one is trained, how well each tells what people prefer, who agrees with whom."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from gamelabel.figures.prompt_figures import judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame

_OURS, _THEIRS = "#1f5f8b", "#d1661f"


def reward_training(ax: Axes, log: DataFrame) -> Axes:
    """Loss of the examples learned from and of those set aside, by step; the weights kept are those of the ring.

    log: what `reward.train_reward` returns.
    """
    ax.plot(log.step, log.loss, color=_THEIRS, label="learned from")
    ax.plot(log.step, log.valid_loss, "o-", markersize=3, color=_OURS, label="set aside")
    best = log[log.best].iloc[0]
    ax.plot(best.step, best.valid_loss, "o", markersize=11, fillstyle="none", color=_OURS)
    ax.axhline(np.log(2), color="grey", linestyle=":", linewidth=1, label="a coin, log 2")
    ax.set(xlabel="step", ylabel="Bradley-Terry loss")
    ax.legend(fontsize=8)
    return ax


def scorers_beside(ax: Axes, table: DataFrame, number: str) -> Axes:
    """One number of each scorer with its interval, and the slides' beside it; in percent.

    table: see `reward.published.compare_with_published`.
    """
    rows = table[table.number == number].iloc[::-1].reset_index(drop=True)
    spread = [rows.ours - rows.low, rows.high - rows.ours]
    ax.errorbar(rows.ours, rows.index, xerr=spread, fmt="o", color=_OURS, capsize=3, label="here")
    ax.plot(rows.slides, rows.index, "D", color=_THEIRS, markersize=5, label="ImageReward's slides")
    ax.set_yticks(rows.index, rows.scorer)
    ax.set(title=number, xlabel="percent", ylim=(-0.6, len(rows) - 0.4))
    return ax


def agreement_map(ax: Axes, shares: DataFrame) -> Axes:
    """The share of pairs on which two judges agree, as a heat map; shares: judges by judges, NaN for none."""
    ax.imshow(shares, vmin=0.5, vmax=1.0, cmap="Blues")
    for (i, j), value in np.ndenumerate(shares.to_numpy(float)):
        word = "-" if np.isnan(value) else f"{value:.0%}"
        ax.text(
            j,
            i,
            word,
            ha="center",
            va="center",
            fontsize=8,
            color="white" if value > 0.8 else "black",
        )
    ax.set_xticks(range(len(shares)), shares.columns, rotation=35, ha="right", fontsize=8)
    ax.set_yticks(range(len(shares)), shares.index, fontsize=8)
    return ax


def scored_pictures(
    axes: Sequence[Axes], pictures: Sequence[NDArray[Any]], scores: Any, fits: Any, title: str
) -> None:
    """Pictures (H, W, 3) of one prompt in a row, the best score first, under each its score; green where it fits."""
    order = np.argsort(-np.asarray(scores, float))
    for ax, row in zip(axes, order, strict=True):
        judged(ax, pictures[row], bool(fits[row]))
        ax.set_xlabel(f"{scores[row]:.2f}", fontsize=7, labelpad=1)
    axes[0].set_title("\n".join(wrap(title, 24)), fontsize=6, loc="left")  # as wide as a picture


def scores_by_wins(ax: Axes, table: DataFrame, scorer: str) -> Axes:
    """Mean score of each model against how often people preferred its pictures.

    table: a row a model, its column wins and one of that scorer's mean scores.
    """
    ax.plot(table.wins, table[scorer], "o", color=_OURS)
    for name, row in table.iterrows():
        ax.annotate(
            str(name), (row.wins, row[scorer]), (4, 4), textcoords="offset points", fontsize=7
        )
    ax.set(xlabel="wins in people's eyes", ylabel="mean score", title=scorer)
    return ax
