"""Add the list of payments, the channel of a session, and a limit of newcomers by link."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Move what is to be paid to a table of its own, which a withdrawal does not empty."""
    op.add_column(
        "sessions", sa.Column("channel", sa.String(32), nullable=False, server_default="")
    )
    limit = sa.Column("new_by_link_per_hour", sa.Integer(), nullable=False, server_default="300")
    op.add_column("games", limit)
    for name in ("link_newcomers", "link_newcomers_hour"):
        op.add_column("games", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "play_payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("game_id", sa.String(64), nullable=False),
        sa.Column("play_session", sa.String(22), nullable=False),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("worker_id", sa.String(64)),
        sa.Column("assignment_id", sa.String(64)),
        sa.Column("hit_id", sa.String(64)),
        sa.Column("email", sa.String(254)),
        sa.Column("pay", sa.Float(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("assignment_mark", sa.String(43)),
        sa.Column("work_mark", sa.String(43)),
        sa.CheckConstraint("kind IN ('work', 'raffle')", name=op.f("ck_play_payments_kind")),
        sa.ForeignKeyConstraint(
            ["game_id"], ["games.game_id"], name=op.f("fk_play_payments_game_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_play_payments")),
    )
    op.create_index("ix_play_payments_game_id", "play_payments", ["game_id"])
    for columns in (["play_session", "kind"], ["assignment_mark"], ["work_mark"]):
        name = f"ix_play_payments_{'_'.join(columns)}"
        op.create_index(name, "play_payments", columns, unique=True)
    _move_payments()
    # in SQL, since Alembic would make SQLite's tables anew
    op.execute(
        "UPDATE play_sessions SET recruitment = NULL WHERE recruitment IN "
        "(SELECT id FROM recruitments WHERE assignment_id IS NULL)"
    )
    op.execute("DELETE FROM recruitments WHERE assignment_id IS NULL")
    op.execute("ALTER TABLE recruitments DROP COLUMN email")
    op.execute("ALTER TABLE play_players DROP COLUMN channel")
    op.execute(
        "ALTER TABLE play_players ADD COLUMN recruitment INTEGER "
        "CONSTRAINT fk_play_players_recruitment REFERENCES recruitments (id)"
    )
    op.execute(
        "UPDATE play_players SET recruitment = (SELECT max(recruitments.id) FROM recruitments "
        "WHERE recruitments.player = play_players.player)"
    )


def _move_payments() -> None:
    """Copy what is to be paid by hand: work for an assignment, and addresses of a raffle.

    The marks, which need the service's secret, stay empty.
    """
    for kind, email, condition in (
        ("work", "NULL", "recruitments.assignment_id IS NOT NULL"),
        ("raffle", "recruitments.email", "recruitments.email IS NOT NULL"),
    ):
        op.execute(
            "INSERT INTO play_payments (game_id, play_session, kind, task, channel, worker_id, "
            "assignment_id, hit_id, email, pay, currency, settled) "
            f"SELECT players.game_id, play_sessions.id, '{kind}', play_sessions.task, "
            "play_sessions.channel, recruitments.worker_id, recruitments.assignment_id, "
            f"recruitments.hit_id, {email}, play_sessions.pay, '', false FROM play_sessions "
            "JOIN players ON players.id = play_sessions.player "
            "JOIN recruitments ON recruitments.id = play_sessions.recruitment "
            f"WHERE play_sessions.state = 'done' AND {condition}"
        )
