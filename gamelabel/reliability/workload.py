"""How the labeling was shared among players, and what it cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.tables.vote_counts import FloatArray


class Participation(NamedTuple):
    """Distribution of labels over P players.

    `mean` and `sd` are labels per player, `sd` with P - 1 degrees of freedom. `gini` is 0 where all
    players gave the same number of labels and approaches 1 where one player gave all. `lorenz`,
    shape (P + 1,), is the share of labels from the least busy 0, 1, ..., P players.
    """

    players: int
    labels: int
    mean: float
    sd: float
    busiest: int
    gini: float
    lorenz: FloatArray

    def top_share(self, players: int) -> float:
        """Return the share of all labels that this number of busiest players gave."""
        return float(1 - self.lorenz[max(0, self.players - players)])


def participation(labels: pd.DataFrame | ArrayLike) -> Participation:
    """Summarize how labels are distributed over players.

    The Gini coefficient is 1 - (2 sum of L(1), ..., L(P) - 1) / P with the Lorenz curve L(k), the
    share of labels from the k least busy players. Without labels, all but the counts are NaN.

    Parameters
    ----------
    labels : DataFrame or array_like
        A frame with the column `worker`, one row per label (labels without a worker are left out),
        or the number of labels of each player, shape (P,), zeros included.

    Returns
    -------
    Participation

    Examples
    --------
    >>> summary = participation([1, 0, 3, 4])
    >>> summary.lorenz.tolist(), summary.gini, summary.top_share(1)
    ([0.0, 0.0, 0.125, 0.5, 1.0], 0.4375, 0.5)
    """
    if isinstance(labels, pd.DataFrame):
        counts = labels.worker.value_counts().to_numpy()
    else:
        counts = np.asarray(labels)
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
    """Compute the advertising revenue that a game gives up for its labels, in dollars.

    Each batch of labels replaces one advertisement. GameLabel-10K, section 4.3, states a cost of
    "approximately $8" for over 16,000 labels and no price: with batches of five it is about $2.44.

    Parameters
    ----------
    labels : DataFrame or int
        The labels, or their number.
    ecpm : float
        Revenue of 1,000 advertisements, in dollars.
    batch : int
        Number of labels in a batch.

    Returns
    -------
    float

    Examples
    --------
    >>> round(cost(16_356), 2)
    7.98
    """
    count = labels if isinstance(labels, int) else len(labels)
    if count < 0 or batch < 1 or ecpm < 0:
        raise ValueError(
            f"{count} labels in batches of {batch} at ${ecpm} per 1,000 advertisements: labels and "
            "price cannot be negative, and a batch has at least one label"
        )
    return -(-count // batch) * ecpm / 1000
