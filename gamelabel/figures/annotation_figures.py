"""Figures of notebook 16: pictures with flaws and taps, scores, issues by category, confidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import seaborn as sns
from PIL import Image

from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import GREY, add_legend, format_axis, series_style, write_no_data
from gamelabel.games.annotation.heat_map import heat_map, points_by_picture
from gamelabel.tables.upright_pictures import upright_rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray
    from pandas import DataFrame

_FEWEST_ANSWERS = 10  # of which a share of right ones is drawn


def plot_flawed_pictures(axes: NDArray[Any], folder: Path, truth: DataFrame) -> NDArray[Any]:
    """Plot the pictures of some prompts, a row each, with what is wrong below each picture.

    Parameters
    ----------
    axes : array of Axes (rows, columns)
        Where to draw.
    folder : Path
        The folder of the pictures.
    truth : DataFrame
        Columns prompt, picture, alignment and issues, a row a picture.

    Returns
    -------
    array of Axes
        `axes`.
    """
    groups = list(truth.groupby("prompt", sort=False))
    for row, (prompt, group) in zip(axes, groups, strict=False):
        for ax in row:
            ax.set_axis_off()
        for ax, picture in zip(row, group.itertuples(), strict=False):
            ax.imshow(np.asarray(Image.open(folder / picture.picture)))
            wrong = ["other scene"] if picture.alignment < 1 else []
            ax.text(
                0.5, -0.04, "\n".join([*wrong, *picture.issues]) or "no flaw",
                transform=ax.transAxes, ha="center", va="top", size=7,
            )  # fmt: skip
        row[0].annotate(
            prompt, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", size=8,
            in_layout=False,
        )  # fmt: skip
    return axes


def plot_heat_map(ax: Axes, file: Path, points: ArrayLike) -> Axes:
    """Plot where people tapped a picture, over the picture in gray.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    file : Path
        The picture.
    points : array_like of shape (n, 2)
        The taps of all people, as shares of the picture's width and height from the upper left.
        The darkest place is where most of them are; their number is written below.

    Returns
    -------
    Axes
        `ax`.
    """
    with Image.open(file) as picture:
        gray = np.asarray(upright_rgb(picture).convert("L"))
    height, width = gray.shape
    ax.imshow(gray, cmap="gray", vmin=-200, vmax=255)  # pale, so that the heat is seen
    density = heat_map(points)
    highest = density.max() or 1.0
    ax.imshow(
        density, cmap="Reds", vmin=0, vmax=highest, alpha=0.8 * density / highest,
        extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="bilinear",
    )  # fmt: skip
    ax.spines[:].set_visible(False)
    n = len(np.asarray(points))
    ax.set(xticks=[], yticks=[], xlabel="1 tap" if n == 1 else f"{n:,} taps")
    return ax


def plot_tapped_pictures(
    axes: NDArray[Any],
    folder: Path,
    regions: DataFrame,
    prompts: Mapping[str, str],
) -> NDArray[Any]:
    """Plot the pictures with the most taps, and below each where people tapped it.

    Parameters
    ----------
    axes : array of Axes (2, columns)
        Where to draw; as many pictures as there are columns.
    folder : Path
        The folder of the pictures.
    regions : DataFrame
        The table `regions` of answers.
    prompts : mapping of str to str
        The prompt of each picture, written above it.

    Returns
    -------
    array of Axes
        `axes`.
    """
    for ax in axes.flat:
        ax.set_axis_off()
    tapped = points_by_picture(regions)
    for (above, below), (name, points) in zip(axes.T, tapped.items(), strict=False):
        with Image.open(folder / name) as picture:
            above.imshow(np.asarray(upright_rgb(picture)))
        above.set_title(fill(prompts[name], 22), size=8)
        plot_heat_map(below, folder / name, points).set_axis_on()
    return axes


def plot_score_shares(ax: Axes, shares: DataFrame, label: str) -> Axes:
    """Plot how often each score was given, a group of bars a score.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    shares : DataFrame
        Shares by score (the index), a column for each thing that was scored.
    label : str
        Label of the x axis.

    Returns
    -------
    Axes
        `ax`.
    """
    if shares.empty:
        return write_no_data(ax)
    if (shares.index == shares.index.astype(int)).all():
        shares = shares.set_axis(shares.index.astype(int))
    long = shares.rename_axis("score").reset_index().melt("score", var_name="scored")
    sns.barplot(long, x="score", y="value", hue="scored", ax=ax)
    ax.set(xlabel=label, ylabel="share")
    format_axis(ax.yaxis, "percent")
    ax.legend(title=None, loc="upper left", bbox_to_anchor=(1.01, 1))
    return ax


def plot_issue_shares(ax: Axes, table: DataFrame) -> Axes:
    """Plot how often each issue is present by category of the prompt, as a map with numbers.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        Columns category, issue, value. What is not in it was not asked, and is left white.

    Returns
    -------
    Axes
        `ax`.
    """
    if table.empty:
        return write_no_data(ax)
    categories, issues = table["category"].unique(), table["issue"].unique()
    grid = table.pivot(index="category", columns="issue", values="value").loc[categories, issues]
    sns.heatmap(grid, ax=ax, vmin=0, cmap="Blues", annot=True, fmt=".0%", cbar=False)
    ax.set(xlabel="", ylabel="category of the prompt")
    ax.tick_params(axis="x", rotation=0)
    ax.tick_params(axis="y", rotation=0)
    return ax


def plot_confidence_curves(
    axes: NDArray[Any], bins: Mapping[str, Mapping[str, DataFrame]]
) -> NDArray[Any]:
    """Plot how often answers are right by their confidence, a crowd in each of the axes.

    Parameters
    ----------
    axes : array of Axes (rows, columns)
        Where to draw; what is left over stays empty.
    bins : mapping of str to mapping of str to DataFrame
        By crowd and rule, a row a bin: confidence, the share of right answers, value, with low and
        high, and the number of answers n. Bins with fewer than 10 answers are left out.

    Returns
    -------
    array of Axes
        `axes`.
    """
    for ax in axes.flat[len(bins) :]:
        ax.set_visible(False)
    lowest = 1.0
    for ax, (crowd, by_rule) in zip(axes.flat, bins.items(), strict=False):
        ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="as often as stated")
        for number, (rule, table) in enumerate(by_rule.items()):
            large = table[table["n"] >= _FEWEST_ANSWERS]
            spread = np.abs(large[["low", "high"]].sub(large["value"], axis=0)).to_numpy().T
            ax.errorbar(
                large["confidence"], large["value"], yerr=spread, **series_style(number),
                linewidth=1, markersize=4, elinewidth=1, capsize=2, label=rule,
            )  # fmt: skip
            lowest = min(lowest, large["confidence"].min(), large["low"].min())
        ax.set(title=readable_name(crowd), xlabel="stated confidence", ylabel="right answers")
        format_axis(ax.xaxis, "percent")
        format_axis(ax.yaxis, "percent")
    shown, columns = list(axes.flat[: len(bins)]), axes.shape[1]
    for number, ax in enumerate(shown):
        ax.set(xlim=(lowest - 0.03, 1.03), ylim=(lowest - 0.03, 1.03))
        if number % columns:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
        if number + columns < len(shown):  # another one is below
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    if shown:
        add_legend(shown[:columns][-1])
    return axes
