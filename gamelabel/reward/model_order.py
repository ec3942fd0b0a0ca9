"""Whether scores order generative models as people do: mean scores against human wins.

ImageReward is tested in this way as a metric of models (Xu et al. 2023).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from gamelabel.reliability import Estimate
from gamelabel.reliability.estimate import few_clusters
from gamelabel.reward.metrics import check_finite


def human_wins(rankings: pd.DataFrame) -> pd.Series:
    """Count how often people ranked each image above another one of its prompt.

    Parameters
    ----------
    rankings : DataFrame
        `player_id`, `prompt_id`, `image`, `rank` (1 the best). A tie does not count as a win.

    Returns
    -------
    Series
        Wins by image.
    """
    groups = rankings.groupby(["player_id", "prompt_id"])["rank"]
    wins = groups.transform("size") - groups.rank(method="max")
    return wins.groupby(rankings["image"]).sum().astype(int)


def correlate_with_wins(
    scored: pd.DataFrame, models: str, scorer: str, baseline: str = "", seed: int = 0
) -> Estimate:
    """Correlate the mean scores of generative models with how often people prefer their images.

    Parameters
    ----------
    scored : DataFrame
        `prompt_id`, `wins`, the model in the column `models`, and the scores: an image of each
        model for each prompt.
    models : str
        The column that tells the models apart.
    scorer : str
        The column of scores.
    baseline : str, default ""
        Another column of scores: then the result is by how much the correlation exceeds its.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Estimate
        See `metric_test`.
    """
    table = scored.pivot(index="prompt_id", columns=models)
    other = table[baseline].to_numpy(float) if baseline else None
    scores, wins = table[scorer].to_numpy(float), table["wins"].to_numpy(float)
    return metric_test(scores, wins, other, seed=seed)


def metric_test(
    scores: ArrayLike,
    wins: ArrayLike,
    baseline: ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Spearman correlation, over generative models, of mean scores with human wins.

    The interval says how much the correlation varies with the prompts, for these models.

    Parameters
    ----------
    scores : array, shape (prompts, models)
        The score of each model's image of each prompt.
    wins : array, shape (prompts, models)
        How often people preferred that image.
    baseline : array, shape (prompts, models), optional
        The scores of another scorer: then the value is the correlation minus that of these scores,
        of the same prompts in each replicate.
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Estimate
        The interval has quantiles of the Bayesian bootstrap, in which each prompt has a random
        weight with the exponential distribution, and contains the value. `n` is the number of
        prompts.

    Raises
    ------
    ValueError
        If the shapes differ, there are fewer than two models, or a score is not finite.
    """
    arrays = [
        np.asarray(a, float) for a in (scores, wins, *([] if baseline is None else [baseline]))
    ]
    shape = arrays[0].shape
    if len(shape) != 2 or shape[1] < 2 or any(array.shape != shape for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"shapes {shapes}: give a row for each prompt and a column for each model")
    for array in arrays:
        check_finite(array)
    weights = np.random.default_rng(seed).standard_exponential((replicates, shape[0]))
    weights = np.vstack([np.ones(shape[0]), weights])
    weights /= weights.sum(1, keepdims=True)
    by_model = [rankdata((weights @ array).round(12), axis=1) for array in arrays]
    values = _row_correlations(by_model[0], by_model[1])
    if baseline is not None:
        values = values - _row_correlations(by_model[2], by_model[1])
    value = float(values[0])
    low, high = np.nanquantile(values[1:], [0.025, 0.975]) if np.isfinite(value) else (-1.0, 1.0)
    estimate = Estimate(value, min(float(low), value), max(float(high), value), shape[0])
    return estimate.with_warning(few_clusters(shape[0], "prompts"))


def _row_correlations(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Pearson's correlation of each row; NaN where all values of one are equal."""
    first, second = (a - a.mean(1, keepdims=True) for a in (first, second))
    spread = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    return np.divide(
        (first * second).sum(1), spread, out=np.full(len(first), np.nan), where=spread > 0
    )
