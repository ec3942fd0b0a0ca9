"""Figures of notebook 01: what the content filter keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import seaborn as sns

from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import BLUE, VERMILION, add_legend, format_axis, reference_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_DODGE = 0.4


def plot_prompts_kept(ax: Axes, survival: DataFrame, paper: float = 0.30) -> Axes:
    """Plot the share of each corpus that each rule keeps.

    A small dot is a word list, a large one the strictest list.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    survival : DataFrame
        The table of `gamelabel.prompts.survival_table`.
    paper : float
        The share that the paper kept (section 3.2).

    Returns
    -------
    Axes
        `ax`.
    """
    names = survival.corpus.map(readable_name) + survival.prompts.map(" ({:,})".format)
    data = survival.assign(name=names)
    rules = list(dict.fromkeys(data.rule))
    style = {"x": "share_kept", "y": "name", "hue": "rule", "palette": [BLUE, VERMILION], "ax": ax}
    sns.stripplot(data, **style, dodge=True, jitter=False, size=4, alpha=0.6, legend=False)
    sns.pointplot(
        data, **style, estimator="min", errorbar=("pi", 100), dodge=_DODGE, linestyle="none",
        markersize=6, err_kws={"linewidth": 1},
    )  # fmt: skip
    strictest = data.groupby(["name", "rule"], sort=False).share_kept.min()
    rows = list(dict.fromkeys(data.name))
    for (name, rule), share in strictest.items():
        y = rows.index(name) + _DODGE * (rules.index(rule) - (len(rules) - 1) / 2)
        ax.annotate(
            f"{share:.0%}", (share, y), (-7, 0), textcoords="offset points", ha="right",
            va="center", size=8,
        )  # fmt: skip
    reference_line(ax, paper, f"the paper: {paper:.0%}")
    ax.set(xlim=(0, 1.02), xlabel="share of prompts kept", ylabel="corpus (prompts)")
    format_axis(ax.xaxis, "percent")
    add_legend(ax, "below")
    return ax
