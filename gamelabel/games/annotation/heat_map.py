"""Where people see something wrong in a picture: their points as a map of density."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def points_by_picture(regions: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return the points of all people by picture, the picture with the most points first.

    Parameters
    ----------
    regions : DataFrame
        The table `regions`: `picture`, `x` and `y`, a row an answer.

    Returns
    -------
    dict of str to ndarray
        Points as shares of the picture's width and height, shape (n, 2). Pictures that nobody
        found wrong have none.

    Examples
    --------
    >>> columns = {"picture": ["1.png", "2.png", "2.png"], "x": [[], [0.5], [0.4]]}
    >>> points = points_by_picture(pd.DataFrame({**columns, "y": [[], [0.2], [0.3]]}))
    >>> {picture: xy.tolist() for picture, xy in points.items()}
    {'2.png': [[0.5, 0.2], [0.4, 0.3]], '1.png': []}
    """
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for picture, x, y in zip(regions["picture"], regions["x"], regions["y"], strict=True):
        parts.setdefault(picture, []).append(np.column_stack([x, y]).astype(float))
    points = {picture: np.concatenate(answers) for picture, answers in parts.items()}
    return dict(sorted(points.items(), key=lambda item: -len(item[1])))


def heat_map(
    points: ArrayLike, shape: tuple[int, int] = (32, 32), width: float = 0.05
) -> NDArray[np.float64]:
    """Return the density of points over a picture.

    Each point is spread as a Gaussian, cut off at the borders of the picture, and adds 1 to the sum
    of the map.

    Parameters
    ----------
    points : array_like of shape (n, 2)
        Points as shares of the picture's width and height, from the upper left.
    shape : tuple of int
        Rows and columns of the map.
    width : float
        Standard deviation of the Gaussian, as a share of the picture's width and height.

    Returns
    -------
    ndarray of shape `shape`
        Points a cell.

    Examples
    --------
    >>> density = heat_map([[0.25, 0.75], [0.3, 0.75]], shape=(4, 4))
    >>> float(density.sum().round(6)), float(density[2:, :2].sum().round(2))
    (2.0, 2.0)
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    n_rows, n_columns = shape
    columns = _spread(xy[:, 0], n_columns, width)
    rows = _spread(xy[:, 1], n_rows, width)
    density: NDArray[np.float64] = rows.T @ columns
    return density


def _spread(values: NDArray[np.float64], n: int, width: float) -> NDArray[np.float64]:
    """Return the weight of each of n cells for each value; the weights of a value add up to 1."""
    centers = (np.arange(n) + 0.5) / n
    distances = (centers - values[:, None]) / width
    # relative to the nearest cell, so that narrow Gaussians do not vanish between cells
    exponents = -0.5 * distances**2
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
