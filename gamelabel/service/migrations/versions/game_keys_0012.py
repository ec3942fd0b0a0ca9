"""The launch keys of a game are stored by audience, so that two servers can have the same game."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Give each server the keys that both have had, until it registers its games anew."""
    op.create_table(
        "game_keys",
        sa.Column("game_id", sa.String(64), nullable=False),
        sa.Column("audience", sa.String(32), nullable=False),
        sa.Column("launch_keys", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.game_id"], name=op.f("fk_game_keys_game_id")),
        sa.PrimaryKeyConstraint("game_id", "audience", name=op.f("pk_game_keys")),
    )
    for audience in ("gamelabel", "gamelabel/play"):
        op.execute(
            "INSERT INTO game_keys (game_id, audience, launch_keys) "
            f"SELECT game_id, '{audience}', launch_keys FROM games WHERE launch_keys != ''"
        )
    # in SQL, since Alembic would make SQLite's table anew
    op.execute("ALTER TABLE games DROP COLUMN launch_keys")
