"""Prompts of annotation projects get a certainty, and why they have enough answers."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns; a project with a stopping rule fills them when it is served."""
    with op.batch_alter_table("annotation_prompts") as table:
        table.add_column(sa.Column("certainty", sa.Float(), server_default="0", nullable=False))
        table.add_column(sa.Column("closed", sa.String(10)))
    listed = ["project", "retired", "closed", "certainty", "place"]
    op.create_index("ix_annotation_prompts_open", "annotation_prompts", listed)
