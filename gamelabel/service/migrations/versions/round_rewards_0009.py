"""Rewards of rounds name the descent, so that a second one in the same database is paid too."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_BEFORE = sa.table("round_rewards", *map(sa.column, ("player", "round", "reward", "amount")))


def upgrade() -> None:
    """Make the table anew, since SQLite cannot change a primary key.

    Rows of before get an empty name, as do the descents that were there before they had names.
    """
    connection = op.get_bind()
    rows = [dict(row) for row in connection.execute(sa.select(_BEFORE)).mappings()]
    op.drop_table("round_rewards")
    table = op.create_table(
        "round_rewards",
        sa.Column("player", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("descent", sa.String(16), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reward", sa.String(36), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f("fk_round_rewards_player")),
        sa.PrimaryKeyConstraint("player", "descent", "round", name=op.f("pk_round_rewards")),
    )
    if rows:
        op.bulk_insert(table, [{**row, "descent": ""} for row in rows])
