"""The service's tables. A game adds its own to `metadata`, see `pairs/pair_tables.py`.

A player is stored as a pseudonym. Everything else about a person is in rows that are deleted when
the player withdraws.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def time_column(name: str, nullable: bool = True) -> Column[Any]:
    """Make a column for a time in milliseconds since 1970, UTC: the same on every database."""
    return Column(name, BigInteger, nullable=nullable)


games = Table(
    "games",
    metadata,
    Column("game_id", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    # scheme and host of the pages that may show the service's page in a frame
    Column("origin", Text, nullable=False),
    Column("reward_url", Text, nullable=False),  # empty: rewards are shown but not sent
    Column("coin", Text, nullable=False),  # the name of the game's currency
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("min_account_days", Integer, nullable=False, server_default="0"),
    Column("new_players_per_hour", Integer, nullable=False, server_default="300"),
    # how many players were new in the hour since 1970 that is named here
    Column("newcomers", Integer, nullable=False, server_default="0"),
    Column("newcomers_hour", Integer, nullable=False, server_default="0"),
    # the same for those who came by a link, of whom anybody can make many
    Column("new_by_link_per_hour", Integer, nullable=False, server_default="300"),
    Column("link_newcomers", Integer, nullable=False, server_default="0"),
    Column("link_newcomers_hour", Integer, nullable=False, server_default="0"),
)

# The keys that sign a game's launches, by what the launches are for: each server knows the file of
# its own games only. A game without a row is closed there.
game_keys = Table(
    "game_keys",
    metadata,
    Column("game_id", String(64), ForeignKey("games.game_id"), primary_key=True),
    Column("audience", String(32), primary_key=True),
    Column("launch_keys", Text, nullable=False),  # Ed25519 public keys, base64url, one a line
)

players = Table(
    "players",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("game_id", String(64), ForeignKey("games.game_id"), nullable=False),
    Column("pseudonym", String(43), nullable=False, unique=True),
    Column("state", String(9), nullable=False),  # active, removed, withdrawn
    Column("consented", Boolean, nullable=False, server_default=false()),
    # whether the player also agreed to response times being stored
    Column("times", Boolean, nullable=False, server_default=false()),
    CheckConstraint("state IN ('active', 'removed', 'withdrawn')", name="state"),
)
Index("ix_players_game_id", players.c.game_id)

launches = Table(
    "launches",
    metadata,
    Column("game_id", String(64), ForeignKey("games.game_id"), primary_key=True),
    Column("jti", String(64), primary_key=True),
    # a hash of the idempotency key: only the same key may repeat the exchange
    Column("used_with", String(43), nullable=False),
    time_column("expires_at", nullable=False),
)
Index("ix_launches_expires_at", launches.c.expires_at)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(43), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("launch", String(64), nullable=False),
    Column("channel", String(32), nullable=False, server_default=""),  # of the launch
    time_column("expires_at", nullable=False),
)
Index("ix_sessions_expires_at", sessions.c.expires_at)

rewards = Table(
    "rewards",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("game_id", String(64), ForeignKey("games.game_id"), nullable=False),
    # null if the player withdrew: the row is deleted as soon as the reward need not be sent again
    Column("player", Integer, ForeignKey("players.id"), index=True),
    Column("launch", String(64), nullable=False),  # tells the game whom to pay
    Column("amount", Integer, nullable=False),
    Column("state", String(9), nullable=False),  # waiting, delivered, refused
    Column("tries", Integer, nullable=False, server_default="0"),
    time_column("due_at", nullable=False),  # with `minimal` 0, except between tries
    Column("trouble", Text),
    CheckConstraint("state IN ('waiting', 'delivered', 'refused')", name="state"),
)
Index("ix_rewards_due", rewards.c.state, rewards.c.due_at)

# Changes by operators, and which of them made each. Players are not named.
operator_actions = Table(
    "operator_actions",
    metadata,
    Column("id", Integer, primary_key=True),
    time_column("at", nullable=False),
    Column("operator", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
