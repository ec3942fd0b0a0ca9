"""Add the tables of annotation projects and of what people answered."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "annotation_projects",
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("tasks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("project", name=op.f("pk_annotation_projects")),
    )
    _create_prompts()
    op.create_table(
        "annotation_items",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.Integer(), nullable=False),
        sa.Column("shown", sa.String(9), nullable=False),
        sa.Column("reply", sa.JSON(none_as_null=True)),
        _refers("annotation_items", "player", "players.id"),
        _refers("annotation_items", "prompt", "annotation_prompts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_items")),
        sa.UniqueConstraint("player", "prompt", name=op.f("uq_annotation_items_player_prompt")),
    )
    op.create_index(op.f("ix_annotation_items_prompt"), "annotation_items", ["prompt"])
    op.create_table(
        "annotation_answers",
        sa.Column("item", sa.String(22), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("player", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("response_ms", sa.Integer()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.CheckConstraint("step >= 0", name=op.f("ck_annotation_answers_step")),
        _refers("annotation_answers", "item", "annotation_items.id"),
        _refers("annotation_answers", "player", "players.id"),
        sa.PrimaryKeyConstraint("item", "step", name=op.f("pk_annotation_answers")),
    )
    op.create_index(op.f("ix_annotation_answers_player"), "annotation_answers", ["player"])


def _create_prompts() -> None:
    op.create_table(
        "annotation_prompts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("prompt_id", sa.String(64), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("dealt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("finished", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()),
        _refers("annotation_prompts", "project", "annotation_projects.project"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_prompts")),
        sa.UniqueConstraint(
            "project", "prompt_id", name=op.f("uq_annotation_prompts_project_prompt_id")
        ),
    )
    dealt = ["project", "retired", "dealt", "place"]
    op.create_index("ix_annotation_prompts_deal", "annotation_prompts", dealt)
    op.create_table(
        "annotation_pictures",
        sa.Column("prompt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _refers("annotation_pictures", "prompt", "annotation_prompts.id"),
        sa.PrimaryKeyConstraint("prompt", "number", name=op.f("pk_annotation_pictures")),
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
