"""Figures of notebook 16: drawn pictures with flaws, scores, issues by category of the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import seaborn as sns
from PIL import Image

from gamelabel.figures.style import format_axis, write_no_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame


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
