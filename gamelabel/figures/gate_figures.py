"""Figures of gates: whom they remove, and how many comparison points that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_COLOURS = ("#1f5f8b", "#d1661f", "#4c9f70", "#8a6bb1")


def gate_removes(ax: Axes, curves: DataFrame) -> Axes:
    """The share of players of each accuracy that each rule removes, with intervals; good rules fall late and steeply.

    curves: as `gamelabel.games.pairs.operating_curve.operating_curves` has it.
    """
    for (rule, rows), colour in zip(curves.groupby("rule", sort=False), _COLOURS, strict=False):
        ax.fill_between(rows.accuracy, rows.low, rows.high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(rows.accuracy, rows.removed, "o-", color=colour, markersize=4, label=rule)
    ax.set(ylim=(-0.02, 1.02), xlabel="accuracy of a player", ylabel="removed")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8)
    return ax


def gate_asks(ax: Axes, curves: DataFrame) -> Axes:
    """The comparison points that each rule spends on a player of each accuracy, the median.

    curves: as `gamelabel.games.pairs.operating_curve.operating_curves` has it.
    """
    for (rule, rows), colour in zip(curves.groupby("rule", sort=False), _COLOURS, strict=False):
        ax.plot(rows.accuracy, rows.comparisons, "o-", color=colour, markersize=4, label=rule)
    ax.set(
        yscale="log", xlabel="accuracy of a player", ylabel="comparison points spent on one, median"
    )
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.yaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    ax.yaxis.set_minor_formatter(
        lambda count, _: f"{count:,.0f}" if f"{count:g}"[0] in "25" else ""
    )
    return ax


def gate_kinds(ax: Axes, table: DataFrame) -> Axes:
    """The share of each kind of players that each rule removes, with intervals; in brackets how right their labels are.

    table: as `gamelabel.games.pairs.player_kinds.outcomes_by_kind` has it.
    """
    kinds = table.kind.unique()
    at, right = np.arange(len(kinds))[::-1], table.groupby("kind").right.mean()
    rules = list(table.groupby("rule", sort=False))
    for k, (rule, rows) in enumerate(rules):
        y = at + 0.24 - 0.48 * k / max(1, len(rules) - 1)
        ax.hlines(y, rows.low, rows.high, color=_COLOURS[k], linewidth=3, alpha=0.35)
        ax.plot(rows.removed, y, "o", color=_COLOURS[k], markersize=5, label=rule)
    ax.set_yticks(at, [f"{kind} ({right[kind]:.0%})" for kind in kinds])
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.6, len(kinds) - 0.4), xlabel="removed")
    ax.set_ylabel("kind (of their labels kept are right)")
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 0.95), frameon=False)
    return ax
