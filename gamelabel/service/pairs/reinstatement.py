"""Removed players whom an operator lets take part again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection, select, update

from gamelabel.games.pairs import Rules
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_games import standing_values
from gamelabel.service.pairs.pair_tables import assignments, pair_standings, pairs


def removed_by_pair(connection: Connection, pool: str, pair_id: str) -> list[int]:
    """Return the players who were removed and had answered a comparison point wrong."""
    query = (
        select(assignments.c.player)
        .join(pairs, pairs.c.id == assignments.c.pair)
        .join(players, players.c.id == assignments.c.player)
        .where(pairs.c.pool == pool, pairs.c.pair_id == pair_id)
        .where(assignments.c.choice != pairs.c.gold, players.c.state == "removed")
    )
    return list(connection.execute(query).scalars())


def reinstate(
    connection: Connection, player_ids: Iterable[int], rules: Rules, rng: np.random.Generator
) -> None:
    """Make removed players active. They are judged anew, after another exam.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
    player_ids : iterable of int
        The players.
    rules : Rules
        By which they are judged.
    rng : numpy.random.Generator
        Draws the length of the exam.
    """
    for player_id in player_ids:
        is_player = players.c.id == player_id
        connection.execute(update(players).where(is_player).values(state="active"))
        standing = standing_values(rules.start(draws=rng.random(1)))
        has_standing = pair_standings.c.player == player_id
        connection.execute(update(pair_standings).where(has_standing).values(standing))
