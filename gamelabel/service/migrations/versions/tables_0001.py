"""Create the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "pools",
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pool", name=op.f("pk_pools")),
    )
    op.create_table(
        "games",
        sa.Column("game_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("launch_keys", sa.Text(), nullable=False),
        sa.Column("reward_url", sa.Text(), nullable=False),
        sa.Column("coin", sa.Text(), nullable=False),
        sa.Column("coins", sa.Integer(), nullable=False),
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pools.pool"], name=op.f("fk_games_pool")),
        sa.PrimaryKeyConstraint("game_id", name=op.f("pk_games")),
    )
    op.create_table(
        "pictures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pools.pool"], name=op.f("fk_pictures_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
    )
    op.create_table(
        "launches",
        sa.Column("game_id", sa.String(length=64), nullable=False),
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("used_with", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.game_id"], name=op.f("fk_launches_game_id")),
        sa.PrimaryKeyConstraint("game_id", "jti", name=op.f("pk_launches")),
    )
    op.create_index("ix_launches_expires_at", "launches", ["expires_at"], unique=False)
    op.create_table(
        "pairs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.Column("pair_id", sa.Text(), nullable=False),
        sa.Column("prompt_id", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("image_a", sa.Text(), nullable=False),
        sa.Column("image_b", sa.Text(), nullable=False),
        sa.Column("seed_a", sa.Integer(), nullable=True),
        sa.Column("seed_b", sa.Integer(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("gold", sa.String(length=1), nullable=True),
        sa.Column("picture_a", sa.Integer(), nullable=False),
        sa.Column("picture_b", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("served", sa.Integer(), server_default="0", nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'comparison') = (gold IS NOT NULL)", name=op.f("ck_pairs_gold")
        ),
        sa.ForeignKeyConstraint(["picture_a"], ["pictures.id"], name=op.f("fk_pairs_picture_a")),
        sa.ForeignKeyConstraint(["picture_b"], ["pictures.id"], name=op.f("fk_pairs_picture_b")),
        sa.ForeignKeyConstraint(["pool"], ["pools.pool"], name=op.f("fk_pairs_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
        sa.UniqueConstraint("pool", "pair_id", name=op.f("uq_pairs_pool_pair_id")),
    )
    op.create_index(
        "ix_pairs_deal", "pairs", ["pool", "kind", "again", "served", "place"], unique=False
    )
    op.create_table(
        "players",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("game_id", sa.String(length=64), nullable=False),
        sa.Column("pseudonym", sa.String(length=43), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("credit", sa.Float(), nullable=False),
        sa.Column("debit", sa.Float(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("consented", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("times", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'removed', 'withdrawn')", name=op.f("ck_players_state")
        ),
        sa.ForeignKeyConstraint(["game_id"], ["games.game_id"], name=op.f("fk_players_game_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_players")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_players_pseudonym")),
    )
    op.create_index("ix_players_game_id", "players", ["game_id"], unique=False)
    op.create_table(
        "rewards",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("game_id", sa.String(length=64), nullable=False),
        sa.Column("launch", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'refused')", name=op.f("ck_rewards_state")
        ),
        sa.ForeignKeyConstraint(["game_id"], ["games.game_id"], name=op.f("fk_rewards_game_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rewards")),
    )
    op.create_index("ix_rewards_due", "rewards", ["state", "due_at"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("opened_key", sa.String(length=64), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f("fk_batches_player")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("player", "number", name=op.f("uq_batches_player_number")),
        sa.UniqueConstraint("player", "opened_key", name=op.f("uq_batches_player_opened_key")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=43), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("launch", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f("fk_sessions_player")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_player"), "sessions", ["player"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("batch", sa.String(length=22), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("left", sa.String(length=1), nullable=False),
        sa.Column("picture_left", sa.String(length=22), nullable=False),
        sa.Column("picture_right", sa.String(length=22), nullable=False),
        sa.Column("choice", sa.String(length=1), nullable=True),
        sa.Column("response_ms", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("choice IN ('a', 'b')", name=op.f("ck_assignments_choice")),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_assignments_batch")),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_assignments_pair")),
        sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f("fk_assignments_player")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint("picture_left", name=op.f("uq_assignments_picture_left")),
        sa.UniqueConstraint("picture_right", name=op.f("uq_assignments_picture_right")),
        sa.UniqueConstraint("player", "pair", name=op.f("uq_assignments_player_pair")),
    )
    op.create_index(op.f("ix_assignments_batch"), "assignments", ["batch"], unique=False)
