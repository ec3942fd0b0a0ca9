"""The tables of teachers. Their examples are in the folder of the descent, under a pseudonym."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from gamelabel.service.database_tables import metadata

# Where each teacher is: the world before the example that is being given, and its actions so far.
teachers = Table(
    "teachers",
    metadata,
    Column("player", Integer, ForeignKey("players.id"), primary_key=True, autoincrement=False),
    Column("launch", String(64), nullable=False),  # the latest, which rewards name
    Column("worlds", Integer, nullable=False),  # how many worlds the teacher has had
    Column("world", Text, nullable=False),  # as JSON
    Column("actions", Text, nullable=False),  # "get axe; hit troll"
)

# The rounds for which a teacher has been paid, by the name of their descent.
round_rewards = Table(
    "round_rewards",
    metadata,
    Column("player", Integer, ForeignKey("players.id"), primary_key=True, autoincrement=False),
    Column("descent", String(16), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("reward", String(36), nullable=False),
    Column("amount", Integer, nullable=False),
)
