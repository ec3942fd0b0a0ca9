"""Add what annotation needs for qualification, trust and inspection."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns of prompts and items, and the tables of workers and inspections."""
    purpose = sa.Column("purpose", sa.String(8), nullable=False, server_default="open")
    op.add_column("annotation_prompts", purpose)
    _add_flag("annotation_prompts", "doubled")
    _add_flag("annotation_items", "is_double")
    _add_flag("annotation_items", "inspect")
    op.add_column("annotation_items", _count("round"))
    op.create_table(
        "annotation_workers",
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False, server_default=sa.false()),
        *(_count(name) for name in ("failed_tries", "try_right", "try_wrong", "right", "wrong")),
        sa.Column("credit", sa.Float(), nullable=False, server_default="0"),
        sa.Column("debit", sa.Float(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["player"], ["players.id"], name=op.f("fk_annotation_workers_player")
        ),
        sa.ForeignKeyConstraint(
            ["project"],
            ["annotation_projects.project"],
            name=op.f("fk_annotation_workers_project"),
        ),
        sa.PrimaryKeyConstraint("player", "project", name=op.f("pk_annotation_workers")),
    )
    op.create_table(
        "annotation_inspections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(22), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(9), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        sa.CheckConstraint(
            "decision IN ('accepted', 'returned', 'corrected')",
            name=op.f("ck_annotation_inspections_decision"),
        ),
        sa.ForeignKeyConstraint(
            ["item"],
            ["annotation_items.id"],
            name=op.f("fk_annotation_inspections_item"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player"], ["players.id"], name=op.f("fk_annotation_inspections_player")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_inspections")),
        sa.UniqueConstraint("item", "round", name=op.f("uq_annotation_inspections_item_round")),
    )
    op.create_index(op.f("ix_annotation_inspections_player"), "annotation_inspections", ["player"])


def _add_flag(table: str, name: str) -> None:
    column: sa.Column[bool] = sa.Column(
        name, sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column(table, column)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")
