"""Figures of tuning: which model wins against which, and what changed in which family of prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gamelabel.figures.prompt_figures import judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame

_COLOURS = ("#1f5f8b", "#d1661f", "#4c9f70", "#8a6bb1", "#b3a125", "#7f7f7f", "#5aa5c4", "#c2478a")


def win_matrix(
    ax: Axes, matrix: DataFrame, label: str = "wins of the row against the column"
) -> Axes:
    """How often the model of a row won against that of a column, in percent, purple above half, orange below.

    matrix: first, second, value, as `gamelabel.tuning.win_matrix` has it; models stand in its order. A cell whose
    interval holds one half is printed in grey.
    """
    names = list(matrix["first"].unique())
    value, low, high = (
        matrix.pivot(index="first", columns="second", values=name).loc[names, names].to_numpy(float)
        for name in ("value", "low", "high")
    )
    ax.imshow(value, cmap="PuOr", vmin=0, vmax=1)
    for (i, j), share in np.ndenumerate(value):
        sure = low[i, j] > 0.5 or high[i, j] < 0.5
        dark = abs(share - 0.5) > 0.3
        colour = "white" if dark else "black" if sure else "#777777"
        ax.text(
            j,
            i,
            "-" if np.isnan(share) else f"{100 * share:.0f}",
            ha="center",
            va="center",
            color=colour,
            size=8,
        )
    ax.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize=8)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set_title(label, fontsize=9)
    return ax


def changes_by_family(
    ax: Axes, changes: Mapping[str, DataFrame], label: str = "change of adherence, points"
) -> Axes:
    """What each model changed in each family of prompts, with intervals; families stand in the first one's order.

    changes: by model, frames name, value, low, high, as `gamelabel.tuning.change_by_family` has them.
    """
    families = list(next(iter(changes.values()))["name"])
    at = np.arange(len(families))[::-1]
    for k, (model, table) in enumerate(changes.items()):
        rows = table.set_index("name").loc[families]
        y = at + 0.3 - 0.6 * k / max(1, len(changes) - 1)
        colour = _COLOURS[k % len(_COLOURS)]
        ax.hlines(y, 100 * rows["low"], 100 * rows["high"], color=colour, linewidth=2, alpha=0.5)
        ax.plot(100 * rows["value"], y, "o", color=colour, markersize=4, label=model)
    ax.axvline(0, color="black", linestyle="--", linewidth=1)
    ax.set_yticks(at, families)
    ax.set(xlabel=label, ylim=(-0.6, len(families) - 0.4))
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax


def changes_by_flip(
    ax: Axes, changes: DataFrame, label: str = "change of adherence, points"
) -> Axes:
    """What each loss changed, by the share of labels that are wrong, with intervals.

    changes: a row a share and loss: flip, loss, value, low, high.
    """
    losses = list(changes["loss"].unique())
    for k, loss in enumerate(losses):
        rows = changes[changes["loss"] == loss].sort_values("flip")
        at = 100 * rows["flip"] + 0.6 * (
            k - (len(losses) - 1) / 2
        )  # beside each other, not on each other
        colour = _COLOURS[k % len(_COLOURS)]
        ax.plot(at, 100 * rows["value"], "o-", color=colour, markersize=4, label=loss)
        ax.vlines(at, 100 * rows["low"], 100 * rows["high"], color=colour, linewidth=2, alpha=0.5)
    ax.axhline(0, color="black", linestyle="--", linewidth=1)
    ax.set(xlabel="wrong labels, percent", ylabel=label)
    ax.legend(fontsize=8, frameon=False)
    return ax


def judged_pictures(
    axes: Sequence[Axes], pictures: NDArray[Any], fits: NDArray[Any], title: str
) -> None:
    """Pictures (n, H, W, 3) in a row, framed green where they fit their prompts, red where not."""
    for ax, picture, right in zip(axes, pictures, fits, strict=False):
        judged(ax, picture, bool(right))
    axes[0].set_title(title, fontsize=8, loc="left")
