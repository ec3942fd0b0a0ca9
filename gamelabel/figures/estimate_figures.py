"""Estimates with confidence intervals, one a row: the figure that most notebooks share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas import DataFrame

from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import (
    VERMILION,
    Unit,
    add_legend,
    format_axis,
    name_line,
    name_rows,
    reference_line,
    series_style,
    write_no_data,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def plot_estimates(
    ax: Axes,
    estimates: DataFrame | Mapping[str, DataFrame],
    label: str,
    references: Mapping[str, float] | None = None,
    unit: Unit = "",
    show_values: bool = False,
) -> Axes:
    """Plot estimates with their intervals, one a row, the first on top.

    Without any value the figure says that there is no data.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    estimates : DataFrame, or mapping of series to DataFrame
        Columns value, low, high; n, if there, stands in brackets after the name. A row's name is
        its column name, or else its index. Several series are drawn beside each other, in the row
        order of the first.
    label : str
        Label of the x axis.
    references : mapping of str to float, optional
        Values to mark by a vertical line, by label.
    unit : {"", "percent", "points"}
        Unit of the x axis; see `style.format_axis`.
    show_values : bool
        Whether to write each value above its dot.

    Returns
    -------
    Axes
        `ax`.
    """
    series = estimates if isinstance(estimates, Mapping) else {"": estimates}
    tables = {name: _by_name(table) for name, table in series.items()}
    if not any(table["value"].notna().any() for table in tables.values()):
        return write_no_data(ax)
    first = next(iter(tables.values()))
    names = [readable_name(str(name)) for name in first.index]
    if "n" in first:
        names = [f"{name} ({int(n):,})" for name, n in zip(names, first["n"], strict=True)]
    rows = np.array(name_rows(ax, names), float)
    offsets = dodge_offsets(len(tables))
    for i, (name, table) in enumerate(tables.items()):
        y, ordered = rows + offsets[i], table.loc[first.index]
        plot_intervals(ax, ordered, y, **series_style(i), label=readable_name(name) or None)
        if show_values:
            _write_values(ax, ordered, y)
    for (name, value), color in zip((references or {}).items(), ("black", VERMILION), strict=False):
        reference_line(ax, value, name, color)
    format_axis(ax.xaxis, unit)
    ax.set_xlabel(label)
    if len(tables) > 1:
        add_legend(ax)
    elif len(references or {}) > 1:
        add_legend(ax, "below")
    else:
        for name, value in (references or {}).items():
            name_line(ax, value, name)
    return ax


def plot_intervals(ax: Axes, table: DataFrame, y: NDArray[np.float64], **style: Any) -> None:
    """Draw dots with horizontal intervals: columns value, low, high."""
    value, low, high = (table[column].to_numpy(float) for column in ("value", "low", "high"))
    spread = np.maximum([value - low, high - value], 0)
    ax.errorbar(
        value, y, xerr=spread, linestyle="none", markersize=4.5, elinewidth=1.5, capsize=2.5,
        **style,
    )  # fmt: skip


def dodge_offsets(n: int, width: float = 0.56) -> NDArray[np.float64]:
    """Return offsets of n series that share a row, the first on top."""
    return np.linspace(width / 2, -width / 2, n) if n > 1 else np.zeros(1)


def _by_name(table: DataFrame) -> DataFrame:
    return table.set_index("name") if "name" in table else table


def _write_values(ax: Axes, table: DataFrame, y: NDArray[np.float64]) -> None:
    for value, position in zip(table["value"], y, strict=True):
        if np.isfinite(value):
            ax.annotate(
                f"{value:.3f}", (value, position), (0, 5), textcoords="offset points", ha="center",
                size=8,
            )  # fmt: skip
