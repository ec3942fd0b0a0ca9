"""Every figure of the study: a function takes an Axes, draws on it, and returns it."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray
    from pandas import DataFrame

    from gamelabel.reliability import Estimate


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
    ax.set_yticks(range(len(rows)), [f"{name} ({n:,})" for name, n in zip(rows["name"], rows["n"], strict=True)])
    ax.set(xlabel=label, ylim=(-0.6, len(rows) - 0.4))
    return ax


def beside_paper(ax: Axes, table: DataFrame) -> Axes:
    """Each number over the paper's: a dot for this run, a line for the central 80 % of all seeds, a tick its median.

    table: as `gamelabel.game.beside` has it.
    """
    at = range(len(table))[::-1]
    ax.hlines(
        at, table.low / table.paper, table.high / table.paper, color="#9db8ca", linewidth=6, label="80 % of seeds"
    )
    ax.plot(table["median"] / table.paper, at, "|", color="#1f5f8b", markersize=12, label="their median")
    ax.plot(table["this"] / table.paper, at, "o", color="#d1661f", markersize=5, label="this run")
    ax.axvline(1, color="black", linestyle="--", linewidth=1, label="the paper")
    numbers = [f"{value:,.2f}" if value < 1 else f"{value:,.0f}" for value in table.paper]
    names = [f"{name.replace('_', ' ')} ({number})" for name, number in zip(table.number, numbers, strict=True)]
    ax.set_yticks(list(at), names)
    ax.set(xlabel="over the paper's number", ylim=(-0.6, len(table) - 0.4))
    ax.legend(fontsize=8, loc="best")
    return ax


def labels_per_player(ax: Axes, counts: ArrayLike, top: int = 16) -> Axes:
    """Labels of each player, the busiest first and the top ones in colour, on a log scale. counts: (P,)."""
    ordered = np.sort(np.asarray(counts))[::-1]
    rank = np.arange(1, len(ordered) + 1)
    share = ordered[:top].sum() / max(1, ordered.sum())
    ax.bar(rank[:top], ordered[:top], width=0.9, color="#d1661f", label=f"busiest {top}: {share:.0%} of all labels")
    ax.bar(rank[top:], ordered[top:], width=0.9, color="#9db8ca", label="all others")
    ax.set(yscale="log", xlabel="players, the busiest first", ylabel="labels")
    ax.legend(fontsize=8)
    return ax


def lorenz(ax: Axes, curve: ArrayLike, gini: float) -> Axes:
    """Share of labels by the least busy share of players, against all being alike. curve: (P + 1,) from 0 to 1."""
    shares = np.asarray(curve)
    people = np.linspace(0, 1, len(shares))
    ax.plot(people, people, color="black", linestyle="--", linewidth=1, label="all alike")
    ax.plot(people, shares, color="#1f5f8b", label=f"Gini {gini:.2f}")
    ax.fill_between(people, shares, people, color="#9db8ca", alpha=0.4)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="share of players, the least busy first", ylabel="share of labels")
    ax.legend(fontsize=8)
    return ax


def labels_per_point(ax: Axes, votes: DataFrame) -> Axes:
    """How many points have one label, two, three, ...; in colour where their labels do not all agree.

    votes: as `gamelabel.labels.votes` has it.
    """
    total = votes.votes_a + votes.votes_b
    split = (votes.votes_a > 0) & (votes.votes_b > 0)
    sizes = np.arange(1, int(total.max()) + 1) if len(votes) else np.arange(1, 2)
    agreed, divided = ([int(((total == size) & part).sum()) for size in sizes] for part in (~split, split))
    ax.bar(sizes, agreed, color="#9db8ca", label="all labels agree")
    ax.bar(sizes, divided, bottom=agreed, color="#d1661f", label="labels on both sides")
    ax.set(xlabel="labels of a point", ylabel="points", xticks=sizes)
    ax.legend(fontsize=8)
    return ax


def accuracy_by_player(ax: Axes, table: DataFrame, mean: float, weighted: float) -> Axes:
    """Each player's accuracy on comparison points, the best first, with its interval; area by labels given.

    table: columns accuracy, low, high, labels, as `gamelabel.reliability.accuracy` has it.
    """
    known = table[table.accuracy.notna()].sort_values("accuracy", ascending=False)
    rank = np.arange(1, len(known) + 1)
    ax.vlines(rank, known.low, known.high, color="#c9d6df", linewidth=1.2, label="95 % (Wilson)")
    area = 4 + 120 * known.labels / max(1, known.labels.max())
    ax.scatter(rank, known.accuracy, s=area, color="#1f5f8b", alpha=0.7, linewidth=0, zorder=3, label="a player")
    ax.axhline(mean, color="black", linewidth=1, linestyle="--", label=f"mean of players {mean:.1%}")
    ax.axhline(weighted, color="#d1661f", linewidth=1, label=f"weighted by labels {weighted:.1%}")
    ax.set(ylim=(0, 1.02), xlabel="players, the most accurate first", ylabel="accuracy on comparison points")
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, loc="lower left")
    return ax


def estimates(ax: Axes, named: Mapping[str, Estimate], marks: Mapping[str, float]) -> Axes:
    """Values with their intervals, one a line from the top, and named marks as dashed lines."""
    at = range(len(named))[::-1]
    for y, estimate in zip(at, named.values(), strict=True):
        ax.plot([estimate.low, estimate.high], [y, y], color="#9db8ca", linewidth=6, solid_capstyle="butt")
        ax.plot(estimate.value, y, "o", color="#1f5f8b")
        ax.annotate(
            f"{estimate.value:.3f}", (estimate.value, y), (0, 9), textcoords="offset points", ha="center", size=8
        )
    for i, (name, value) in enumerate(marks.items()):
        ax.axvline(value, color=["black", "#d1661f"][i % 2], linestyle="--", linewidth=1, label=name)
    ax.set_yticks(list(at), list(named))
    ax.set(ylim=(-0.6, len(named) - 0.4))
    if marks:
        ax.legend(fontsize=8)
    return ax


def heavy_tail(ax: Axes, counts: ArrayLike, mean: float, sd: float, busiest: float) -> Axes:
    """The share of players who gave at least so many labels, both on log scales, beside the paper's.

    counts: labels of each player, (P,). mean, sd, busiest: the paper's; the dashed line is the lognormal with this mean
    and spread, the cross its busiest player.
    """
    from scipy.special import ndtr

    ordered = np.sort(np.asarray(counts, float))[::-1]
    at_least = np.arange(1, len(ordered) + 1) / max(1, len(ordered))
    ax.plot(ordered, at_least, "o", color="#1f5f8b", markersize=4, label="this run, a dot for each player")
    sigma = np.sqrt(np.log1p((sd / mean) ** 2))
    many = np.geomspace(1, 2 * max(busiest, ordered.max(initial=1)), 200)
    tail = ndtr((np.log(mean) - sigma**2 / 2 - np.log(many)) / sigma)
    label = f"lognormal, mean {mean:.0f}, sd {sd:.0f} (the paper's)"
    ax.plot(many, tail, color="black", linestyle="--", linewidth=1, label=label)
    least = 1 / max(1, len(ordered))
    ax.plot(busiest, least, "x", color="#d1661f", markersize=9, mew=2, label=f"the paper's busiest, {busiest:,.0f}")
    ax.set(xscale="log", yscale="log", xlim=(1, many[-1]), ylim=(least / 2, 1.3))
    ax.set(xlabel="labels", ylabel="share of players with as many or more")
    ax.xaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g}%")
    ax.legend(fontsize=8, loc="lower left")
    return ax


def accuracy_by_labels(ax: Axes, players: DataFrame, mean: float, weighted: float) -> Axes:
    """Each player's accuracy over how many labels they gave; in colour who was removed; lines: the paper's two means.

    players: columns accuracy, labels, state (active, removed).
    """
    known = players[players.accuracy.notna()]
    for state, colour in {"active": "#1f5f8b", "removed": "#d1661f"}.items():
        some = known[known.state == state]
        label = f"{state} ({len(some):,})"
        ax.plot(some.labels, some.accuracy, "o", color=colour, markersize=5, alpha=0.6, mew=0, label=label)
    ax.axhline(mean, color="black", linestyle="--", linewidth=1, label=f"the paper, each player once: {mean:.0%}")
    ax.axhline(weighted, color="black", linestyle=":", linewidth=1.5, label=f"the paper, by label: {weighted:.0%}")
    ax.set(xscale="log", ylim=(-0.03, 1.03), xlabel="labels given", ylabel="accuracy on comparison points")
    ax.xaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, loc="lower right")
    return ax


def preferred_pair(ax: Axes, preferred: NDArray[Any], other: NDArray[Any], prompt: str) -> Axes:
    """A point as the paper prints its examples: two pictures (H, W, 3) and under each whether players preferred it."""
    picture_pair(ax, preferred, other, prompt)
    for at, word, colour in ((0.24, "preferred", "#1f5f8b"), (0.76, "dispreferred", "#d1661f")):
        ax.text(at, -0.03, word, transform=ax.transAxes, ha="center", va="top", size=7, color=colour)
    return ax


def claimed_values(ax: Axes, table: DataFrame, most: float = 2.0) -> Axes:
    """Each tested claim of a value over the paper's number: a band for what is accepted, our value, its interval.

    table: as `gamelabel.study.ratios.values` has it. What lies beyond `most` is an arrow at the edge; the numbers
    themselves stand on the right.
    """
    at = _claims(ax, table, "this run over the paper's number", 1, "the paper", 0.02 * most, 0.98 * most)
    low, high = (table[end].clip(0, most).to_numpy(float) for end in ("least", "most"))
    ax.barh(at, high - low, left=low, height=0.6, color="#d9e4ec", edgecolor="#9db8ca", label="accepted", zorder=0)
    ax.set_xlim(0, most)
    _legend(ax)
    return ax


def claimed_directions(ax: Axes, table: DataFrame, most: float = 6.0) -> Axes:
    """Each tested claim of a direction: how far our value lies on the paper's side, in half-widths of its interval.

    table: as `gamelabel.study.ratios.directions` has it. A claim is met where the whole interval is right of 0.
    """
    label = "on the paper's side, in half-widths of the interval"
    _claims(ax, table, label, 0, "no difference", -0.96 * most, 0.96 * most)
    ax.axvspan(0, most, color="#d9e4ec", alpha=0.6, linewidth=0, label="accepted", zorder=0)
    ax.set_xlim(-most, most)
    _legend(ax)
    return ax


def _claims(ax: Axes, table: DataFrame, label: str, mark: float, marked: str, least: float, most: float) -> list[int]:
    """Rows of claims, their intervals and our values, the verdict as colour; where each row stands."""
    at = list(range(len(table)))[::-1]
    for y, row in zip(at, table.to_dict("records"), strict=True):
        colour = "#1f5f8b" if row["verdict"] in ("matches", "consistent in simulation") else "#d1661f"
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
