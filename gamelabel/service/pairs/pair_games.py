"""A studio's game in which players label pairs: its pool of pairs, and what a batch pays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from pydantic import Field
from sqlalchemy import Row, select

from gamelabel.games.pairs import Standing
from gamelabel.games.pairs.pay import PAY_STEPS
from gamelabel.service.games import Game, register_fields, register_game
from gamelabel.service.pairs.pair_tables import pair_games, pair_standings, pools
from gamelabel.service.store import Store

_STORED = [name for name in Standing._fields if name != "removed"]  # that is the player's state
STANDING_COLUMNS = [pair_standings.c[name] for name in (*_STORED, "labels", "level")]


class PairGame(Game):
    """A game in which players label pairs.

    Parameters
    ----------
    pool : str
        The pool of pairs that its players label.
    coins : int
        What a batch pays at the highest level.
    """

    pool: str = "study"
    coins: int = Field(default=50, ge=1, le=1_000_000)


def register_pair_game(store: Store, game: PairGame) -> None:
    """Add a game, or change it.

    Raises
    ------
    ValueError
        If its pool does not exist.
    """
    with store.write() as connection:
        pool = select(pools.c.pool).where(pools.c.pool == game.pool)
        if connection.execute(pool).first() is None:
            raise ValueError(
                f"game {game.game_id}: the pool {game.pool!r} does not exist: fill it with "
                "`gamelabel serve --study`"
            )
        register_game(store, connection, game)
        register_fields(store, connection, game, pair_games)


def coins_at_level(coins: int, level: int) -> int:
    """Return what a batch pays at a level: equal steps up to `coins` at the highest."""
    return coins * (level + 1) // (len(PAY_STEPS) + 1)


class StoredStanding(NamedTuple):
    """What the rules remember of one player, how many labels the player gave, and the pay."""

    standing: Standing
    labels: int
    level: int


def read_standing(row: Row[Any], state: str) -> StoredStanding | None:
    """Return a player's standing from a row with `STANDING_COLUMNS`, and the player's state.

    None if the player has not labeled yet.
    """
    if row.labels is None:
        return None
    values = {name: np.array([getattr(row, name)]) for name in _STORED}
    removed = np.array([state == "removed"])
    return StoredStanding(Standing(removed=removed, **values), row.labels, row.level)


def standing_values(standing: Standing) -> dict[str, Any]:
    """Return the standing of one player as values of `pair_standings`."""
    return {name: getattr(standing, name).item() for name in _STORED}
