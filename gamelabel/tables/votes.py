"""The table `labels` seen from its sides: by point, by player, and as the statistics want it."""

from __future__ import annotations

import pandas as pd

from gamelabel.tables.table_files import check_table


def votes(labels: pd.DataFrame) -> pd.DataFrame:
    """Votes for each image of each labelled point: `pair_id, votes_a, votes_b`, by pair_id; a tie is for none."""
    counts = (
        labels.groupby(["pair_id", "choice"]).size().unstack("choice").reindex(columns=["a", "b"])
    )
    counts = counts.fillna(0).astype("int64").set_axis(["votes_a", "votes_b"], axis=1)
    return counts.reset_index()


def crowd(labels: pd.DataFrame) -> pd.DataFrame:
    """The labels as `task, worker, label`, the form that `gamelabel.reliability` takes."""
    names = {"pair_id": "task", "player_id": "worker", "choice": "label"}
    return labels[list(names)].rename(columns=names).reset_index(drop=True)


def players_of(labels: pd.DataFrame, pairs: pd.DataFrame, game_id: str) -> pd.DataFrame:
    """The table `players` of labels that came without one: nobody removed, right and wrong by the points' gold.

    Labels without a player are nobody's. Sorted by player_id.
    """
    given = labels[labels.player_id.notna()]
    gold = given.pair_id.map(pairs.set_index("pair_id").gold)
    marked = given.assign(right=(gold == given.choice), wrong=gold.notna() & (gold != given.choice))
    table = marked.groupby("player_id").agg(
        right=("right", "sum"), wrong=("wrong", "sum"), labels=("choice", "size")
    )
    table = table.reset_index().rename(
        columns={"right": "comparisons_right", "wrong": "comparisons_wrong"}
    )
    return check_table(table.assign(game_id=game_id, state="active"), "players")
