"""Link a reward to its player, so that it can be deleted when the player withdraws."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BATCHES = sa.table("batches", sa.column("player", sa.Integer), sa.column("reply", sa.JSON))
_REWARDS = sa.table("rewards", sa.column("id", sa.String), sa.column("player", sa.Integer))


def upgrade() -> None:
    """Find each reward's player by the batch that it paid for.

    A reward without such a batch is one of a player who withdrew: it is deleted, unless the game
    does not have it yet.
    """
    # in SQL, since Alembic would make SQLite's table anew for a foreign key
    op.execute(
        "ALTER TABLE rewards ADD COLUMN player INTEGER "
        "CONSTRAINT fk_rewards_player REFERENCES players (id)"
    )
    op.create_index(op.f("ix_rewards_player"), "rewards", ["player"], unique=False)
    connection = op.get_bind()
    rows = connection.execute(sa.select(_BATCHES.c.player, _BATCHES.c.reply))
    links = [
        {"reward": reply["reward"]["id"], "owner": player}
        for player, reply in rows
        if reply is not None  # null while open
    ]
    if links:
        link = sa.update(_REWARDS).where(_REWARDS.c.id == sa.bindparam("reward"))
        connection.execute(link.values(player=sa.bindparam("owner")), links)
    op.execute(
        "DELETE FROM rewards WHERE player IS NULL AND (state <> 'waiting' OR game_id IN "
        "(SELECT game_id FROM games WHERE reward_url = ''))"
    )
