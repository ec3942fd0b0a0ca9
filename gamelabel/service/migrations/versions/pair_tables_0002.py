"""Give the labeling game tables of its own: a game's pool and pay, and the standing of players."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_STANDING = '"right", wrong, share, credit, debit, labels'


def upgrade() -> None:
    """Move the columns of the labeling game out of `games` and `players`; keep every row."""
    op.create_table(
        "pair_games",
        sa.Column("game_id", sa.String(64), nullable=False),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("coins", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.game_id"], name=op.f("fk_pair_games_game_id")),
        sa.ForeignKeyConstraint(["pool"], ["pools.pool"], name=op.f("fk_pair_games_pool")),
        sa.PrimaryKeyConstraint("game_id", name=op.f("pk_pair_games")),
    )
    op.execute(
        "INSERT INTO pair_games (game_id, pool, coins) SELECT game_id, pool, coins FROM games"
    )
    op.create_table(
        "pair_standings",
        sa.Column("player", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("credit", sa.Float(), nullable=False),
        sa.Column("debit", sa.Float(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f("fk_pair_standings_player")),
        sa.PrimaryKeyConstraint("player", name=op.f("pk_pair_standings")),
    )
    op.execute(
        f"INSERT INTO pair_standings (player, {_STANDING}) "
        f"SELECT id, {_STANDING} FROM players WHERE state <> 'withdrawn'"
    )
    with op.batch_alter_table("games") as table:
        table.drop_constraint("fk_games_pool", type_="foreignkey")
        table.drop_column("pool")
        table.drop_column("coins")
    for name in ("right", "wrong", "share", "credit", "debit", "labels"):
        op.drop_column("players", name)
    op.execute("ALTER TABLE pairs RENAME COLUMN again TO shared")
    with op.batch_alter_table("pairs") as table:
        table.alter_column("kind", type_=sa.Text(), existing_nullable=False)
        table.alter_column("gold", type_=sa.Text(), existing_nullable=True)
        table.alter_column("image_a", nullable=True, existing_type=sa.Text())
        table.alter_column("image_b", nullable=True, existing_type=sa.Text())
