"""Figures of notebook 14: a world as a graph, learning curves, and accuracy by answer length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamelabel.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
    add_legend,
    format_axis,
    format_counts,
    format_ranks,
    series_style,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from networkx import MultiDiGraph
    from pandas import DataFrame

_KIND_COLORS = {"place": BLUE, "agent": VERMILION, "container": ORANGE, "object": GREEN}
_LEVEL_GAP = 1.0  # between a node and the row of what it contains


def plot_world(ax: Axes, graph: MultiDiGraph) -> Axes:
    """Draw a world: places with their paths, and below each what it contains.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    graph : MultiDiGraph
        A world of `games.dungeon.world_graph.to_networkx`.

    Returns
    -------
    Axes
        `ax`.
    """
    position = _tree_positions(graph)
    for start, end, relation in graph.edges(data="relation"):
        if relation == "path_to" and position[start] > position[end]:
            continue  # paths lead both ways
        _draw_edge(ax, position[start], position[end], relation)
    kinds = graph.nodes(data="kind")
    for kind, color in _KIND_COLORS.items():
        points = np.array([position[node] for node, its_kind in kinds if its_kind == kind])
        if len(points):
            size = 200 if kind == "place" else 70
            ax.scatter(points[:, 0], points[:, 1], size, color=color, label=kind, zorder=3)
    for node, data in graph.nodes(data=True):
        x, y = position[node]
        name = " ".join([data["name"], *(f"({state})" for state in data["states"])])
        above = data["kind"] == "place"
        ax.annotate(
            name, (x, y), (0, 10 if above else -7), textcoords="offset points", size=8,
            ha="center" if above else "right", va="bottom" if above else "top",
            rotation=0 if above else 35, rotation_mode="anchor",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        )  # fmt: skip
    ax.set_axis_off()
    ax.margins(0.08, 0.25)
    add_legend(ax)
    return ax


def _tree_positions(graph: MultiDiGraph) -> dict[str, tuple[float, float]]:
    """Return x and y of each node: what is inside a node stands in the row below it."""
    inside: dict[str, list[str]] = {node: [] for node in graph}
    for node, holder, relation in graph.edges(data="relation"):
        if relation == "contained_by":
            inside[holder].append(node)
    position: dict[str, tuple[float, float]] = {}
    next_x = 0.0

    def place_node(node: str, level: int) -> float:
        nonlocal next_x
        xs = [place_node(child, level + 1) for child in inside[node]]
        if not xs:
            xs = [next_x]
            next_x += 1.0
        x = float(np.mean([xs[0], xs[-1]]))
        position[node] = (x, -_LEVEL_GAP * level)
        return x

    for node, kind in graph.nodes(data="kind"):
        if kind == "place":
            place_node(node, 0)
            next_x += 0.7
    return position


def _draw_edge(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], relation: str
) -> None:
    styles: dict[str, dict[str, Any]] = {
        "contained_by": {"color": GREY, "linewidth": 0.8},
        "path_to": {"color": BLUE, "linewidth": 2, "connectionstyle": "arc3,rad=-0.2"},
        "follows": {"color": VERMILION, "linestyle": ":"},
    }
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-", "zorder": 1, **styles[relation]})


def plot_accuracy_by_examples(ax: Axes, curves: DataFrame) -> Axes:
    """Plot accuracy by the number of examples, a line for each agent, with 95 % intervals.

    `curves` has columns arm, n_examples, value, low, high.
    """
    for i, (arm, rows) in enumerate(curves.groupby("arm", sort=False)):
        sorted_rows = rows.sort_values("n_examples")
        style = series_style(i)
        x, band = sorted_rows.n_examples, (sorted_rows.low, sorted_rows.high)
        ax.plot(x, sorted_rows.value, label=str(arm), markersize=5, **style)
        ax.fill_between(x, *band, color=style["color"], alpha=0.15, linewidth=0)
    ax.set_xscale("log", base=2)
    ax.set_xticks(sorted(curves.n_examples.unique()))
    format_counts(ax.xaxis)
    format_axis(ax.yaxis, "percent")
    ax.set(xlabel="examples to learn from (count)", ylabel="right end states")
    ax.set_ylim(bottom=0)
    ax.legend()
    return ax


def plot_by_length(
    ax: Axes, table: DataFrame, published: Mapping[str, Mapping[int, float]]
) -> Axes:
    """Plot accuracy by the number of actions, with the paper's as hollow diamonds.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns arm, length, value, low, high.
    published : mapping of str to mapping
        The paper's accuracy by length, for arms that it has.

    Returns
    -------
    Axes
        `ax`.
    """
    groups = list(table.groupby("arm", sort=False))
    for i, (arm, rows) in enumerate(groups):
        style, rows = series_style(i), rows.sort_values("length")
        x = rows.length + 0.12 * (i - (len(groups) - 1) / 2)
        spread = np.maximum([rows.value - rows.low, rows.high - rows.value], 0)
        ax.errorbar(
            x, rows.value, yerr=spread, linestyle="-", linewidth=1, markersize=5, capsize=2.5,
            label=str(arm), **style,
        )  # fmt: skip
        if paper := published.get(str(arm)):
            ax.plot(
                list(paper), list(paper.values()), "D", color=style["color"], fillstyle="none",
                markersize=7, label=f"{arm}, paper",
            )  # fmt: skip
    format_ranks(ax.xaxis)
    format_axis(ax.yaxis, "percent")
    ax.set(xlabel="actions that are meant (count)", ylabel="right end states")
    ax.set_ylim(bottom=0)
    add_legend(ax)
    return ax


def plot_constraint(ax: Axes, table: DataFrame) -> Axes:
    """Plot accuracy with and without the decoding constraint, one row an agent.

    `table` has columns arm, constrained, value.
    """
    columns = table.constrained.map({True: "possible", False: "all"})
    wide = table.assign(columns=columns).pivot(index="arm", columns="columns", values="value")
    wide = wide.loc[list(dict.fromkeys(table.arm))[::-1]]
    for y, (free, constrained) in enumerate(wide[["all", "possible"]].to_numpy()):
        ax.plot([free, constrained], [y, y], color=GREY, zorder=1)
    ax.scatter(wide["all"], range(len(wide)), color=SKY, marker="s", label="all actions")
    ax.scatter(wide["possible"], range(len(wide)), color=BLUE, label="possible actions only")
    ax.set_yticks(range(len(wide)), list(wide.index))
    ax.set_ylim(-0.6, len(wide) - 0.4)
    format_axis(ax.xaxis, "percent")
    ax.set_xlabel("right end states")
    add_legend(ax)
    return ax
