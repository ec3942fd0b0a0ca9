"""Figures of labels and those who gave them, beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike
    from pandas import DataFrame

    from gamelabel.reliability import Estimate


def beside_paper(ax: Axes, table: DataFrame) -> Axes:
    """Each number over the paper's: a dot for this run, a line for the central 80 % of all seeds, a tick its median.

    table: as `gamelabel.games.pairs.ensemble.ensemble_table` has it.
    """
    at = range(len(table))[::-1]
    ax.hlines(
        at,
        table.low / table.paper,
        table.high / table.paper,
        color="#9db8ca",
        linewidth=6,
        label="80 % of seeds",
    )
    ax.plot(
        table["median"] / table.paper, at, "|", color="#1f5f8b", markersize=12, label="their median"
    )
    ax.plot(table["this"] / table.paper, at, "o", color="#d1661f", markersize=5, label="this run")
    ax.axvline(1, color="black", linestyle="--", linewidth=1, label="the paper")
    numbers = [f"{value:,.2f}" if value < 1 else f"{value:,.0f}" for value in table.paper]
    names = [
        f"{name.replace('_', ' ')} ({number})"
        for name, number in zip(table.number, numbers, strict=True)
    ]
    ax.set_yticks(list(at), names)
    ax.set(xlabel="over the paper's number", ylim=(-0.6, len(table) - 0.4))
    ax.legend(fontsize=8, loc="best")
    return ax


def labels_per_player(ax: Axes, counts: ArrayLike, top: int = 16) -> Axes:
    """Labels of each player, the busiest first and the top ones in colour, on a log scale. counts: (P,)."""
    ordered = np.sort(np.asarray(counts))[::-1]
    rank = np.arange(1, len(ordered) + 1)
    share = ordered[:top].sum() / max(1, ordered.sum())
    ax.bar(
        rank[:top],
        ordered[:top],
        width=0.9,
        color="#d1661f",
        label=f"busiest {top}: {share:.0%} of all labels",
    )
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
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="share of players, the least busy first",
        ylabel="share of labels",
    )
    ax.legend(fontsize=8)
    return ax


def labels_per_point(ax: Axes, votes: DataFrame) -> Axes:
    """How many points have one label, two, three, ...; in colour where their labels do not all agree.

    votes: as `gamelabel.tables.count_votes` has it.
    """
    total = votes.votes_a + votes.votes_b
    split = (votes.votes_a > 0) & (votes.votes_b > 0)
    sizes = np.arange(1, int(total.max()) + 1) if len(votes) else np.arange(1, 2)
    agreed, divided = (
        [int(((total == size) & part).sum()) for size in sizes] for part in (~split, split)
    )
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
    ax.scatter(
        rank,
        known.accuracy,
        s=area,
        color="#1f5f8b",
        alpha=0.7,
        linewidth=0,
        zorder=3,
        label="a player; area: labels given",
    )
    ax.axhline(
        mean, color="black", linewidth=1, linestyle="--", label=f"mean of players {mean:.1%}"
    )
    ax.axhline(weighted, color="#d1661f", linewidth=1, label=f"weighted by labels {weighted:.1%}")
    ax.set(
        ylim=(0, 1.02),
        xlabel="players, the most accurate first",
        ylabel="accuracy on comparison points",
    )
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, loc="lower left")
    return ax


def estimates(ax: Axes, named: Mapping[str, Estimate], marks: Mapping[str, float]) -> Axes:
    """Values with their intervals, one a line from the top, and named marks as dashed lines."""
    at = range(len(named))[::-1]
    for y, estimate in zip(at, named.values(), strict=True):
        ax.plot(
            [estimate.low, estimate.high],
            [y, y],
            color="#9db8ca",
            linewidth=6,
            solid_capstyle="butt",
        )
        ax.plot(estimate.value, y, "o", color="#1f5f8b")
        ax.annotate(
            f"{estimate.value:.3f}",
            (estimate.value, y),
            (0, 9),
            textcoords="offset points",
            ha="center",
            size=8,
        )
    for i, (name, value) in enumerate(marks.items()):
        ax.axvline(
            value, color=["black", "#d1661f"][i % 2], linestyle="--", linewidth=1, label=name
        )
    ax.set_yticks(list(at), list(named))
    ax.set(ylim=(-0.6, len(named) - 0.4))
    if marks:
        ax.legend(
            fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(marks), frameon=False
        )
    return ax


def heavy_tail(ax: Axes, counts: ArrayLike, mean: float, sd: float, busiest: float) -> Axes:
    """The share of players who gave at least so many labels, both on log scales, beside the paper's.

    counts: labels of each player, (P,). mean, sd, busiest: the paper's; the dashed line is the lognormal with this mean
    and spread, the cross its busiest player.
    """
    from scipy.special import ndtr

    ordered = np.sort(np.asarray(counts, float))[::-1]
    at_least = np.arange(1, len(ordered) + 1) / max(1, len(ordered))
    ax.plot(
        ordered,
        at_least,
        "o",
        color="#1f5f8b",
        markersize=4,
        label="this run, a dot for each player",
    )
    sigma = np.sqrt(np.log1p((sd / mean) ** 2))
    many = np.geomspace(1, 2 * max(busiest, ordered.max(initial=1)), 200)
    tail = ndtr((np.log(mean) - sigma**2 / 2 - np.log(many)) / sigma)
    label = f"lognormal, mean {mean:.0f}, sd {sd:.0f} (the paper's)"
    ax.plot(many, tail, color="black", linestyle="--", linewidth=1, label=label)
    least = 1 / max(1, len(ordered))
    ax.plot(
        busiest,
        least,
        "x",
        color="#d1661f",
        markersize=9,
        mew=2,
        label=f"the paper's busiest, {busiest:,.0f}",
    )
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
        ax.plot(
            some.labels,
            some.accuracy,
            "o",
            color=colour,
            markersize=5,
            alpha=0.6,
            mew=0,
            label=label,
        )
    ax.axhline(
        mean,
        color="black",
        linestyle="--",
        linewidth=1,
        label=f"the paper, each player once: {mean:.0%}",
    )
    ax.axhline(
        weighted,
        color="black",
        linestyle=":",
        linewidth=1.5,
        label=f"the paper, by label: {weighted:.0%}",
    )
    ax.set(
        xscale="log",
        ylim=(-0.03, 1.03),
        xlabel="labels given",
        ylabel="accuracy on comparison points",
    )
    ax.xaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend(fontsize=8, loc="lower right")
    return ax
