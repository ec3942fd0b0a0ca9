"""The look of every figure: one seaborn theme, one palette, one way to format axes and legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

# Distinguishable with any form of color blindness.
PALETTE: Sequence[str] = sns.color_palette("colorblind").as_hex()
BLUE, ORANGE, GREEN, VERMILION, PURPLE, BROWN, PINK, GREY, YELLOW, SKY = PALETTE
PALE = "#d9e4ec"  # bands behind data

# Series differ by marker too, so that they differ in gray.
_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "p")

Unit = Literal["", "percent", "points"]


def set_theme() -> None:
    """Set the theme of all figures that are created from here on."""
    sns.set_theme(
        context="paper",
        style="whitegrid",
        palette="colorblind",
        rc={
            "axes.edgecolor": "#777777",
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 10,
            "figure.facecolor": "white",
            "font.size": 9,
            "grid.color": "#e6e6e6",
            "legend.frameon": False,
            "xtick.bottom": True,
        },
    )


def series_style(number: int) -> dict[str, Any]:
    """Return the color and the marker of a series, by its number from 0."""
    return {"color": PALETTE[number % len(PALETTE)], "marker": _MARKERS[number % len(_MARKERS)]}


def format_axis(axis: Axis, unit: Unit) -> None:
    """Format ticks: "percent" (0.3 is 30%), "points" (0.03 is 3), or "" for plain numbers."""
    if unit:
        sign = "%" if unit == "percent" else ""
        axis.set_major_formatter(FuncFormatter(lambda value, _: _hundredths(value) + sign))


def _hundredths(value: float) -> str:
    """Return 100 times a value, with the minus sign that Matplotlib's own ticks have.

    >>> _hundredths(-0.05)
    '\N{MINUS SIGN}5'
    """
    return f"{100 * value:.3g}".replace("-", "\N{MINUS SIGN}")


def format_counts(axis: Axis) -> None:
    """Format ticks as whole numbers with thousands separators."""
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def format_ranks(axis: Axis) -> None:
    """Put ticks at whole numbers only, with thousands separators."""
    axis.set_major_locator(MaxNLocator(integer=True))
    format_counts(axis)


def write_no_data(ax: Axes) -> Axes:
    """Write on empty axes that there is no data, and return them.

    `gamelabel.study.Report.save_figure` keeps no figure of which all axes are empty.
    """
    ax.text(0.5, 0.5, "no data", transform=ax.transAxes, ha="center", va="center")
    ax.set_axis_off()
    return ax


def name_rows(ax: Axes, names: Sequence[str]) -> list[int]:
    """Name the rows of a horizontal plot, the first on top, and return their y positions."""
    positions = list(range(len(names)))[::-1]
    ax.set_yticks(positions, names)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(visible=False, axis="y")
    return positions


def reference_line(
    ax: Axes, value: float, label: str, color: str = "black", style: str = "--", axis: str = "x"
) -> None:
    """Draw a labelled line at a value of the x axis, or of the y axis."""
    draw = ax.axvline if axis == "x" else ax.axhline
    draw(value, color=color, linestyle=style, linewidth=1, label=label, zorder=1)


def name_line(ax: Axes, value: float, name: str) -> None:
    """Write the name of a vertical line above it."""
    ax.annotate(
        name, (value, 1), (0, 2), xycoords=("data", "axes fraction"), textcoords="offset points",
        ha="center", va="bottom", size=8,
    )  # fmt: skip


def add_legend(ax: Axes, place: Literal["right", "below"] = "right") -> None:
    """Put a legend with one entry for each label outside the axes."""
    handles, labels = ax.get_legend_handles_labels()
    entries = dict(zip(labels, handles, strict=True))
    position: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1)}
    if place == "below":
        position = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "borderaxespad": 4.5}
        position["ncols"] = 2
    ax.legend(list(entries.values()), list(entries), **position)
