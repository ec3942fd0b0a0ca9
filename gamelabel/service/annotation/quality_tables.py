"""The tables of quality: what annotators have shown with known answers, and inspections."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from gamelabel.service.annotation.annotation_tables import annotation_answers, annotation_items
from gamelabel.service.database_tables import metadata, time_column

# What a person has shown with known answers in a project.
annotation_workers = Table(
    "annotation_workers",
    metadata,
    Column("player", Integer, ForeignKey("players.id"), primary_key=True),
    Column("project", String(64), ForeignKey("annotation_projects.project"), primary_key=True),
    Column("qualified", Boolean, nullable=False, server_default=false()),
    Column("failed_tries", Integer, nullable=False, server_default="0"),
    # answers to questions of the try that is under way
    Column("try_right", Integer, nullable=False, server_default="0"),
    Column("try_wrong", Integer, nullable=False, server_default="0"),
    # known answers in the work, all of them, and as the gate weighs them
    Column("right", Integer, nullable=False, server_default="0"),
    Column("wrong", Integer, nullable=False, server_default="0"),
    Column("credit", Float, nullable=False, server_default="0"),
    Column("debit", Float, nullable=False, server_default="0"),
)

# What an inspector decided about the answers to a prompt. They are deleted with the answers.
annotation_inspections = Table(
    "annotation_inspections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "item",
        String(22),
        ForeignKey("annotation_items.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("round", Integer, nullable=False),  # how often the item had come back by then
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),  # inspector
    Column("decision", String(9), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    # the right answers by the number of the step, with the numbers that pictures have in the file
    Column("corrections", JSON, nullable=False),
    time_column("decided_at"),
    UniqueConstraint("item", "round"),
    CheckConstraint("decision IN ('accepted', 'returned', 'corrected')", name="decision"),
)
# in the order in which to delete from them
PERSONAL_TABLES = (
    annotation_inspections,
    annotation_answers,
    annotation_items,
    annotation_workers,
)
