"""The votes of an arena from the tables that are exported, as comparisons of models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.games.annotation.model_ranking_file import BESIDE


def model_comparisons(pairs: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of pairs of two models as comparisons of these models.

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs` of an arena's pool. Points with known answers are left out.
    labels : DataFrame
        The table `labels` of its players.

    Returns
    -------
    DataFrame
        A row a label: the models `left` and `right`, and the `winner`, "left", "right" or "tie", as
        `gamelabel.reliability.bradley_terry` takes them.

    Raises
    ------
    ValueError
        If no pair is of two models, or a label does not say which picture was on the left.

    Examples
    --------
    >>> pairs = pd.DataFrame({"pair_id": ["p"], "kind": ["preference"], "model": ["x beside y"]})
    >>> labels = pd.DataFrame({"pair_id": ["p"], "choice": ["a"], "shown_left": ["b"]})
    >>> model_comparisons(pairs, labels).values.tolist()
    [['y', 'x', 'right']]
    """
    is_of_two = (pairs["kind"] == "preference") & pairs["model"].str.contains(BESIDE, na=False)
    if not is_of_two.any():
        raise ValueError("no pair shows two models: give tables that an arena exported")
    names = pairs.loc[is_of_two, "model"].str.split(BESIDE, n=1, expand=True)
    models = names.set_axis(["a", "b"], axis=1).assign(pair_id=pairs["pair_id"])
    votes = labels.merge(models, on="pair_id")
    unknown = votes["shown_left"].isna()
    if unknown.any():
        raise ValueError(
            f"{int(unknown.sum())} labels do not say which picture was on the left, the first of "
            f"the pair {votes['pair_id'][unknown].iloc[0]!r}"
        )
    a_is_left = (votes["shown_left"] == "a").to_numpy()
    winner = np.where(votes["choice"] == votes["shown_left"], "left", "right")
    winner = np.where(votes["choice"] == "tie", "tie", winner)
    return pd.DataFrame(
        {
            "left": np.where(a_is_left, votes["a"], votes["b"]),
            "right": np.where(a_is_left, votes["b"], votes["a"]),
            "winner": winner,
        }
    )
