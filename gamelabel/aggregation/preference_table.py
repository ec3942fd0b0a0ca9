"""The table `preferences`: what the labels of each data point say, and how certain it is.

Everything that learns from labels reads this table, so that the aggregation method is chosen once:

    preferred = tables.read_table(run_dir, "preferences")
    chosen = preferred.chosen                          # "a" or "b"
    wrong = 1 - preferred.probability                  # probability that a preference is wrong
    flip_rate = wrong.mean()                           # the same for all preferences together
    share_a = preferred.probability.where(preferred.chosen == "a", wrong)  # soft label of image a
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from gamelabel.aggregation.aggregate_labels import MethodName, fit_labels
from gamelabel.tables import to_annotations
from gamelabel.tables.vote_counts import FloatArray

_WITHOUT_PLAYERS = ("auto", "majority")  # methods for labels that name no player
_TIED = 1e-9  # probabilities this close to one half are a tie


def preferences(
    labels: pd.DataFrame, pairs: pd.DataFrame, method: MethodName = "auto"
) -> pd.DataFrame:
    """Aggregate the labels of preference points into one preference each.

    Comparison points are not in the result. Their known answers tell the method how accurate the
    players are. The choice `tie` is a vote for neither image.

    Parameters
    ----------
    labels : DataFrame
        The table `labels`. Labels without a player are enough for "majority" and "auto" only.
    pairs : DataFrame
        The table `pairs` that the labels are about.
    method : str
        A method of `aggregate`; "auto" is "majority" where a label names no player, or players
        cannot be compared. With "majority", the probability follows from Bayes' rule: each
        label is right with the same probability p, the share of right answers on comparison points
        (plus one right and one wrong answer), so a lead of m votes has odds (p / (1 - p)) ** m.
        Without comparison points the probability is the share of the votes.

    Returns
    -------
    DataFrame
        The table `preferences`, in the order of `pairs`: `pair_id`, `chosen` ("a" or "b"),
        `probability` that the chosen image is the better one (above 0.5), `method`, and `votes`,
        the number of labels with ties included. Undecided points are left out.

    Warns
    -----
    UserWarning
        Where labels have no choice: they do not count.

    Raises
    ------
    ValueError
        For an unknown method, for one that needs players where labels have none, and for
        "majority" where at least half of the answers to comparison points are wrong.

    Examples
    --------
    >>> pairs = pd.DataFrame(
    ...     {"pair_id": ["p1", "p2", "p3"], "kind": ["preference"] * 2 + ["comparison"]}
    ... ).assign(gold=[None, None, "a"])
    >>> labels = pd.DataFrame(
    ...     [("ann", "p1", "b"), ("bob", "p2", "a"), ("ann", "p2", "b"), ("ann", "p3", "a")],
    ...     columns=["player_id", "pair_id", "choice"],
    ... )
    >>> preferences(labels, pairs, "majority").round(3).to_dict("records")
    [{'pair_id': 'p1', 'chosen': 'b', 'probability': 0.667, 'method': 'majority', 'votes': 1}]
    """
    points = pairs.loc[pairs["kind"] == "preference", "pair_id"]
    empty = labels["choice"].isna()
    if empty.any():
        text = f"{int(empty.sum()):,} of {len(labels):,} labels have no choice and do not count"
        warnings.warn(text, stacklevel=2)
        labels = labels[~empty]
    votes = labels["pair_id"].value_counts()
    decided = to_annotations(labels[labels["choice"] != "tie"])
    unnamed = int(decided["worker"].isna().sum())
    if method not in _WITHOUT_PLAYERS and unnamed:
        raise ValueError(
            f"{unnamed:,} of {len(decided):,} labels name no player, so the method {method!r} "
            "cannot weigh players: use 'majority' or 'auto'"
        )
    gold = pairs.loc[pairs["gold"].notna(), ["pair_id", "gold"]].set_axis(["task", "label"], axis=1)
    gold = gold[gold["task"].isin(decided["task"])]
    aggregated = fit_labels(decided, method, gold).table
    used: str = method
    if aggregated.attrs.get("weights") == {"majority": 1.0}:
        used = "majority"
    table = aggregated.set_index("task")
    table = table.reindex(points[points.isin(table.index)])
    probability = table["probability"].to_numpy(float)
    if used == "majority" and len(table):
        counts = decided["task"].value_counts().reindex(table.index).to_numpy(float)
        probability = _majority_probability(probability, counts, decided, gold)
    certain = probability > 0.5 + _TIED
    return pd.DataFrame(
        {
            "pair_id": table.index[certain].astype(str),
            "chosen": table["label"].to_numpy(str)[certain],
            "probability": probability[certain],
            "method": used,
            "votes": votes.reindex(table.index[certain]).to_numpy(int),
        }
    )


def _majority_probability(
    share: FloatArray, votes: FloatArray, labels: pd.DataFrame, gold: pd.DataFrame
) -> FloatArray:
    """Return the posterior of majorities with these vote shares (T,) and numbers of votes (T,)."""
    from scipy.special import expit

    known = labels.merge(gold, on="task", suffixes=("", "_known"))
    if known.empty:
        return share
    n, right = len(known), int((known["label"] == known["label_known"]).sum())
    if 2 * right <= n:
        raise ValueError(
            f"{n - right:,} of {n:,} labels of comparison points are wrong, so the labels say "
            "nothing about their pairs: check whether gold or choices are swapped, or leave out "
            "the labels of players who guess"
        )
    lead = votes * (2 * share - 1)
    probability: FloatArray = expit(lead * np.log((right + 1) / (n - right + 1)))
    return probability


def preferences_by_method(
    labels: pd.DataFrame, pairs: pd.DataFrame, methods: Sequence[MethodName]
) -> dict[str, pd.DataFrame]:
    """Return the preferences of the same labels by each method that can aggregate them.

    Where a label names no player, a warning says which methods are left out.

    Parameters
    ----------
    labels, pairs : DataFrame
        As for `preferences`.
    methods : sequence of str
        Methods of `aggregate`.
    """
    weighing = [name for name in methods if name not in _WITHOUT_PLAYERS]
    if weighing and labels["player_id"].isna().any():
        left_out = ", ".join(weighing)
        text = f"some labels name no player, so methods that weigh players are left out: {left_out}"
        warnings.warn(text, stacklevel=2)
        methods = [name for name in methods if name in _WITHOUT_PLAYERS]
    return {name: preferences(labels, pairs, name) for name in methods}
