"""Rank models by comparisons of their pictures, with intervals, and say when the order is decided.

The model is Bradley and Terry's, see `gamelabel.reliability.bradley_terry_fit`, with a normal prior
of the abilities: it has a result from the first vote on, and it keeps early results near each
other, so that looking after every vote does not decide an order too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability.bradley_terry_fit import BradleyTerryFit, Ties, fit_pair_counts
from gamelabel.reliability.comparisons import separated_groups
from gamelabel.reliability.encoded_comparisons import LEFT_WON, RIGHT_WON, TIED, PairCounts
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, normal_quantile, proportion

PRIOR_SD = 1.0  # of a model's ability, in log odds: most models win 12% to 88% against the average
OUTCOMES = {"right": RIGHT_WON, "tie": TIED, "left": LEFT_WON}


class ModelRanking(NamedTuple):
    """What comparisons say about the order of M models.

    Attributes
    ----------
    table : DataFrame
        A row a model, the strongest first: `rank`; `rank_low` and `rank_high`, the best and worst
        rank that the intervals of the differences to the other models leave open; `model`;
        `votes`, the comparisons in which it took part; `wins`, where a tie is half a win;
        `ability` in log odds, with its interval `low` and `high` about the mean of all models.
    order : ndarray of int, shape (M,)
        The models' numbers, the strongest first.
    ability : ndarray, shape (M,)
        By the models' numbers.
    covariance : ndarray, shape (M, M)
        Of the abilities, up to a constant added to all cells.
    wrong : ndarray, shape (M - 1,)
        Probability that two neighbors in the order are in the wrong order.
    side : Estimate
        Log odds by which the left picture is favored between equal models.
    tie : Estimate
        Probability that two equal models tie; NaN if ties are half wins.
    separation : str
        Which groups of models comparisons do not connect both ways; empty if there are none.
    connected : bool
        Whether every model can be reached from every other one by comparisons.
    """

    table: pd.DataFrame
    order: NDArray[np.int64]
    ability: NDArray[np.float64]
    covariance: NDArray[np.float64]
    wrong: NDArray[np.float64]
    side: Estimate
    tie: Estimate
    separation: str
    connected: bool

    @property
    def order_confidence(self) -> float:
        """Probability that the whole order is right, or less: 1 minus the sum of `wrong`.

        It is 0 while there are models that no comparisons connect.
        """
        return max(0.0, 1.0 - float(self.wrong.sum())) if self.connected else 0.0


def rank_models(
    models: Sequence[str], counts: NDArray[np.int64], confidence: float = CONFIDENCE
) -> ModelRanking:
    """Rank models by the votes on pairs of their pictures.

    Parameters
    ----------
    models : sequence of str
        The names of M models.
    counts : ndarray of int, shape (M, M, 3)
        Votes by the model on the left, the model on the right, and the outcome: the right one won,
        tie, the left one won.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    ModelRanking

    Raises
    ------
    ValueError
        If the shape of `counts` does not fit, or a model is compared with itself.

    Examples
    --------
    >>> counts = np.zeros((3, 3, 3), int)
    >>> counts[0, 1], counts[1, 0] = (5, 0, 15), (14, 0, 6)
    >>> counts[1, 2], counts[2, 1] = (4, 2, 14), (16, 0, 4)
    >>> ranking = rank_models(["base", "tuned", "rival"], counts)
    >>> ranking.table[["model", "votes", "wins", "rank_low", "rank_high"]].values.tolist()
    [['base', 40, 29.0, 1, 1], ['tuned', 80, 42.0, 2, 2], ['rival', 40, 9.0, 3, 3]]
    >>> round(ranking.order_confidence, 2)
    0.99
    """
    n = len(models)
    if counts.shape != (n, n, 3) or counts[np.arange(n), np.arange(n)].any():
        raise ValueError(
            f"counts of {n} models have the shape ({n}, {n}, 3), not {counts.shape}, and none of a "
            "model beside itself"
        )
    items = pd.Index(models)
    first, second = np.nonzero(counts.any(2))
    votes = counts[first, second].astype(float)
    wins, ties, losses = votes[:, LEFT_WON], votes[:, TIED], votes[:, RIGHT_WON]
    pairs = PairCounts(first, second, wins, ties, losses, n)
    fit = _fit(pairs, items, confidence)
    upper = np.triu(fit.covariance)
    covariance = upper + np.triu(fit.covariance, 1).T
    ability = fit.abilities.set_index("item")["ability"].reindex(items).to_numpy(float)
    order = np.argsort(-ability, kind="stable")
    difference = ability[:, None] - ability[None]
    error = _difference_errors(covariance)
    above, below = order[:-1], order[1:]
    wrong = _normal_tail(difference[above, below] / error[above, below])
    surely_better = difference > normal_quantile(confidence) * error + np.diag(np.full(n, np.inf))
    table = fit.abilities.set_index("item").loc[items[order]].reset_index(names="model")
    table = table.rename(columns={"comparisons": "votes"}).drop(columns="share")
    table.insert(0, "rank", np.arange(1, n + 1))
    table.insert(1, "rank_low", 1 + surely_better.sum(0)[order])
    table.insert(2, "rank_high", n - surely_better.sum(1)[order])
    table["votes"] = table["votes"].astype(int)
    return ModelRanking(
        table,
        order,
        ability,
        covariance,
        wrong,
        fit.home,
        fit.tie,
        separated_groups(pairs, items) if n else "",
        _is_connected(pairs),
    )


def wins_by_pair(models: Sequence[str], counts: NDArray[np.int64]) -> pd.DataFrame:
    """Return how often each model's picture was preferred to each other model's: a win matrix.

    Parameters
    ----------
    models, counts
        As for `rank_models`.

    Returns
    -------
    DataFrame
        A row for each ordered pair of models that was compared: `first`, `second`, `votes`, and
        the share of `wins` of the first, where a tie is half a win, with its Wilson interval `low`
        and `high`.

    Examples
    --------
    >>> counts = np.zeros((2, 2, 3), int)
    >>> counts[0, 1] = 1, 0, 3
    >>> wins = wins_by_pair(["base", "tuned"], counts)
    >>> wins[["first", "second", "votes", "wins"]].values.tolist()
    [['base', 'tuned', 4, 0.75], ['tuned', 'base', 4, 0.25]]
    """
    won = counts[:, :, LEFT_WON] + counts[:, :, TIED] / 2
    won = won + (counts[:, :, RIGHT_WON] + counts[:, :, TIED] / 2).T
    votes = counts.sum(2) + counts.sum(2).T
    rows = []
    for i, j in zip(*np.nonzero(votes), strict=True):
        share = proportion(float(won[i, j]), int(votes[i, j]))
        names = {"first": models[i], "second": models[j], "votes": int(votes[i, j])}
        rows.append({**names, "wins": share.value, "low": share.low, "high": share.high})
    return pd.DataFrame(rows, columns=["first", "second", "votes", "wins", "low", "high"])


def _fit(pairs: PairCounts, items: pd.Index, confidence: float) -> BradleyTerryFit:
    """Fit the parameters that the votes determine: sides and ties need both of their outcomes."""
    decided = pairs.wins.sum() + pairs.losses.sum()
    home = bool(pairs.wins.sum() and pairs.losses.sum())
    ties: Ties = "davidson" if decided and pairs.ties.any() else "half"
    return fit_pair_counts(pairs, items, confidence, ties=ties, home=home, prior_sd=PRIOR_SD)


def _difference_errors(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of each difference of two abilities, (M, M)."""
    variance = np.diag(covariance)
    of_difference = variance[:, None] + variance[None] - 2 * covariance
    return np.sqrt(np.maximum(of_difference, np.finfo(float).tiny))


def _normal_tail(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that a standard normal number is above z."""
    from scipy.special import ndtr

    return np.asarray(ndtr(-z), float)


def _is_connected(pairs: PairCounts) -> bool:
    reached = np.arange(pairs.n_items) == 0
    for _ in range(pairs.n_items):
        before = reached.sum()
        reached[pairs.second[reached[pairs.first]]] = True
        reached[pairs.first[reached[pairs.second]]] = True
        if reached.sum() == before:
            break
    return bool(reached.all())
