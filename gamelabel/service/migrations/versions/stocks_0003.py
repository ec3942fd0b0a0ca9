"""Give pairs a stock, players an exam, suspicion and a level of pay, games a limit of players."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Known answers of before are for exams, and players of before have passed theirs.

    Their level of pay stays what their answers had earned.
    """
    with op.batch_alter_table("pairs") as table:
        table.add_column(sa.Column("stock", sa.String(10), nullable=True))
    exam = "CASE kind WHEN 'comparison' THEN 'exam' ELSE 'preference' END"
    op.execute(f"UPDATE pairs SET stock = {exam}")
    op.drop_index("ix_pairs_deal", "pairs")
    with op.batch_alter_table("pairs") as table:
        table.alter_column("stock", nullable=False, existing_type=sa.String(10))
        table.create_check_constraint(
            op.f("ck_pairs_stock"),
            "stock IN ('preference', 'exam', 'watch') AND "
            "(kind = 'preference') = (stock = 'preference')",
        )
    op.create_index(
        "ix_pairs_deal", "pairs", ["pool", "stock", "shared", "served", "place"], unique=False
    )
    with op.batch_alter_table("pair_standings") as table:
        table.add_column(sa.Column("exam", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("suspicion", sa.Float(), server_default="0", nullable=False))
        table.add_column(sa.Column("level", sa.Integer(), server_default="0", nullable=False))
    numbers = {
        "min_account_days": "0",
        "new_players_per_hour": "300",
        "newcomers": "0",
        "newcomers_hour": "0",
    }
    with op.batch_alter_table("games") as table:
        for name, value in numbers.items():
            column = sa.Column(name, sa.Integer(), server_default=value, nullable=False)
            table.add_column(column)
    smoothed = '("right" + 7.4) / ("right" + wrong + 10.0)'
    steps = (0.6, 0.68, 0.76, 0.84)
    level = " + ".join(f"CASE WHEN {smoothed} >= {step} THEN 1 ELSE 0 END" for step in steps)
    op.execute(f"UPDATE pair_standings SET level = {level}")
    with op.batch_alter_table("pair_standings") as table:
        for name, kind in (
            ("exam", sa.Integer()),
            ("suspicion", sa.Float()),
            ("level", sa.Integer()),
        ):
            table.alter_column(
                name, server_default=None, existing_type=kind, existing_nullable=False
            )
