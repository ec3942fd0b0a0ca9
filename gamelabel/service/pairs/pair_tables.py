"""The tables of the labeling game. The columns of a pair are those of the study's table `pairs`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from gamelabel.service.database_tables import metadata, time_column
from gamelabel.tables.schema import TABLES

_SQL_TYPES: dict[str, Any] = {"text": Text, "integer": Integer}

pools = Table(
    "pools",
    metadata,
    Column("pool", String(64), primary_key=True),
    # bytes of every picture as sent: those of the longest; the others are padded
    Column("length", Integer, nullable=False),
)

pair_games = Table(
    "pair_games",
    metadata,
    Column("game_id", String(64), ForeignKey("games.game_id"), primary_key=True),
    Column("pool", String(64), ForeignKey("pools.pool"), nullable=False),
    Column("coins", Integer, nullable=False),  # for a batch at the highest level
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pool", String(64), ForeignKey("pools.pool"), nullable=False),
    Column("data", LargeBinary, nullable=False),
)

pairs = Table(
    "pairs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pool", String(64), ForeignKey("pools.pool"), nullable=False),
    *(
        Column(name, _SQL_TYPES[column.kind], nullable=column.nullable)
        for name, column in TABLES["pairs"].items()
    ),
    Column("picture_a", Integer, ForeignKey("pictures.id"), nullable=False),
    Column("picture_b", Integer, ForeignKey("pictures.id"), nullable=False),
    Column("shared", Boolean, nullable=False),  # whether several players label it, see `Deck`
    Column("served", Integer, nullable=False, server_default="0"),  # how often it was dealt
    Column("place", Integer, nullable=False),  # a random order among equally often served pairs
    Column("retired", Boolean, nullable=False, server_default=false()),
    # preference, or which comparison points it belongs to: exam, for new players, or watch
    Column("stock", String(10), nullable=False),
    UniqueConstraint("pool", "pair_id"),
    CheckConstraint("(kind = 'comparison') = (gold IS NOT NULL)", name="gold"),
    CheckConstraint(
        "stock IN ('preference', 'exam', 'watch') AND "
        "(kind = 'preference') = (stock = 'preference')",
        name="stock",
    ),
)
Index("ix_pairs_deal", pairs.c.pool, pairs.c.stock, pairs.c.shared, pairs.c.served, pairs.c.place)

# What the rules remember of a player, see `gamelabel.games.pairs.Standing`. Whether the player is
# removed is in `players.state`: it outlives a withdrawal, the rest does not.
pair_standings = Table(
    "pair_standings",
    metadata,
    Column("player", Integer, ForeignKey("players.id"), primary_key=True, autoincrement=False),
    Column("right", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("share", Float, nullable=False),
    Column("credit", Float, nullable=False),
    Column("debit", Float, nullable=False),
    Column("exam", Integer, nullable=False),
    Column("suspicion", Float, nullable=False),
    Column("labels", Integer, nullable=False),
    Column("level", Integer, nullable=False),  # of pay, for the next batch
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("level", Integer, nullable=False),  # of pay, fixed before the batch is answered
    Column("opened_key", String(64)),
    time_column("opened_at"),  # null once answered, and with `minimal`
    Column("reply", JSON(none_as_null=True)),  # the reply to the answers; null while open
    UniqueConstraint("player", "number"),
    UniqueConstraint("player", "opened_key"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("batch", String(22), ForeignKey("batches.id"), nullable=False, index=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False),
    Column("pair", Integer, ForeignKey("pairs.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("left", String(1), nullable=False),
    Column("picture_left", String(22), nullable=False, unique=True),
    Column("picture_right", String(22), nullable=False, unique=True),
    Column("choice", String(3)),
    Column("response_ms", Integer),
    time_column("answered_at"),
    UniqueConstraint("player", "pair"),
    CheckConstraint("choice IN ('a', 'b', 'tie')", name="choice"),
)
