"""Add the tables of teachers."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _player(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f(f"fk_{table}_player"))


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "teachers",
        sa.Column("player", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("launch", sa.String(64), nullable=False),
        sa.Column("worlds", sa.Integer(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        _player("teachers"),
        sa.PrimaryKeyConstraint("player", name=op.f("pk_teachers")),
    )
    op.create_table(
        "round_rewards",
        sa.Column("player", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reward", sa.String(36), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        _player("round_rewards"),
        sa.PrimaryKeyConstraint("player", "round", name=op.f("pk_round_rewards")),
    )
