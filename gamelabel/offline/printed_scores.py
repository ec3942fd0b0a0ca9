"""The arithmetic of CrowdPlay's Tables 5 and 6, and what its text says of them."""

from __future__ import annotations

import pandas as pd

from gamelabel.offline.scores import normalized_score

_ROUNDING = 0.011  # scores have two decimals, some of them cut off instead of rounded
_CONSERVATIVE = ["BCQ", "CQL"]


def recomputed_scores(returns: pd.DataFrame, random_returns: pd.DataFrame) -> pd.DataFrame:
    """Return percent of the way from a random policy to the best person.

    Parameters
    ----------
    returns : DataFrame
        Table 5, a row a task: column "best human", and one of mean returns for each algorithm.
    random_returns : DataFrame
        Column "random", of the same tasks.

    Returns
    -------
    DataFrame
        A column an algorithm, as Table 6.

    Examples
    --------
    >>> returns = pd.DataFrame({"best human": [1010.0], "BC": [296.0]}, index=["SI left"])
    >>> random_returns = pd.DataFrame({"random": [165.0]}, index=["SI left"])
    >>> recomputed_scores(returns, random_returns).round(2).loc["SI left", "BC"]
    np.float64(15.5)
    """
    best, random = returns["best human"], random_returns["random"].loc[returns.index]
    return returns.drop(columns="best human").apply(
        lambda column: pd.Series(
            100 * normalized_score(column, random.to_numpy(), best.to_numpy()), returns.index
        )
    )


def differing_scores(printed: pd.DataFrame, recomputed: pd.DataFrame) -> pd.DataFrame:
    """Return the printed scores that do not follow from the returns beyond rounding.

    Parameters
    ----------
    printed, recomputed : DataFrame
        Table 6, and what `recomputed_scores` returns.

    Returns
    -------
    DataFrame
        `task`, `algorithm`, `printed`, `recomputed`.
    """
    difference = (printed - recomputed[printed.columns]).abs()
    rows = [
        {
            "task": task,
            "algorithm": algorithm,
            "printed": printed.loc[task, algorithm],
            "recomputed": round(float(recomputed.loc[task, algorithm]), 2),
        }
        for task in printed.index
        for algorithm in printed
        if difference.loc[task, algorithm] > _ROUNDING
    ]
    return pd.DataFrame(rows, columns=["task", "algorithm", "printed", "recomputed"])


def printed_benchmark(printed: pd.DataFrame, recomputed: pd.DataFrame) -> dict[str, float]:
    """Compute what the paper's text says about its Tables 5 and 6.

    Parameters
    ----------
    printed : DataFrame
        Table 6, percent.
    recomputed : DataFrame
        The same from Table 5; all that follows rests on it.

    Returns
    -------
    dict of str to float
        Number -> value, by the name under which it is recorded.
    """
    medians, means = recomputed.median(), recomputed.mean()
    others = medians.drop("IQN")
    first = recomputed.idxmax(axis=1)
    river_raid = first[first.index.str.startswith("RR")]
    return {
        "crowdplay_table6_differing": float(len(differing_scores(printed, recomputed))),
        "crowdplay_table6_cells": float(printed.size),
        "crowdplay_highest_mean": float(means.max()),
        "crowdplay_highest_mean_not_iqn": float(means.drop("IQN").max()),
        "crowdplay_above_45_not_iqn": float((recomputed.drop(columns="IQN") > 45).sum().sum()),
        "crowdplay_iqn_median_lead": float(medians["IQN"] - others.max()),
        "crowdplay_iqn_above_best_human": float((recomputed["IQN"] > 100).sum()),
        "crowdplay_conservative_lead": float(medians[_CONSERVATIVE].max() - medians["DQN"]),
        "crowdplay_cql_first_river_raid": float((river_raid == "CQL").sum()),
    }
