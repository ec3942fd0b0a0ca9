"""The live figures of the labeling game for the operator's page."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, case, func, select

from gamelabel.reliability import alpha_interval, cost
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_tables import (
    assignments,
    batches,
    pair_games,
    pair_standings,
    pairs,
)

# Bootstrap replicates of alpha's interval: enough to watch it; notebook 04 takes more.
_REPLICATES = 200


def live_figures(connection: Connection, game_id: str) -> dict[str, Any]:
    """Return pool, batches, labels, accuracy, share of comparison points, alpha and cost of a game.

    `pool` is None if the game's players do not label pairs.
    """
    is_player = players.c.game_id == game_id
    pool = select(pair_games.c.pool).where(pair_games.c.game_id == game_id)
    standing = pair_standings.c
    sums = select(
        *(func.sum(column) for column in (standing.labels, standing.right, standing.wrong))
    )
    totals = connection.execute(
        sums.join(players, players.c.id == standing.player).where(is_player)
    ).one()
    labels, right, wrong = (int(total or 0) for total in totals)
    answered = (
        select(func.count())
        .select_from(batches)
        .join(players, players.c.id == batches.c.player)
        .where(is_player, batches.c.reply.is_not(None))
    )
    return {
        "pool": connection.execute(pool).scalar(),
        "batches": connection.execute(answered).scalar_one(),
        "labels": labels,
        "accuracy": right / (right + wrong) if right + wrong else None,
        "comparison_share": (right + wrong) / labels if labels else None,
        "alpha": _alpha(connection, game_id),
        "cost_usd": cost(labels),
    }


def batch_metrics(connection: Connection) -> dict[str, dict[str, int]]:
    """Return how many batches are open and answered, by game."""
    answered = func.count(batches.c.reply)
    query = (
        select(players.c.game_id, answered.label("answered"), func.count().label("all"))
        .join(players, players.c.id == batches.c.player)
        .group_by(players.c.game_id)
    )
    rows = [row._mapping for row in connection.execute(query)]
    return {
        "batches_answered": {row["game_id"]: row["answered"] for row in rows},
        "batches_open": {row["game_id"]: row["all"] - row["answered"] for row in rows},
    }


def _alpha(connection: Connection, game_id: str) -> dict[str, float | int] | None:
    """Return Krippendorff's alpha of the preferences with two labels or more, None without any."""
    choices = ("a", "b", "tie")
    votes = [func.sum(case((assignments.c.choice == choice, 1), else_=0)) for choice in choices]
    query = (
        select(*votes)
        .join(players, players.c.id == assignments.c.player)
        .join(pairs, pairs.c.id == assignments.c.pair)
        .where(players.c.game_id == game_id, pairs.c.kind == "preference")
        .where(assignments.c.choice.is_not(None))
        .group_by(assignments.c.pair)
        .having(func.count() > 1)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    counts = np.array(rows, dtype=np.int64).reshape(-1, len(choices))
    estimate = alpha_interval(counts, replicates=_REPLICATES, counts=True)
    if not np.isfinite([estimate.value, estimate.low, estimate.high]).all():
        return None
    return {name: float(value) for name, value in estimate._asdict().items()}
