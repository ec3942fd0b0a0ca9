"""What operators pay by hand: work for Mechanical Turk, and entries in a raffle.

A payment has the ids that it needs, and no link to the player: a withdrawal leaves it, so that
people keep what they earned. Once the operator has paid, the ids are deleted. What stays is made
with the service's secret, so that nothing is paid twice.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from gamelabel.games.play.incentives import Pay
from gamelabel.service.play.play_tables import play_payments, recruitments
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_NO_IDS = dict.fromkeys(("worker_id", "assignment_id", "hit_id", "email"))


class Payments:
    """The list of payments.

    Parameters
    ----------
    store : Store
        The database.
    settings : Settings
        Of the service.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings

    def is_assignment_used(self, connection: Connection, game_id: str, assignment_id: str) -> bool:
        """Whether a task was done for an assignment of Mechanical Turk."""
        mark = self._assignment_mark(game_id, assignment_id)
        return self._has(connection, play_payments.c.assignment_mark == mark)

    def is_worker_paid(
        self, connection: Connection, game_id: str, worker_id: str, task: str
    ) -> bool:
        """Whether a task has paid a worker, also one who has withdrawn or had another browser."""
        mark = self._work_mark(game_id, worker_id, task)
        return self._has(connection, play_payments.c.work_mark == mark)

    def book_work(self, connection: Connection, session: Row[Any], pay: Pay) -> bool:
        """Book what a session pays if it was done for an assignment of Mechanical Turk.

        Parameters
        ----------
        connection : Connection
            Of a transaction that writes.
        session : Row
            The play session, with the `game_id` of its player.
        pay : Pay
            What its task pays.

        Returns
        -------
        bool
            False if the assignment has been used, or the task has paid the worker: this session
            pays nothing.
        """
        query = select(recruitments).where(recruitments.c.id == session.recruitment)
        entry = connection.execute(query).first()
        if entry is None:
            return True
        work_mark = None
        if pay.amount > 0:
            work_mark = self._work_mark(session.game_id, entry.worker_id, session.task)
        return self.store.insert_new(
            connection,
            play_payments,
            **_about(session, "work"),
            worker_id=entry.worker_id,
            assignment_id=entry.assignment_id,
            hit_id=entry.hit_id,
            pay=pay.amount,
            currency=pay.currency,
            assignment_mark=self._assignment_mark(session.game_id, entry.assignment_id),
            work_mark=work_mark,
        )

    def enter_raffle(self, connection: Connection, session: Row[Any], email: str) -> None:
        """Store an address for a raffle. A session has the last one; an address enters once.

        Parameters
        ----------
        connection : Connection
            Of a transaction that writes.
        session : Row
            The play session, with the `game_id` of its player.
        email : str
            The address.
        """
        is_own = (play_payments.c.play_session == session.id) & (play_payments.c.kind == "raffle")
        connection.execute(delete(play_payments).where(is_own, ~play_payments.c.settled))
        mark = self._raffle_mark(session.game_id, session.task, email)
        values = {"email": email, "pay": 0.0, "currency": "", "work_mark": mark}
        self.store.insert_new(connection, play_payments, **_about(session, "raffle"), **values)

    def settle(self, connection: Connection, game_id: str, last: int) -> int:
        """Note that payments are made, delete their ids, and return how many there were.

        Parameters
        ----------
        connection : Connection
            Of a transaction that writes.
        game_id : str
            The game.
        last : int
            The last payment of the list that was paid.
        """
        is_listed = (play_payments.c.game_id == game_id) & (play_payments.c.id <= last)
        change = update(play_payments).where(is_listed, ~play_payments.c.settled)
        settled = change.values(settled=True, **_NO_IDS).returning(play_payments.c.id)
        return len(connection.execute(settled).all())

    def add_marks(self) -> None:
        """Mark payments that a migration has moved here: it does not have the service's secret.

        Of two for the same assignment, work or address, the first one gets the mark.
        """
        is_moved = play_payments.c.assignment_mark.is_(None) & play_payments.c.work_mark.is_(None)
        query = select(play_payments).where(is_moved, ~play_payments.c.settled)
        with self.store.write() as connection:
            for row in connection.execute(query.order_by(play_payments.c.id)).all():
                is_row = play_payments.c.id == row.id
                for column, mark in self._marks(row).items():
                    if not self._has(connection, play_payments.c[column] == mark):
                        change = update(play_payments).where(is_row)
                        connection.execute(change.values({column: mark}))

    def _marks(self, row: Row[Any]) -> dict[str, str]:
        """Return the marks of a payment that is not settled."""
        if row.kind == "raffle":
            return {"work_mark": self._raffle_mark(row.game_id, row.task, row.email)}
        marks = {"assignment_mark": self._assignment_mark(row.game_id, row.assignment_id)}
        if row.pay > 0:
            marks["work_mark"] = self._work_mark(row.game_id, row.worker_id, row.task)
        return marks

    def _raffle_mark(self, game_id: str, task: str, email: str) -> str:
        return self.settings.keys.mark("raffle", game_id, task, email.casefold())

    def _assignment_mark(self, game_id: str, assignment_id: str) -> str:
        return self.settings.keys.mark("assignment", game_id, assignment_id)

    def _work_mark(self, game_id: str, worker_id: str, task: str) -> str:
        return self.settings.keys.mark("work", game_id, worker_id, task)

    def _has(self, connection: Connection, condition: Any) -> bool:
        query = select(play_payments.c.id).where(condition)
        return connection.execute(query).first() is not None


def _about(session: Row[Any], kind: str) -> dict[str, Any]:
    return {
        "game_id": session.game_id,
        "play_session": session.id,
        "kind": kind,
        "task": session.task,
        "channel": session.channel,
        "settled": False,
    }
