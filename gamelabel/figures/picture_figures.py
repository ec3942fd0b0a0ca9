"""Figures that show pictures: pairs as players see them, and grids of models by prompts."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import BLUE, GREEN, VERMILION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from pandas import DataFrame


def plot_picture_pair(
    ax: Axes, first: NDArray[Any], second: NDArray[Any], prompt: str, captions: bool = False
) -> Axes:
    """Plot two pictures beside each other, as a player sees them, with their prompt above.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    first, second : ndarray (H, W, 3)
        The pictures.
    prompt : str
        The prompt of both.
    captions : bool
        Whether to mark the first as preferred and the second as not, as the paper's examples are.

    Returns
    -------
    Axes
        `ax`.
    """
    gap = np.full((first.shape[0], first.shape[1] // 16, 3), 255, np.uint8)
    ax.imshow(np.concatenate((first, gap, second), 1), interpolation="bicubic")
    ax.set_title(fill(prompt, 34), fontsize=7)
    ax.set_axis_off()
    if captions:
        for x, caption, color in ((0.24, "preferred", BLUE), (0.76, "dispreferred", VERMILION)):
            ax.text(
                x, -0.03, caption, transform=ax.transAxes, ha="center", va="top", size=7,
                color=color,
            )  # fmt: skip
    return ax


def plot_examples(axes: NDArray[Any], examples: DataFrame, folder: str | Path) -> NDArray[Any]:
    """Plot pairs of pictures, the chosen one on the left; axes that are not needed stay empty.

    Parameters
    ----------
    axes : array of Axes
        Where to draw, at least as many as examples.
    examples : DataFrame
        The table of `gamelabel.tables.example_preferences`.
    folder : str or Path
        The folder of the pictures, a run's.

    Returns
    -------
    array of Axes
        `axes`.
    """
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, examples.to_dict("records"), strict=False):
        pair = [_read_picture(Path(folder) / row[side]) for side in ("chosen", "rejected")]
        plot_picture_pair(ax, pair[0], pair[1], row["prompt"], captions=True)
    return axes


def _read_picture(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def plot_judged_picture(ax: Axes, picture: NDArray[Any], fits: bool | None = None) -> Axes:
    """Plot a picture (H, W, 3), framed in green if it fits its prompt, in dashed red if not."""
    ax.imshow(picture, interpolation="bicubic")
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(fits is not None)
        if fits is not None:
            spine.set(color=GREEN if fits else VERMILION, linewidth=2)
            spine.set_linestyle("-" if fits else (0, (3, 1.5)))
    return ax


def plot_picture_grid(
    axes: NDArray[Any],
    pictures: Mapping[str, NDArray[Any]],
    prompts: Sequence[str],
    fits: Mapping[str, NDArray[np.bool_]] | None = None,
) -> NDArray[Any]:
    """Plot the pictures of several models, a row each, with the prompt above each column.

    Parameters
    ----------
    axes : array of Axes (rows, columns)
        Where to draw.
    pictures : mapping of str to ndarray (N, H, W, 3)
        Pictures of each model, of which the first are shown. Columns without one stay empty.
    prompts : sequence of str, length N
        The prompts, the same for all models.
    fits : mapping of str to ndarray, bool (N,), optional
        Whether each picture fits its prompt, for the color of its frame.

    Returns
    -------
    array of Axes
        `axes`.
    """
    for row, (model, drawn) in zip(axes, pictures.items(), strict=True):
        for ax in row[len(drawn) :]:
            ax.set_axis_off()
        for column, ax in enumerate(row[: len(drawn)]):
            plot_judged_picture(ax, drawn[column], bool(fits[model][column]) if fits else None)
        _label_row(row[0], readable_name(model), 17, 8)
    for ax, prompt in zip(axes[0], prompts, strict=False):
        ax.set_title(fill(prompt, 17), fontsize=6.5, va="bottom")
    return axes


def plot_scored_pictures(
    axes: Sequence[Axes],
    pictures: Sequence[NDArray[Any]],
    scores: Sequence[float] | NDArray[Any],
    fits: Sequence[bool] | NDArray[Any] | None,
    prompt: str,
) -> Sequence[Axes]:
    """Plot pictures of one prompt in a row, the highest score first, each with its score.

    Parameters
    ----------
    axes : sequence of N Axes
        Where to draw.
    pictures : sequence of N ndarrays (H, W, 3)
        The pictures.
    scores : sequence of N floats
        Their scores.
    fits : sequence of N bools, or None
        Whether each fits the prompt, for the color of its frame. None draws no frames.
    prompt : str
        The prompt, written on the left.

    Returns
    -------
    sequence of Axes
        `axes`.
    """
    order = np.argsort(-np.asarray(scores, float))
    for ax, i in zip(axes, order, strict=True):
        plot_judged_picture(ax, pictures[i], None if fits is None else bool(fits[i]))
        ax.set_xlabel(f"{round(float(scores[i]), 2) + 0.0:.2f}", fontsize=8, labelpad=2)
    _label_row(axes[0], prompt, 18, 7.5)
    return axes


def _label_row(ax: Axes, text: str, width: int, size: float) -> None:
    ax.set_ylabel(fill(text, width), rotation=0, ha="right", va="center", fontsize=size)
