"""A choice between the pictures of two models can be a tie."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Allow one more value; all choices stay what they are."""
    name = op.f("ck_assignments_choice")
    with op.batch_alter_table("assignments") as table:
        table.drop_constraint(name, type_="check")
        table.alter_column("choice", type_=sa.String(3), existing_type=sa.String(1))
        table.create_check_constraint(name, "choice IN ('a', 'b', 'tie')")
