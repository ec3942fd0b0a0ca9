"""Add the tables of models that are compared."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _foreign(table: str, column: str, key: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [key], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "arena_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        _foreign("arena_models", "pool", "pools.pool"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arena_models")),
        sa.UniqueConstraint("pool", "name", name=op.f("uq_arena_models_pool_name")),
    )
    op.create_table(
        "arena_pairs",
        sa.Column("pair", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("model_a", sa.Integer(), nullable=False),
        sa.Column("model_b", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        _foreign("arena_pairs", "pair", "pairs.id"),
        _foreign("arena_pairs", "model_a", "arena_models.id"),
        _foreign("arena_pairs", "model_b", "arena_models.id"),
        sa.PrimaryKeyConstraint("pair", name=op.f("pk_arena_pairs")),
    )
    op.create_index("ix_arena_pairs_deal", "arena_pairs", ["model_a", "model_b", "place"])
    op.create_table(
        "model_votes",
        sa.Column("player", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pair", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("model_left", sa.Integer(), nullable=False),
        sa.Column("model_right", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Integer(), nullable=False),
        _foreign("model_votes", "player", "players.id"),
        _foreign("model_votes", "pair", "pairs.id"),
        _foreign("model_votes", "model_left", "arena_models.id"),
        _foreign("model_votes", "model_right", "arena_models.id"),
        sa.PrimaryKeyConstraint("player", "pair", name=op.f("pk_model_votes")),
        sa.CheckConstraint("outcome IN (0, 1, 2)", name=op.f("ck_model_votes_outcome")),
    )
    counted = ["model_left", "model_right", "outcome", "player"]
    op.create_index("ix_model_votes_count", "model_votes", counted)
