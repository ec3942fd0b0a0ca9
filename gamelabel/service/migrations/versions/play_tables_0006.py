"""Add the tables of the play activity."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _player(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["player"], ["players.id"], name=op.f(f"fk_{table}_player"))


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "play_players",
        sa.Column("player", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("consented", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        _player("play_players"),
        sa.PrimaryKeyConstraint("player", name=op.f("pk_play_players")),
    )
    op.create_table(
        "recruitments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("worker_id", sa.String(64)),
        sa.Column("assignment_id", sa.String(64)),
        sa.Column("hit_id", sa.String(64)),
        sa.Column("email", sa.String(254)),
        _player("recruitments"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruitments")),
    )
    op.create_index("ix_recruitments_player", "recruitments", ["player"])
    op.create_table(
        "play_sessions",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("launch", sa.String(64), nullable=False),
        sa.Column("recruitment", sa.Integer()),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("statistics", sa.JSON(), nullable=False),
        sa.Column("pay", sa.Float(), nullable=False),
        sa.Column("reward", sa.String(36)),
        sa.Column("opened_at", sa.BigInteger()),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'ended')", name=op.f("ck_play_sessions_state")
        ),
        _player("play_sessions"),
        sa.ForeignKeyConstraint(
            ["recruitment"], ["recruitments.id"], name=op.f("fk_play_sessions_recruitment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_play_sessions")),
    )
    op.create_index("ix_play_sessions_player_task", "play_sessions", ["player", "task"])
    op.create_index("ix_play_sessions_task_state", "play_sessions", ["task", "state"])
    op.create_table(
        "play_seats",
        sa.Column("game", sa.String(32), nullable=False),
        sa.Column("seat", sa.String(64), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("play_session", sa.String(22), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        _player("play_seats"),
        sa.ForeignKeyConstraint(
            ["play_session"], ["play_sessions.id"], name=op.f("fk_play_seats_play_session")
        ),
        sa.PrimaryKeyConstraint("game", "seat", name=op.f("pk_play_seats")),
    )
    for column in ("player", "play_session"):
        op.create_index(f"ix_play_seats_{column}", "play_seats", [column])
    op.create_table(
        "play_episodes",
        sa.Column("episode_id", sa.String(64), nullable=False),
        sa.Column("seat", sa.String(64), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("play_session", sa.String(22), nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("ended", sa.String(10), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        _player("play_episodes"),
        sa.ForeignKeyConstraint(
            ["play_session"], ["play_sessions.id"], name=op.f("fk_play_episodes_play_session")
        ),
        sa.PrimaryKeyConstraint("episode_id", "seat", name=op.f("pk_play_episodes")),
    )
    for columns in (["player"], ["task", "score"], ["play_session"]):
        op.create_index(f"ix_play_episodes_{'_'.join(columns)}", "play_episodes", columns)
    op.create_table(
        "play_comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger()),
        sa.CheckConstraint("kind IN ('feedback', 'problem')", name=op.f("ck_play_comments_kind")),
        _player("play_comments"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_play_comments")),
    )
    op.create_index("ix_play_comments_player", "play_comments", ["player"])
