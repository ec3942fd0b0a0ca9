"""What the database has of players of environments: consent, sessions, results, comments."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from gamelabel.games.play.tasks import Task
from gamelabel.service.database_tables import players, rewards
from gamelabel.service.people import current_player, require_active, require_running
from gamelabel.service.play.link_launches import Arrival
from gamelabel.service.play.play_games import TURK
from gamelabel.service.play.play_payments import Payments
from gamelabel.service.play.play_tables import (
    play_comments,
    play_episodes,
    play_players,
    play_seats,
    play_sessions,
    recruitments,
)
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_NEW_SESSION: dict[str, Any] = {"state": "open", "statistics": {}, "pay": 0.0, "reward": None}
_MOST_COMMENTS = 20  # of one player: a limit to what somebody can fill the database with


@dataclass(frozen=True)
class PlayAccount:
    """A player of a session: the row, whether they agreed to playing, and how they came last."""

    player: Row[Any]
    consented: bool
    recruitment: int | None = None

    @property
    def channel(self) -> str:
        """The channel that the launch has."""
        channel: str = self.player.channel
        return channel


class PlayRecords:
    """The part of the database that players' calls read and write.

    Parameters
    ----------
    store : Store
        The database.
    settings : Settings
        Of the service.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self.payments = Payments(store, settings)

    def account(self, session: str) -> PlayAccount:
        """Return the player of a session. Raises Problem if there is none."""
        with self.store.read() as connection:
            return self._account(connection, session)

    def _account(self, connection: Connection, session: str, lock: bool = False) -> PlayAccount:
        player = current_player(connection, self.settings, session, lock=lock)
        query = select(play_players).where(play_players.c.player == player.id)
        row = connection.execute(query).first()
        return PlayAccount(player, bool(row and row.consented), row.recruitment if row else None)

    def give_consent(self, session: str, arrival: Arrival) -> None:
        """Store that a player agrees to be recorded, and the ids of the link if it has some.

        Nothing about a link is stored before. The channel is the one of the launch, whatever the
        arrival says.
        """
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            require_active(player)
            arrival = arrival._replace(channel=player.channel)
            values: dict[str, Any] = {"consented": True, "recruitment": None}
            if arrival.channel == TURK or arrival.worker_id or arrival.assignment_id:
                self._check_worker(connection, player, arrival)
                values["recruitment"] = self._recruit(connection, player.id, arrival)
            if not self.store.insert_new(connection, play_players, player=player.id, **values):
                is_player = play_players.c.player == player.id
                connection.execute(update(play_players).where(is_player).values(values))

    def _check_worker(self, connection: Connection, player: Row[Any], arrival: Arrival) -> None:
        """Raise Problem 403 if a worker's ids are not those of the launch, or who was removed."""
        named = self.settings.keys.mark("player", player.game_id, arrival.account)
        if arrival.channel != TURK or player.pseudonym != named:
            title = "These ids are another player's"
            raise Problem(403, "ids", title, "Open the link of the HIT again.")
        is_worker = (recruitments.c.worker_id == arrival.worker_id) & (
            players.c.game_id == player.game_id
        )
        query = select(players.c.id).join(recruitments, recruitments.c.player == players.c.id)
        removed = query.where(is_worker, players.c.state == "removed")
        if connection.execute(removed).first() is not None:  # who comes back by another browser
            title = "This player may not take part any more"
            raise Problem(403, "removed", title, "The operator removed them.")

    def _recruit(self, connection: Connection, player_id: int, arrival: Arrival) -> int:
        """Return the row with the ids of a link, a new one if there is none."""
        ids = {
            "player": player_id,
            "channel": arrival.channel,
            "worker_id": arrival.worker_id,
            "assignment_id": arrival.assignment_id,
            "hit_id": arrival.hit_id,
        }
        is_known = and_(*(recruitments.c[name] == value for name, value in ids.items()))
        known = connection.execute(select(recruitments.c.id).where(is_known)).scalar()
        if known is not None:
            return int(known)
        row = insert(recruitments).values(ids).returning(recruitments.c.id)
        return int(connection.execute(row).scalar_one())

    def sessions_by_task(self, session: str) -> dict[str, str]:
        """Return the state of the player's last session of each task that they played."""
        with self.store.read() as connection:
            player = current_player(connection, self.settings, session)
            query = (
                select(play_sessions.c.task, play_sessions.c.state)
                .where(play_sessions.c.player == player.id)
                .order_by(play_sessions.c.state == "open", play_sessions.c.state == "done")
            )
            return {row.task: row.state for row in connection.execute(query)}

    def done_work(self, account: PlayAccount) -> str | None:
        """Return the play session that was done for the assignment by which a player comes."""
        if account.recruitment is None:
            return None
        is_own = play_sessions.c.recruitment == account.recruitment
        query = select(play_sessions.c.id).where(is_own, play_sessions.c.state == "done")
        with self.store.read() as connection:
            done: str | None = connection.execute(query).scalar()
            return done

    def done_counts(self) -> dict[str, int]:
        """Return how many sessions of each task met their requirements."""
        counted = select(play_sessions.c.task, func.count().label("n"))
        query = counted.where(play_sessions.c.state == "done").group_by(play_sessions.c.task)
        with self.store.read() as connection:
            return {row.task: row.n for row in connection.execute(query)}

    def open_session(self, session: str, task: Task) -> dict[str, Any]:
        """Return the player's open session of a task, or a new one.

        Raises
        ------
        Problem
            403 if the player may not play; 409 if the task has paid the player before, or the
            assignment of Mechanical Turk is for another task.
        """
        with self.store.write() as connection:
            account = self._account(connection, session, lock=True)
            player = account.player
            require_active(player)
            if not account.consented:
                title = "The player has not consented to being recorded"
                raise Problem(403, "consent", title, "Ask for consent first.")
            require_running(player)
            is_own = (play_sessions.c.player == player.id) & (play_sessions.c.task == task.name)
            query = select(play_sessions).where(is_own, play_sessions.c.state == "open")
            row = connection.execute(query).first()
            self._check_assignment(connection, account, task)
            if row is not None:
                # of the link by which the player comes now: an older assignment may have expired
                values = {"channel": account.channel, "recruitment": account.recruitment}
                change = update(play_sessions).where(play_sessions.c.id == row.id)
                connection.execute(change.values(values))
                return {**row._mapping, **values}
            paid = select(play_sessions.c.id).where(is_own, play_sessions.c.pay > 0)
            if connection.execute(paid).first() is not None:
                raise _paid_before()
            values = {
                **_NEW_SESSION,
                "id": secrets.token_urlsafe(16),
                "player": player.id,
                "task": task.name,
                "channel": account.channel,
                "launch": player.launch,
                "recruitment": account.recruitment,
                "opened_at": None if self.settings.minimal else self.settings.now_ms,
            }
            connection.execute(insert(play_sessions).values(values))
            return values

    def _check_assignment(self, connection: Connection, account: PlayAccount, task: Task) -> None:
        """Raise Problem 409 if an assignment does not let its worker play a task.

        An assignment is for one task that is done. While one that was played is open, another
        cannot be begun: of two that are done, one could not be paid.
        """
        if account.recruitment is None:
            return
        query = select(recruitments).where(recruitments.c.id == account.recruitment)
        entry = connection.execute(query).one()
        game_id = account.player.game_id
        if self.payments.is_assignment_used(connection, game_id, entry.assignment_id):
            title = "This HIT is done"
            raise Problem(409, "assignment", title, "Submit it, and accept another one.")
        is_other = (play_sessions.c.recruitment == entry.id) & (play_sessions.c.task != task.name)
        is_played = play_sessions.c.id.in_(select(play_seats.c.play_session))
        others = select(play_sessions.c.task).where(is_other, is_played)
        other = connection.execute(others.where(play_sessions.c.state == "open")).scalar()
        if other is not None:
            detail = f"Go on with {other}, or finish it. Each HIT is for one task."
            raise Problem(409, "assignment", "This HIT is for another task", detail)
        pays = task.bonus is not None and task.bonus.kind in ("fixed", "sliding")
        if pays and self.payments.is_worker_paid(connection, game_id, entry.worker_id, task.name):
            raise _paid_before()

    def own_session(self, session: str, session_id: str) -> Row[Any]:
        """Return a play session of the player of a login session. Raises Problem 404 if none."""
        with self.store.read() as connection:
            account = self._account(connection, session)
            return self._own_session(connection, account.player, session_id)

    def _own_session(self, connection: Connection, player: Row[Any], session_id: str) -> Row[Any]:
        query = select(play_sessions, players.c.pseudonym, players.c.game_id)
        query = query.join(players, players.c.id == play_sessions.c.player)
        is_own = (play_sessions.c.id == session_id) & (play_sessions.c.player == player.id)
        row = connection.execute(query.where(is_own)).first()
        if row is None:
            raise Problem(404, "missing", "There is no such play session")
        return row

    def scores(self, row: Row[Any]) -> tuple[list[float], list[float]]:
        """Return the scores of a session's episodes, and the best of every other session."""
        is_own = play_episodes.c.play_session == row.id
        best = select(func.max(play_episodes.c.score)).where(play_episodes.c.task == row.task)
        others = best.where(~is_own).group_by(play_episodes.c.play_session)
        with self.store.read() as connection:
            own = connection.execute(select(play_episodes.c.score).where(is_own)).scalars()
            return list(own), list(connection.execute(others).scalars())

    def other_statistics(self, row: Row[Any]) -> list[dict[str, float]]:
        """Return the statistics of all other sessions of a task that have ended."""
        query = select(play_sessions.c.statistics).where(play_sessions.c.task == row.task)
        query = query.where(play_sessions.c.id != row.id, play_sessions.c.state != "open")
        with self.store.read() as connection:
            return list(connection.execute(query).scalars())

    def reward(self, row: Row[Any]) -> dict[str, Any] | None:
        """Return the id and the amount of the reward of a session, None without one."""
        query = select(rewards.c.id, rewards.c.amount).where(rewards.c.id == row.reward)
        with self.store.read() as connection:
            reward = connection.execute(query).first()
        return dict(reward._mapping) if reward else None

    def assignment_id(self, row: Row[Any]) -> str | None:
        """Return Mechanical Turk's id of the assignment that a session is done for."""
        query = select(recruitments.c.assignment_id).where(recruitments.c.id == row.recruitment)
        with self.store.read() as connection:
            assignment: str | None = connection.execute(query).scalar()
            return assignment

    def enter_raffle(self, session: str, session_id: str, email: str) -> None:
        """Store the address of a player whose session earned an entry in a raffle."""
        with self.store.write() as connection:
            account = self._account(connection, session, lock=True)
            row = self._own_session(connection, account.player, session_id)
            if row.state != "done":
                title = "The task is not done yet"
                raise Problem(409, "state", title, "Only a task that is done enters the raffle.")
            self.payments.enter_raffle(connection, row, email)

    def add_comment(self, session: str, comment: Mapping[str, str]) -> None:
        """Store what a player says: `task`, `kind`, `text` and `device`."""
        with self.store.write() as connection:
            account = self._account(connection, session, lock=True)
            require_active(account.player)
            if not account.consented:
                title = "The player has not consented to being recorded"
                raise Problem(403, "consent", title, "Ask for consent first.")
            is_own = play_comments.c.player == account.player.id
            query = select(func.count()).select_from(play_comments).where(is_own)
            if connection.execute(query).scalar_one() >= _MOST_COMMENTS:
                raise Problem(409, "enough", "Thank you, we have many messages of yours already")
            connection.execute(
                insert(play_comments).values(
                    player=account.player.id,
                    written_at=None if self.settings.minimal else self.settings.now_ms,
                    **comment,
                )
            )


def _paid_before() -> Problem:
    title = "This task has paid you already"
    return Problem(409, "paid", title, "Each task pays once. Choose another one.")
