"""Functions that read numbers from axes."""

import numpy as np
from matplotlib.axes import Axes


def row_names(ax: Axes) -> list[str]:
    """The names of the rows, from the top."""
    ticks = zip(
        ax.transData.transform([(0, y) for y in ax.get_yticks()])[:, 1],
        ax.get_yticklabels(),
        strict=True,
    )
    return [label.get_text() for _, label in sorted(ticks, key=lambda tick: -tick[0])]


def legend_names(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def dots(ax: Axes, label: str) -> np.ndarray:
    """Positions (N, 2) of the dots with a label: of scatter points, or of a line."""
    for collection in ax.collections:
        if collection.get_label() == label:
            return np.asarray(collection.get_offsets())
    return next(line.get_xydata() for line in ax.lines if line.get_label() == label)


def errorbars(ax: Axes) -> dict[str, np.ndarray]:
    """By label: value, low and high (N, 3) of horizontal intervals, row by row."""
    intervals = {}
    for container in ax.containers:
        line, _, (bars,) = container.lines
        ends = np.array([segment[:, 0] for segment in bars.get_segments()])
        intervals[container.get_label()] = np.column_stack([line.get_xdata(), ends])
    return intervals
