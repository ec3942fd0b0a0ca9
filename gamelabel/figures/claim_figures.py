"""Figures of the paper's claims, tested: values and directions beside what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


def claimed_values(ax: Axes, table: DataFrame, most: float = 2.0) -> Axes:
    """Each tested claim of a value over the paper's number: a band for what is accepted, our value, its interval.

    table: as `gamelabel.study.ratios.value_ratios` has it. What lies beyond `most` is an arrow at the edge; the numbers
    themselves stand on the right.
    """
    at = _claims(
        ax, table, "this run over the paper's number", 1, "the paper", 0.02 * most, 0.98 * most
    )
    low, high = (table[end].clip(0, most).to_numpy(float) for end in ("least", "most"))
    ax.barh(
        at,
        high - low,
        left=low,
        height=0.6,
        color="#d9e4ec",
        edgecolor="#9db8ca",
        label="accepted",
        zorder=0,
    )
    ax.set_xlim(0, most)
    _legend(ax)
    return ax


def claimed_directions(ax: Axes, table: DataFrame, most: float = 6.0) -> Axes:
    """Each tested claim of a direction: how far our value lies on the paper's side, in half-widths of its interval.

    table: as `gamelabel.study.ratios.direction_margins` has it. A claim is met where the whole interval is right of 0.
    """
    label = "on the paper's side, in half-widths of the interval"
    _claims(ax, table, label, 0, "no difference", -0.96 * most, 0.96 * most)
    ax.axvspan(0, most, color="#d9e4ec", alpha=0.6, linewidth=0, label="accepted", zorder=0)
    ax.set_xlim(-most, most)
    _legend(ax)
    return ax


def _claims(
    ax: Axes, table: DataFrame, label: str, mark: float, marked: str, least: float, most: float
) -> list[int]:
    """Rows of claims, their intervals and our values, the verdict as colour; where each row stands."""
    at = list(range(len(table)))[::-1]
    for y, row in zip(at, table.to_dict("records"), strict=True):
        colour = (
            "#1f5f8b" if row["verdict"] in ("matches", "consistent in simulation") else "#d1661f"
        )
        shape = "<" if row["value"] < least else ">" if row["value"] > most else "o"
        ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=2, alpha=0.5)
        ax.plot(np.clip(row["value"], least, most), y, shape, color=colour, markersize=6)
        ax.plot([], [], "o", color=colour, label=row["verdict"])
        words = f"{row['ours']}  ({row['against']})"
        ax.text(1.02, y, words, transform=ax.get_yaxis_transform(), va="center", size=8)
    ax.axvline(mark, color="black", linestyle="--", linewidth=1, label=marked)
    ax.set_yticks(at, [name.replace("_", " ") for name in table.id], fontsize=8)
    ax.set(xlabel=label, ylim=(-0.7, len(table) - 0.3))
    return at


def _legend(ax: Axes) -> None:
    """One entry for each label, below the axes and the name of x."""
    handles, names = ax.get_legend_handles_labels()
    one_each = dict(zip(names, handles, strict=True))
    ax.legend(
        one_each.values(), one_each.keys(), fontsize=8, ncols=4, frameon=False,
        loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=5,
    )  # fmt: skip
