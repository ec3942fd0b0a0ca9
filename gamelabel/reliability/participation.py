"""Who did the work: how evenly labels are spread over players, and what they cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


class Participation(NamedTuple):
    """How P players shared the labels; `mean` and `sd` (of a sample, P - 1) are labels a player."""

    players: int
    labels: int
    mean: float
    sd: float
    busiest: int
    gini: float  # 0: all gave the same number, towards 1: one gave all
    lorenz: NDArray[np.float64]  # (P + 1,) share of labels by the least busy 0, 1, ..., P players

    def top_share(self, players: int) -> float:
        """The share of all labels that the busiest so many players gave."""
        return float(1 - self.lorenz[max(0, self.players - players)])


def participation(labels: pd.DataFrame | ArrayLike) -> Participation:
    """How the work was shared; labels: a frame with a column `worker`, or labels by player (P,), zeros included.

    Labels without a worker are left out. Lorenz curve L(k) = share of the k smallest; Gini = 1 - (2 sum of L(1..P) - 1)
    / P. Without labels mean, sd, gini and the curve are NaN.
    """
    counts = (
        labels.worker.value_counts().to_numpy()
        if isinstance(labels, pd.DataFrame)
        else np.asarray(labels)
    )
    counts = np.sort(counts)
    players, total = len(counts), int(counts.sum())
    if not total:
        nan = float("nan")
        return Participation(players, 0, nan, nan, 0, nan, np.full(players + 1, nan))
    lorenz = np.concatenate([[0], np.cumsum(counts)]) / total
    gini = 1 - (2 * lorenz[1:].sum() - 1) / players
    sd = float(counts.std(ddof=1)) if players > 1 else float("nan")
    return Participation(players, total, total / players, sd, int(counts[-1]), float(gini), lorenz)


def cost(labels: pd.DataFrame | int, ecpm: float = 2.44, batch: int = 5) -> float:
    """Revenue forgone, in dollars, where each batch of labels took the place of one advertisement.

    ecpm: dollars per 1,000 advertisements seen. The paper gives "approximately $8" for over 16,000 labels (section
    4.3), and no price: with batches of five that is about $2.44.
    """
    count = labels if isinstance(labels, int) else len(labels)
    if count < 0 or batch < 1 or ecpm < 0:
        raise ValueError(
            f"{count} labels in batches of {batch} at ${ecpm} per 1,000: none of these can be"
        )
    return -(-count // batch) * ecpm / 1000
