"""Models against each other on the same prompts and noise: win matrix and win rates.

As ImageReward reports them (Xu et al. 2023, table 4 and figure 6). An outcome is 1 if the first
model won on a prompt, 0 if the second did, 0.5 for a tie and NaN if nobody judged. Intervals are
95 % intervals over prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.games.pairs import simulate
from gamelabel.reliability.estimate import Estimate, estimate_mean

_COMPARISON_POINTS = 200


def outcomes_by_score(scores: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Let a scorer judge every two models: the image with the higher score wins.

    Parameters
    ----------
    scores : mapping of str to array, shape (N,)
        The scores of each model's images of the same N prompts.

    Returns
    -------
    ndarray, shape (N, models, models)
        [:, i, j] is the outcome of model i against model j.

    Raises
    ------
    ValueError
        If the numbers of scores differ or scores are not finite.
    """
    columns = [np.asarray(column, float) for column in scores.values()]
    lengths = {name: len(column) for name, column in zip(scores, columns, strict=True)}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"models must be compared on the same prompts; scores by model: {lengths}")
    table = np.stack(columns, 1)
    infinite = int((~np.isfinite(table)).sum())
    if infinite:
        raise ValueError(f"{infinite} scores are not finite and cannot be compared")
    return 0.5 + 0.5 * np.sign(table[:, :, None] - table[:, None, :])


def outcomes_by_players(
    scores: Mapping[str, ArrayLike], players: int = 188, seed: int = 0
) -> NDArray[np.float64]:
    """Let simulated players of the labelling game judge every two models.

    Parameters
    ----------
    scores : mapping of str to array, shape (N,)
        How well each model's images fit the same N prompts. Players see it with their skill; images
        that fit equally well are a matter of taste.
    players : int
        Number of players, who label as many pairs as they want to.
    seed : int
        Seed of the simulation.

    Returns
    -------
    ndarray, shape (N, models, models)
        The share of a pair's labels for model i; NaN for pairs without labels.

    Raises
    ------
    ValueError
        For fewer than two models, and as `outcomes_by_score`.
    """
    if len(scores) < 2:
        raise ValueError(f"a comparison needs two models or more, not {len(scores)}")
    outcomes = outcomes_by_score(scores)
    table = np.stack([np.asarray(column, float) for column in scores.values()], 1)
    first, second = np.array(list(combinations(range(len(scores)), 2))).T
    truth = pd.DataFrame({"score_a": table[:, first].ravel(), "score_b": table[:, second].ravel()})
    truth["pair_id"] = [f"pair-{i}" for i in range(len(truth))]
    known = pd.DataFrame(
        {
            "pair_id": [f"gold-{i}" for i in range(_COMPARISON_POINTS)],
            "gold": np.resize(["a", "b"], _COMPARISON_POINTS),
        }
    )
    preferences = truth[["pair_id"]].assign(kind="preference")
    pairs = pd.concat([preferences, known.assign(kind="comparison")], ignore_index=True)
    labels = simulate(pairs, truth, players, seed).labels
    share_a = labels["choice"].eq("a").groupby(labels["pair_id"]).mean()
    shares = share_a.reindex(truth["pair_id"]).to_numpy(float).reshape(len(table), len(first))
    outcomes[:, first, second], outcomes[:, second, first] = shares, 1.0 - shares
    return outcomes


def win_matrix(outcomes: NDArray[np.float64], names: Sequence[str]) -> pd.DataFrame:
    """Estimate how often each model wins against each other one.

    Parameters
    ----------
    outcomes : ndarray, shape (N, models, models)
        See `outcomes_by_score`.
    names : sequence of str
        The models.

    Returns
    -------
    DataFrame
        The columns `first`, `second`, `value`, `low`, `high`, and `n`, the prompts judged. Ties are
        half wins, so M_ij + M_ji = 1.
    """
    judged = ~np.isnan(outcomes)
    rows = []
    for i, first in enumerate(names):
        for j, second in enumerate(names):
            estimate = estimate_mean(outcomes[:, i, j], weights=judged[:, i, j])
            rows.append({"first": first, "second": second, **estimate._asdict()})
    return pd.DataFrame(rows)


def win_gain(
    outcomes: NDArray[np.float64], names: Sequence[str], first: str, second: str, base: str
) -> Estimate:
    """By how much the win rate of one model against the base exceeds that of another, paired.

    Parameters
    ----------
    outcomes, names
        As in `win_matrix`.
    first, second, base : str
        The two models and the base.

    Returns
    -------
    Estimate
        Over the prompts on which both were judged, `n` of them.
    """
    i, j, b = (list(names).index(name) for name in (first, second, base))
    difference = outcomes[:, i, b] - outcomes[:, j, b]
    return estimate_mean(difference, weights=~np.isnan(difference), limits=(-1.0, 1.0))


def win_rates(matrix: pd.DataFrame, base: str) -> pd.DataFrame:
    """Count each model's wins over all others, and estimate its win rate against the base.

    Parameters
    ----------
    matrix : DataFrame
        The result of `win_matrix`.
    base : str
        The name of the base model.

    Returns
    -------
    DataFrame
        The columns `model`, `wins` (ties are half wins), `comparisons`, and `value`, `low`, `high`,
        `n` of the win rate; most wins first.

    Raises
    ------
    ValueError
        If the base is not one of the models.
    """
    if base not in set(matrix["second"]):
        models = ", ".join(matrix["second"].unique())
        raise ValueError(f"{base!r} is not one of the models {models}")
    others = matrix[matrix["first"] != matrix["second"]]
    wins = (others["value"] * others["n"]).groupby(others["first"]).sum()
    comparisons = others["n"].groupby(others["first"]).sum()
    rates = matrix[matrix["second"] == base].set_index("first")[["value", "low", "high", "n"]]
    table = pd.DataFrame({"wins": wins, "comparisons": comparisons}).join(rates)
    table = table.sort_values("wins", ascending=False, kind="stable")
    return table.rename_axis("model").reset_index()
