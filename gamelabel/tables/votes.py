"""Count the labels of each data point and of each player."""

from __future__ import annotations

import pandas as pd

from gamelabel.tables.checks import check_table


def count_votes(labels: pd.DataFrame) -> pd.DataFrame:
    """Count the votes for each image of each labelled pair.

    A tie is a vote for neither image; a pair with ties only has no votes.

    Parameters
    ----------
    labels : DataFrame
        The table `labels`, or any frame with its columns `pair_id` and `choice`.

    Returns
    -------
    DataFrame
        Columns `pair_id`, `votes_a`, `votes_b`, ordered by `pair_id`.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = pd.DataFrame(
    ...     {"pair_id": ["p1", "p1", "p1", "p2"], "choice": ["a", "b", "a", "tie"]}
    ... )
    >>> count_votes(labels)
      pair_id  votes_a  votes_b
    0      p1        2        1
    1      p2        0        0
    """
    counts = labels.groupby(["pair_id", "choice"]).size().unstack("choice")
    counts = counts.reindex(columns=["a", "b"]).fillna(0).astype("int64")
    return counts.set_axis(["votes_a", "votes_b"], axis=1).reset_index()


def to_annotations(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the table `labels` as `task, worker, label`, the columns that crowd statistics use.

    Parameters
    ----------
    labels : DataFrame
        The table `labels`.

    Returns
    -------
    DataFrame
        Columns `task` (the pair), `worker` (the player) and `label` (the choice).

    Examples
    --------
    >>> import pandas as pd
    >>> to_annotations(pd.DataFrame({"pair_id": ["p1"], "player_id": ["u1"], "choice": ["a"]}))
      task worker label
    0   p1     u1     a
    """
    names = {"pair_id": "task", "player_id": "worker", "choice": "label"}
    return labels[list(names)].rename(columns=names).reset_index(drop=True)


def players_from_labels(labels: pd.DataFrame, pairs: pd.DataFrame, game_id: str) -> pd.DataFrame:
    """Make the table `players` of labels that came without one.

    Nobody is removed; an answer to a comparison point is correct if it is the point's gold answer.
    Labels without a player count for nobody.

    Parameters
    ----------
    labels, pairs : DataFrame
        The tables.
    game_id : str
        The game of all players.

    Returns
    -------
    DataFrame
        The table `players`, ordered by `player_id`.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = pd.DataFrame(
    ...     {"player_id": ["u1", "u1", None], "pair_id": ["p1", "p2", "p2"], "choice": "a"}
    ... )
    >>> pairs = pd.DataFrame({"pair_id": ["p1", "p2"], "gold": [None, "b"]})
    >>> players = players_from_labels(labels, pairs, "demo")
    >>> players[["player_id", "comparisons_right", "comparisons_wrong", "labels"]]
      player_id  comparisons_right  comparisons_wrong  labels
    0        u1                  0                  1       2
    """
    named = labels[labels["player_id"].notna()]
    gold = named["pair_id"].map(pairs.set_index("pair_id")["gold"])
    is_right = gold == named["choice"]
    answers = named.assign(right=is_right, wrong=gold.notna() & ~is_right)
    counts = answers.groupby("player_id").agg(
        comparisons_right=("right", "sum"),
        comparisons_wrong=("wrong", "sum"),
        labels=("choice", "size"),
    )
    players = counts.reset_index().assign(game_id=game_id, state="active")
    return check_table(players, "players")
