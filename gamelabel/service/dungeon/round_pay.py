"""What published rounds bring teachers: a place, without names, and a reward."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from gamelabel.service.database_tables import players
from gamelabel.service.dungeon.classroom import Classroom
from gamelabel.service.dungeon.teach_tables import round_rewards, teachers
from gamelabel.service.outbox import book_reward
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_SHOWN = 10  # places of the leaderboard


class RoundPay:
    """The results and rewards of published rounds.

    Parameters
    ----------
    store, settings
        Of the service.
    classroom : Classroom
        The descent whose rounds they are.
    """

    def __init__(self, store: Store, settings: Settings, classroom: Classroom) -> None:
        self.store, self.settings, self.classroom = store, settings, classroom

    def rewards_of(self, connection: Connection, player: Row[Any]) -> dict[int, Row[Any]]:
        """Return the rewards of a teacher, by round."""
        key = {"player": player.id, "descent": self.classroom.name}
        query = select(round_rewards).filter_by(**key)
        return {row.round: row for row in connection.execute(query)}

    def results_of(self, pseudonym: str, rewards: dict[int, Row[Any]]) -> dict[str, Any] | None:
        """Return the last published round for a teacher: places without names; None before any."""
        scores = self.classroom.published()
        if not len(scores):
            return None
        number = int(scores["round"].max())
        board = scores[scores["round"] == number].sort_values(["rank", "teacher_id"])
        rows = [
            {
                "place": None if row.rank is None else int(row.rank),
                "score": None if row.score is None else float(row.score),
                "examples": int(row.examples),
                "is_own": row.teacher_id == pseudonym,
            }
            for row in board.astype(object).where(board.notna(), None).itertuples(index=False)
        ]
        n_others = _SHOWN if self.classroom.descent.rules.competitive else 0
        shown = [row for i, row in enumerate(rows) if i < n_others or row["is_own"]]
        reward = rewards.get(number)
        return {
            "number": number,
            "teachers": len(rows),
            "rows": shown,
            "reward": reward and {"id": reward.reward, "amount": reward.amount},
        }

    def pay_published(self) -> int:
        """Book the rewards of published rounds that are not booked, and return how many."""
        scores = self.classroom.published()
        n_booked = 0
        for row in scores.itertuples(index=False):
            amount = round(row.pay + row.bonus)
            with self.store.write() as connection:
                player = self._payee(connection, row.teacher_id)
                if player is None or amount <= 0:
                    continue
                key = {"player": player.id, "descent": self.classroom.name}
                key["round"] = int(row.round)
                is_paid = select(round_rewards.c.reward).filter_by(**key)
                if connection.execute(is_paid).first():
                    continue
                reward = book_reward(connection, self.settings, player, amount)
                paid = {"reward": reward["id"], "amount": amount}
                connection.execute(insert(round_rewards).values(**key, **paid))
                n_booked += 1
        return n_booked

    def _payee(self, connection: Connection, pseudonym: str) -> Row[Any] | None:
        """Return a teacher's row, locked so that a round is paid once; None after a withdrawal."""
        query = (
            select(players, teachers.c.launch)
            .join(teachers, teachers.c.player == players.c.id)
            .where(players.c.pseudonym == pseudonym)
            .with_for_update(of=players)
        )
        return connection.execute(query).first()
