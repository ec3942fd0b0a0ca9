"""Figures of real crowds: how they fare with and without a gate, and by which method their labels are put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_COLOURS = ("#1f5f8b", "#d1661f", "#4c9f70", "#8a6bb1", "#b3a125", "#7f7f7f")


def two_means(ax: Axes, table: DataFrame, paper: tuple[float, float] = (0.74, 0.83)) -> Axes:
    """Each crowd's accuracy, each worker once and by label, the paper's two means below as a dashed pair of lines.

    table: indexed by crowd, columns mean, weighted.
    """
    at = np.arange(len(table))[::-1]
    better = (table.weighted >= table["mean"]).to_numpy()
    for up, colour in ((True, "#1f5f8b"), (False, "#d1661f")):
        ax.hlines(
            at[better == up],
            table["mean"][better == up],
            table.weighted[better == up],
            color=colour,
            linewidth=2,
        )
    ax.plot(
        table["mean"], at, "o", color="white", markeredgecolor="black", label="each worker once"
    )
    ax.plot(table.weighted, at, "o", color="black", label="by label")
    ax.axvline(
        paper[0],
        color="black",
        linestyle=":",
        linewidth=1,
        label=f"the paper, each player once: {paper[0]:.0%}",
    )
    ax.axvline(
        paper[1],
        color="black",
        linestyle="--",
        linewidth=1,
        label=f"the paper, by label: {paper[1]:.0%}",
    )
    ax.set_yticks(at, table.index)
    ax.set(xlabel="accuracy of workers", ylim=(-0.6, len(table) - 0.4))
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax


def methods_beside(ax: Axes, accuracy: DataFrame, published: Mapping[str, float]) -> Axes:
    """How many more tasks than the majority's each method gets right, by crowd; a tick: the best published accuracy.

    accuracy: crowds by method, "majority" among them.
    """
    at = np.arange(len(accuracy))[::-1]
    others = [method for method in accuracy if method != "majority"]
    for k, method in enumerate(others):
        gain = 100 * (accuracy[method] - accuracy.majority)
        ax.plot(
            gain,
            at + 0.24 - 0.48 * k / max(1, len(others) - 1),
            "o",
            color=_COLOURS[k],
            markersize=5,
            label=method,
        )
    best = [
        100 * (published.get(str(crowd), np.nan) - accuracy.majority[crowd])
        for crowd in accuracy.index
    ]
    ax.plot(best, at, "|", color="black", markersize=22, mew=1.5)
    ax.plot([], [], "|", color="black", markersize=9, mew=1.5, label="best published")
    ax.axvline(0, color="black", linestyle="--", linewidth=1)
    ax.set_yticks(at, [f"{crowd} ({value:.1%})" for crowd, value in accuracy.majority.items()])
    ax.set(
        xlabel="more tasks right than the majority's (in brackets), points",
        ylim=(-0.6, len(accuracy) - 0.4),
    )
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax


def gate_costs(ax: Axes, table: DataFrame) -> Axes:
    """What becomes of each crowd's labels under a gate: kept, spent on comparison points, never given.

    table: indexed by crowd, columns spent, lost and removed (the share of workers, written on the right).
    """
    at = np.arange(len(table))[::-1]
    kept = 1 - table.spent - table.lost
    ax.barh(at, kept, color="#1f5f8b", label="kept as data")
    ax.barh(at, table.spent, left=kept, color="#9db8ca", label="spent on comparison points")
    ax.barh(
        at,
        table.lost,
        left=kept + table.spent,
        color="#d9d9d9",
        label="never given: worker removed",
    )
    for y, removed in zip(at, table.removed, strict=True):
        ax.text(1.01, y, f"{removed:.0%} of workers removed", va="center", size=8)
    ax.set_yticks(at, table.index)
    ax.set(xlim=(0, 1), xlabel="share of all labels", ylim=(-0.6, len(table) - 0.4))
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False)
    return ax


def gate_gains(ax: Axes, low: DataFrame, middle: DataFrame, high: DataFrame) -> Axes:
    """How many more tasks come out right with a gate than without one, for as much work; by crowd, over replays.

    Each frame: indexed by crowd, a column for each way, in points; low, high: the ends of the lines.
    """
    at = np.arange(len(middle))[::-1]
    for k, way in enumerate(middle):
        y = at + 0.22 - 0.44 * k / max(1, middle.shape[1] - 1)
        ax.hlines(y, low[way], high[way], color=_COLOURS[k], linewidth=3, alpha=0.35)
        ax.plot(middle[way], y, "o", color=_COLOURS[k], markersize=5, label=way)
    ax.axvline(0, color="black", linestyle="--", linewidth=1)
    ax.set_yticks(at, middle.index)
    ax.set(xlabel="more tasks right than without a gate, points", ylim=(-0.6, len(middle) - 0.4))
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax


def abilities(ax: Axes, table: DataFrame, most: int = 12) -> Axes:
    """Bradley and Terry's abilities with their intervals, the strongest on top; of many things, both ends.

    table: as `gamelabel.reliability.bradley_terry` has it.
    """
    left_out = len(table) - most
    if left_out > 0:
        table = table.iloc[[*range(most // 2), *range(len(table) - most // 2, len(table))]]
        ax.axhline(most / 2 - 0.5, color="#9db8ca", linestyle=":", linewidth=1)
        ax.text(
            0.99,
            most / 2 - 0.5,
            f"{left_out} between",
            transform=ax.get_yaxis_transform(),
            ha="right",
            size=8,
        )
    at = np.arange(len(table))[::-1]
    ax.hlines(at, table.low, table.high, color="#9db8ca", linewidth=5)
    ax.plot(table.ability, at, "o", color="#1f5f8b")
    ax.axvline(0, color="black", linestyle="--", linewidth=1)
    ax.set_yticks(
        at, [f"{item} ({n:,})" for item, n in zip(table["item"], table.comparisons, strict=True)]
    )
    ax.set(xlabel="ability (logarithm; comparisons in brackets)", ylim=(-0.6, len(table) - 0.4))
    return ax
