"""The tables of annotation: the projects with their pictures, and what people answered."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from gamelabel.service.database_tables import metadata, time_column

annotation_projects = Table(
    "annotation_projects",
    metadata,
    Column("project", String(64), primary_key=True),
    # kind and names of options of each task: answers mean nothing without them
    Column("tasks", JSON, nullable=False),
)

annotation_prompts = Table(
    "annotation_prompts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project", String(64), ForeignKey("annotation_projects.project"), nullable=False),
    Column("prompt_id", String(64), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("place", Integer, nullable=False),  # in the order in which prompts are dealt
    Column("dealt", Integer, nullable=False, server_default="0"),  # to how many people
    Column("finished", Integer, nullable=False, server_default="0"),  # by how many of them
    Column("retired", Boolean, nullable=False, server_default=false()),  # not in the file any more
    # for projects with a stopping rule: how sure the answers are, less by people who are asked now,
    # and why there are enough of them; see `PromptStopping`
    Column("certainty", Float, nullable=False, server_default="0"),
    Column("closed", String(10)),
    # open, or with known answers: example, question, known
    Column("purpose", String(8), nullable=False, server_default="open"),
    # to be annotated by an inspector, too
    Column("doubled", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("project", "prompt_id"),
)
Index(
    "ix_annotation_prompts_deal",
    annotation_prompts.c.project,
    annotation_prompts.c.retired,
    annotation_prompts.c.dealt,
    annotation_prompts.c.place,
)
Index(
    "ix_annotation_prompts_open",
    annotation_prompts.c.project,
    annotation_prompts.c.retired,
    annotation_prompts.c.closed,
    annotation_prompts.c.certainty,
    annotation_prompts.c.place,
)

annotation_pictures = Table(
    "annotation_pictures",
    metadata,
    Column("prompt", Integer, ForeignKey("annotation_prompts.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the file, from 0
    Column("name", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# A prompt that a person annotates.
annotation_items = Table(
    "annotation_items",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False),
    Column("prompt", Integer, ForeignKey("annotation_prompts.id"), nullable=False, index=True),
    # the numbers of the pictures in the order in which they are shown, such as 2013
    Column("shown", String(9), nullable=False),
    Column("reply", JSON(none_as_null=True)),  # to the last answer; null while open
    Column("is_double", Boolean, nullable=False, server_default=false()),  # an inspector's own
    Column(
        "inspect", Boolean, nullable=False, server_default=false()
    ),  # an inspector has to see it
    Column("round", Integer, nullable=False, server_default="0"),  # how often it came back
    UniqueConstraint("player", "prompt"),
)

annotation_answers = Table(
    "annotation_answers",
    metadata,
    Column("item", String(22), ForeignKey("annotation_items.id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    # the fields of the kind, with the numbers that pictures have in the file
    Column("answer", JSON, nullable=False),
    Column("response_ms", Integer),
    time_column("answered_at"),
    CheckConstraint("step >= 0", name="step"),
)
