"""Figures of prompts and pictures: what a filter keeps, what a player sees, shares with their intervals."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame


def prompts_kept(ax: Axes, survival: DataFrame, paper: float = 0.30) -> Axes:
    """What each corpus keeps under each rule: a small dot for each word list, a large one for the most severe.

    survival: as `gamelabel.prompts.survival` has it. paper: the share that the paper kept (section 3.2).
    """
    corpora = list(dict.fromkeys(survival.corpus))[::-1]
    colours = {"whole word": "#1f5f8b", "substring": "#d1661f"}
    for (corpus, rule), rows in survival.groupby(["corpus", "rule"], sort=False):
        at = corpora.index(corpus) + (0.15 if rule == "whole word" else -0.15)
        ax.plot(
            rows.share_kept,
            [at] * len(rows),
            "o-",
            color=colours[rule],
            markersize=4,
            linewidth=1,
            alpha=0.6,
        )
        worst = rows.share_kept.min()
        ax.plot(
            worst,
            at,
            "o",
            color=colours[rule],
            markersize=8,
            label=rule if corpus == corpora[-1] else None,
        )
        ax.annotate(
            f"{worst:.0%}",
            (worst, at),
            (-8, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            size=8,
        )
    ax.axvline(paper, color="black", linestyle="--", linewidth=1, label=f"the paper: {paper:.0%}")
    sizes = survival.groupby("corpus").prompts.first()
    ax.set_yticks(range(len(corpora)), [f"{corpus} ({sizes[corpus]:,})" for corpus in corpora])
    ax.set(xlim=(0, 1.02), ylim=(-0.6, len(corpora) - 0.4), xlabel="share of prompts kept")
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(loc="lower left", fontsize=8)
    return ax


def picture_pair(ax: Axes, first: NDArray[Any], second: NDArray[Any], title: str) -> Axes:
    """Two pictures (H, W, 3) side by side as a player sees them, the prompt above, wrapped."""
    gap = np.full((first.shape[0], first.shape[1] // 16, 3), 255, np.uint8)
    ax.imshow(np.concatenate((first, gap, second), 1), interpolation="bicubic")
    ax.set_title("\n".join(wrap(title, 34)), fontsize=7)
    ax.set_axis_off()
    return ax


def shares(ax: Axes, table: DataFrame, label: str = "share") -> Axes:
    """Shares with their intervals, a row each: columns name, value, low, high, n, the first on top."""
    rows = table.iloc[::-1]
    spread = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
    ax.errorbar(rows["value"], range(len(rows)), xerr=spread, fmt="o", color="#1f5f8b", capsize=3)
    ax.set_yticks(
        range(len(rows)),
        [f"{name} ({n:,})" for name, n in zip(rows["name"], rows["n"], strict=True)],
    )
    ax.set(xlabel=label, ylim=(-0.6, len(rows) - 0.4))
    return ax


def preferred_pair(ax: Axes, preferred: NDArray[Any], other: NDArray[Any], prompt: str) -> Axes:
    """A point as the paper prints its examples: two pictures (H, W, 3) and under each whether players preferred it."""
    picture_pair(ax, preferred, other, prompt)
    for at, word, colour in ((0.24, "preferred", "#1f5f8b"), (0.76, "dispreferred", "#d1661f")):
        ax.text(
            at, -0.03, word, transform=ax.transAxes, ha="center", va="top", size=7, color=colour
        )
    return ax


def judged(ax: Axes, picture: NDArray[Any], fits: bool) -> Axes:
    """A picture (H, W, 3) in a frame, green where it fits its prompt, red where not."""
    ax.imshow(picture, interpolation="bicubic")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(color="#2a8f4f" if fits else "#b3261e", linewidth=2)
    return ax
