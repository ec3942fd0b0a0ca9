"""What the service stores: its tables, as the migrations build them.

A player is a pseudonym and a few counts; everything else about a person is in rows that `DELETE` takes away.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
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


def _time(name: str, null: bool = True) -> Column:
    """A time in milliseconds since 1970, UTC: the same on every database."""
    return Column(name, BigInteger, nullable=null)


pools = Table(
    "pools",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column(
        "length", Integer, nullable=False
    ),  # bytes of every picture as sent: the longest, the others are filled up
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
    Column("pair_id", Text, nullable=False),  # from here on the columns of the study's table
    Column("prompt_id", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("image_a", Text, nullable=False),
    Column("image_b", Text, nullable=False),
    Column("seed_a", Integer),
    Column("seed_b", Integer),
    Column("model", Text),
    Column("gold", String(1)),
    Column("picture_a", Integer, ForeignKey("pictures.id"), nullable=False),
    Column("picture_b", Integer, ForeignKey("pictures.id"), nullable=False),
    Column("again", Boolean, nullable=False),  # whether it is one of those served again and again
    Column("served", Integer, nullable=False, server_default="0"),
    Column("place", Integer, nullable=False),  # a random order among equally often served
    Column("retired", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("pool", "pair_id"),
    CheckConstraint("(kind = 'comparison') = (gold IS NOT NULL)", name="gold"),
)
Index("ix_pairs_deal", pairs.c.pool, pairs.c.kind, pairs.c.again, pairs.c.served, pairs.c.place)

games = Table(
    "games",
    metadata,
    Column("game_id", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column(
        "origin", Text, nullable=False
    ),  # of the pages that may show the labelling page in a frame
    Column("launch_keys", Text, nullable=False),  # Ed25519 public keys, base64url, one a line
    Column("reward_url", Text, nullable=False),  # empty: rewards are shown and not sent
    Column("coin", Text, nullable=False),  # what the game's currency is called
    Column("coins", Integer, nullable=False),  # for a batch at the highest level
    Column("pool", String(64), ForeignKey("pools.pool"), nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
)

players = Table(
    "players",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("game_id", String(64), ForeignKey("games.game_id"), nullable=False),
    Column("pseudonym", String(43), nullable=False, unique=True),
    Column("state", String(9), nullable=False),  # active, removed, withdrawn
    Column(
        "right", Integer, nullable=False
    ),  # from here to debit what the rules remember, `game.Standing`
    Column("wrong", Integer, nullable=False),
    Column("share", Float, nullable=False),
    Column("credit", Float, nullable=False),
    Column("debit", Float, nullable=False),
    Column("labels", Integer, nullable=False),
    Column("consented", Boolean, nullable=False, server_default=false()),
    Column(
        "times", Boolean, nullable=False, server_default=false()
    ),  # consented to response times as well
    CheckConstraint("state IN ('active', 'removed', 'withdrawn')", name="state"),
)
Index("ix_players_game_id", players.c.game_id)

launches = Table(
    "launches",
    metadata,
    Column("game_id", String(64), ForeignKey("games.game_id"), primary_key=True),
    Column("jti", String(64), primary_key=True),
    Column(
        "used_with", String(43), nullable=False
    ),  # what alone may repeat the exchange: a hash of its key
    _time("expires_at", null=False),
)
Index("ix_launches_expires_at", launches.c.expires_at)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(43), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("launch", String(64), nullable=False),
    _time("expires_at", null=False),
)
Index("ix_sessions_expires_at", sessions.c.expires_at)

batches = Table(
    "batches",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("level", Integer, nullable=False),  # of pay, settled before a point is answered
    Column("opened_key", String(64)),
    _time("opened_at"),  # null once answered
    Column("reply", JSON(none_as_null=True)),  # what the answers were replied with; null while open
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
    Column("choice", String(1)),
    Column("response_ms", Integer),
    _time("answered_at"),
    UniqueConstraint("player", "pair"),
    CheckConstraint("choice IN ('a', 'b')", name="choice"),
)

rewards = Table(
    "rewards",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("game_id", String(64), ForeignKey("games.game_id"), nullable=False),
    Column(
        "launch", String(64), nullable=False
    ),  # the game knows whose launch it was; the service forgets
    Column("amount", Integer, nullable=False),
    Column("state", String(9), nullable=False),  # waiting, delivered, refused
    Column("tries", Integer, nullable=False, server_default="0"),
    _time("due_at", null=False),
    Column("trouble", Text),
    CheckConstraint("state IN ('waiting', 'delivered', 'refused')", name="state"),
)
Index("ix_rewards_due", rewards.c.state, rewards.c.due_at)
