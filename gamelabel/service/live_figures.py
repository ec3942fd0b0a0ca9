"""What the operator watches: a few numbers of each game, as they stand."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, case, func, select

from gamelabel.reliability import alpha_interval, cost
from gamelabel.service.database_tables import assignments, batches, games, pairs, players, rewards
from gamelabel.service.store import Store

_REPLICATES = (
    200  # of the bootstrap behind alpha's interval: enough to watch, notebook 04 draws more
)


def live_figures(store: Store) -> list[dict[str, Any]]:
    """For each game: players by state, batches, labels, accuracy, share of comparison points, alpha, cost, rewards."""
    with store.read() as connection:
        found = connection.execute(select(games).order_by(games.c.game_id)).all()
        return [_of(connection, game) for game in found]


def _of(connection: Connection, game: Row) -> dict[str, Any]:
    mine = players.c.game_id == game.game_id
    sums = [func.sum(players.c[name]).label(name) for name in ("labels", "right", "wrong")]
    people = (
        select(players.c.state, func.count().label("n"), *sums)
        .where(mine)
        .group_by(players.c.state)
    )
    states = {row.state: row for row in connection.execute(people)}
    labels, right, wrong = (
        int(sum(row._mapping[c] for row in states.values())) for c in ("labels", "right", "wrong")
    )
    done = select(func.count()).select_from(batches).join(players, players.c.id == batches.c.player)
    coins = func.sum(rewards.c.amount).label("coins")
    owed = select(rewards.c.state, func.count().label("n"), coins).where(
        rewards.c.game_id == game.game_id
    )
    return {
        "game": game.game_id,
        "title": game.title,
        "pool": game.pool,
        "paused": game.paused,
        "players": {state: row.n for state, row in states.items()},
        "batches": connection.execute(done.where(mine, batches.c.reply.is_not(None))).scalar_one(),
        "labels": labels,
        "accuracy": right / (right + wrong) if right + wrong else None,
        "comparison_share": (right + wrong) / labels if labels else None,
        "alpha": _alpha(connection, game.game_id),
        "cost_usd": cost(labels),
        "rewards": {
            row.state: {"n": row.n, "coins": int(row.coins)}
            for row in connection.execute(owed.group_by(rewards.c.state))
        },
    }


def _alpha(connection: Connection, game_id: str) -> dict[str, float | int] | None:
    """Krippendorff's alpha of the preferences with two labels or more, None where there is none."""
    votes = [func.sum(case((assignments.c.choice == side, 1), else_=0)) for side in "ab"]
    query = (
        select(*votes)
        .join(players, players.c.id == assignments.c.player)
        .join(pairs, pairs.c.id == assignments.c.pair)
        .where(
            players.c.game_id == game_id,
            pairs.c.kind == "preference",
            assignments.c.choice.is_not(None),
        )
        .group_by(assignments.c.pair)
        .having(func.count() > 1)
    )
    counts = np.array([tuple(row) for row in connection.execute(query)], dtype=np.int64).reshape(
        -1, 2
    )
    estimate = alpha_interval(counts, replicates=_REPLICATES)
    if not np.isfinite([estimate.value, estimate.low, estimate.high]).all():
        return None
    return {name: float(value) for name, value in estimate._asdict().items()}
