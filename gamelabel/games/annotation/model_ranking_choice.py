"""Which two models to compare next, so that their order is decided after few votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.annotation.model_ranking import ModelRanking


def choose_comparisons(
    ranking: ModelRanking, n: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Choose the next pairs of models to be compared.

    A vote on two models makes the differences between neighbors in the order more certain. Each
    pair is valued by how much: by the share of a difference's variance that a vote removes, times
    the probability that these neighbors are in the wrong order, summed over the order. A pair is
    drawn with a probability in proportion to the square of its value; then its vote is taken as
    given, and the next pair is drawn. Drawing lets many people label at once: if all got the pair
    of the highest value, most of its votes would come too late to matter.

    Parameters
    ----------
    ranking : ModelRanking
        The order so far.
    n : int
        How many pairs to choose; one may be chosen several times.
    rng : numpy.random.Generator
        Draws the pairs.

    Returns
    -------
    list of (int, int)
        Numbers of two models, the lower one first.

    Examples
    --------
    >>> from gamelabel.games.annotation.model_ranking import rank_models
    >>> counts = np.zeros((3, 3, 3), int)
    >>> counts[0, 1], counts[0, 2], counts[1, 2] = (9, 0, 12), (2, 0, 20), (2, 0, 20)
    >>> counts[1, 0], counts[2, 0], counts[2, 1] = (9, 0, 12), (20, 0, 2), (20, 0, 2)
    >>> choose_comparisons(rank_models(["a", "b", "c"], counts), 2, np.random.default_rng(0))
    [(0, 1), (0, 1)]
    """
    first, second = np.triu_indices(len(ranking.order), 1)
    above, below = ranking.order[:-1], ranking.order[1:]
    covariance = ranking.covariance.copy()
    chance = 1 / (1 + np.exp(ranking.ability[second] - ranking.ability[first]))
    information = chance * (1 - chance)  # that a vote has about the difference
    chosen = []
    for _ in range(n):
        value, gains = _values(covariance, first, second, above, below, information, ranking.wrong)
        # relative to the highest, or all alike, so that nothing is too small to be a number
        weight = (value / value.max()) ** 2 if value.max() > 0 else np.ones(len(value))
        drawn = rng.choice(len(value), p=weight / weight.sum())
        i, j = int(first[drawn]), int(second[drawn])
        chosen.append((i, j))
        along = covariance[:, i] - covariance[:, j]
        covariance -= gains[drawn] * np.outer(along, along)
    return chosen


def _values(
    covariance: NDArray[np.float64],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    above: NDArray[np.int64],
    below: NDArray[np.int64],
    information: NDArray[np.float64],
    wrong: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the value of a vote on each of P pairs, and the factor of its effect; both (P,)."""
    along = covariance[first] - covariance[second]  # (P, M)
    pairs = np.arange(len(first))
    variance = along[pairs, first] - along[pairs, second]
    gains = information / (1 + information * variance)
    removed = gains[:, None] * (along[:, above] - along[:, below]) ** 2  # (P, M - 1)
    rows = covariance[above] - covariance[below]
    places = np.arange(len(above))
    of_neighbors = rows[places, above] - rows[places, below]
    value = (removed / np.maximum(of_neighbors, np.finfo(float).tiny)) @ wrong
    return value, gains
