"""The tables of the play activity. What players did is in recordings, see `games.play.recording`.

What a recruiting platform knows a person by is in `recruitments`, and until it is paid in
`play_payments`; no export reads them but the list of payments.
"""

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
    String,
    Table,
    Text,
)

from gamelabel.service.database_tables import metadata, time_column

# Consent to playing: that to labeling says nothing about what is recorded here.
play_players = Table(
    "play_players",
    metadata,
    Column("player", Integer, ForeignKey("players.id"), primary_key=True, autoincrement=False),
    Column("consented", Boolean, nullable=False),
    # of the link by which the player came last, if it had ids
    Column("recruitment", Integer, ForeignKey("recruitments.id")),
)

# One row for each link with ids of a platform that a player came by.
recruitments = Table(
    "recruitments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("worker_id", String(64)),
    Column("assignment_id", String(64)),
    Column("hit_id", String(64)),
)

# A player's play of one task, over several episodes and breaks of the connection.
play_sessions = Table(
    "play_sessions",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False),
    Column("task", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("launch", String(64), nullable=False),  # tells the game whom to pay
    Column("recruitment", Integer, ForeignKey("recruitments.id")),
    Column("state", String(8), nullable=False),  # open, done (requirements met), ended (not met)
    Column("statistics", JSON, nullable=False),  # values by name, over all episodes
    Column("pay", Float, nullable=False),  # in the currency of the task's bonus
    Column("reward", String(36)),
    time_column("opened_at"),  # null with `minimal`
    CheckConstraint("state IN ('open', 'done', 'ended')", name="state"),
)
Index("ix_play_sessions_player_task", play_sessions.c.player, play_sessions.c.task)
Index("ix_play_sessions_task_state", play_sessions.c.task, play_sessions.c.state)

# Who plays in which game, stored when it starts: what a killed process recorded is added later.
play_seats = Table(
    "play_seats",
    metadata,
    Column("game", String(32), primary_key=True),  # the name of its recording
    Column("seat", String(64), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("play_session", String(22), ForeignKey("play_sessions.id"), nullable=False, index=True),
    Column("stored", Boolean, nullable=False),  # whether its episodes are in play_episodes
)

# An episode that has ended, a row for each player.
play_episodes = Table(
    "play_episodes",
    metadata,
    Column("episode_id", String(64), primary_key=True),
    Column("seat", String(64), primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("play_session", String(22), ForeignKey("play_sessions.id"), nullable=False),
    Column("task", String(64), nullable=False),
    Column("frames", Integer, nullable=False),
    Column("ended", String(10), nullable=False),
    Column("score", Float, nullable=False),
)
Index("ix_play_episodes_task_score", play_episodes.c.task, play_episodes.c.score)
Index("ix_play_episodes_play_session", play_episodes.c.play_session)

play_comments = Table(
    "play_comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("player", Integer, ForeignKey("players.id"), nullable=False, index=True),
    Column("task", String(64), nullable=False),
    Column("kind", String(8), nullable=False),  # feedback or problem
    Column("text", Text, nullable=False),
    Column("device", Text, nullable=False),  # of a problem: the browser's own description
    time_column("written_at"),
    CheckConstraint("kind IN ('feedback', 'problem')", name="kind"),
)

# What the operator pays by hand. A row names no player, so a withdrawal leaves it; once it is paid,
# its ids are deleted. The marks are unique: an assignment, and a worker's task, is paid once.
play_payments = Table(
    "play_payments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("game_id", String(64), ForeignKey("games.game_id"), nullable=False, index=True),
    Column("play_session", String(22), nullable=False),
    Column("kind", String(6), nullable=False),  # work, or an entry in a raffle
    Column("task", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("worker_id", String(64)),
    Column("assignment_id", String(64)),
    Column("hit_id", String(64)),
    Column("email", String(254)),
    Column("pay", Float, nullable=False),
    Column("currency", Text, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("assignment_mark", String(43)),  # HMAC of the assignment
    Column("work_mark", String(43)),  # HMAC of worker and task, or of a raffle's address and task
    CheckConstraint("kind IN ('work', 'raffle')", name="kind"),
)
Index(
    "ix_play_payments_play_session_kind",
    play_payments.c.play_session,
    play_payments.c.kind,
    unique=True,
)
Index("ix_play_payments_assignment_mark", play_payments.c.assignment_mark, unique=True)
Index("ix_play_payments_work_mark", play_payments.c.work_mark, unique=True)

PLAYER_TABLES = (
    play_comments,
    play_episodes,
    play_seats,
    play_sessions,
    play_players,
    recruitments,
)
