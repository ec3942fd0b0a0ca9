"""The tables of pairs that show two models: which models, and the votes on them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from gamelabel.service.database_tables import metadata

arena_models = Table(
    "arena_models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pool", String(64), ForeignKey("pools.pool"), nullable=False),
    Column("name", String(60), nullable=False),
    UniqueConstraint("pool", "name"),
)

arena_pairs = Table(
    "arena_pairs",
    metadata,
    Column("pair", Integer, ForeignKey("pairs.id"), primary_key=True, autoincrement=False),
    Column("model_a", Integer, ForeignKey("arena_models.id"), nullable=False),
    Column("model_b", Integer, ForeignKey("arena_models.id"), nullable=False),
    Column("place", Integer, nullable=False),  # a random order of the pairs of two models
)
Index("ix_arena_pairs_deal", arena_pairs.c.model_a, arena_pairs.c.model_b, arena_pairs.c.place)

# What a choice says about models, so that a million of them are counted in a moment.
model_votes = Table(
    "model_votes",
    metadata,
    Column("player", Integer, ForeignKey("players.id"), primary_key=True, autoincrement=False),
    Column("pair", Integer, ForeignKey("pairs.id"), primary_key=True, autoincrement=False),
    Column("model_left", Integer, ForeignKey("arena_models.id"), nullable=False),
    Column("model_right", Integer, ForeignKey("arena_models.id"), nullable=False),
    Column("outcome", Integer, nullable=False),  # 0: the right picture won, 1: a tie, 2: the left
    CheckConstraint("outcome IN (0, 1, 2)", name="outcome"),
)
Index(
    "ix_model_votes_count",
    model_votes.c.model_left,
    model_votes.c.model_right,
    model_votes.c.outcome,
    model_votes.c.player,
)
