"""Every figure of the study: a function takes an Axes, draws on it, and returns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


def prompts_kept(ax: Axes, survival: DataFrame, paper: float = 0.30) -> Axes:
    """What each corpus keeps under each rule: a small dot for each word list, a large one for the most severe.

    survival: as `gamelabel.prompts.survival` has it. paper: the share that the paper kept (section 3.2).
    """
    corpora = list(dict.fromkeys(survival.corpus))[::-1]
    colours = {"whole word": "#1f5f8b", "substring": "#d1661f"}
    for (corpus, rule), rows in survival.groupby(["corpus", "rule"], sort=False):
        at = corpora.index(corpus) + (0.15 if rule == "whole word" else -0.15)
        ax.plot(rows.share_kept, [at] * len(rows), "o-", color=colours[rule], markersize=4, linewidth=1, alpha=0.6)
        worst = rows.share_kept.min()
        ax.plot(worst, at, "o", color=colours[rule], markersize=8, label=rule if corpus == corpora[-1] else None)
        ax.annotate(f"{worst:.0%}", (worst, at), (-8, 0), textcoords="offset points", ha="right", va="center", size=8)
    ax.axvline(paper, color="black", linestyle="--", linewidth=1, label=f"the paper: {paper:.0%}")
    sizes = survival.groupby("corpus").prompts.first()
    ax.set_yticks(range(len(corpora)), [f"{corpus} ({sizes[corpus]:,})" for corpus in corpora])
    ax.set(xlim=(0, 1.02), ylim=(-0.6, len(corpora) - 0.4), xlabel="share of prompts kept")
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(loc="lower left", fontsize=8)
    return ax
