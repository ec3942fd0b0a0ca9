"""What the database has of games that are played: seats, episodes, how sessions end, and pay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from gamelabel.games.play.incentives import Pay, estimated_pay
from gamelabel.games.play.tasks import Task
from gamelabel.service.database_tables import players
from gamelabel.service.outbox import book_reward
from gamelabel.service.play.play_payments import Payments
from gamelabel.service.play.play_tables import (
    play_episodes,
    play_players,
    play_seats,
    play_sessions,
)
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store


class EpisodeResult(NamedTuple):
    """What an episode gave one of its players."""

    episode_id: str
    seat: str
    frames: int
    ended: str
    score: float


class GameRecords:
    """The part of the database that games write.

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

    def begin_game(self, game_id: str, sessions: Mapping[str, str]) -> dict[str, list[str]]:
        """Store who plays in a game, and return the earlier games of their sessions.

        Parameters
        ----------
        game_id : str
            The new game.
        sessions : mapping of str to str
            The play session of each seat's player.

        Returns
        -------
        dict of str to list of str
            The ids of each session's games before, by seat.
        """
        earlier = {}
        with self.store.write() as connection:
            for seat, session_id in sessions.items():
                is_own = play_seats.c.play_session == session_id
                games = connection.execute(select(play_seats.c.game).where(is_own)).scalars()
                earlier[seat] = sorted(set(games))
                row = self._lock_session(connection, session_id)
                if row is not None:
                    values = {"game": game_id, "seat": seat, "player": row.player}
                    values |= {"play_session": session_id, "stored": False}
                    connection.execute(insert(play_seats).values(values))
        return earlier

    def end_game(self, game_id: str) -> None:
        """Note that the episodes of a game are stored."""
        change = update(play_seats).where(play_seats.c.game == game_id).values(stored=True)
        with self.store.write() as connection:
            connection.execute(change)

    def unfinished_games(self, session_id: str | None = None) -> dict[str, dict[str, str]]:
        """Return the games whose episodes are not stored: the play session of each seat.

        Parameters
        ----------
        session_id : str, optional
            Only those of a play session.
        """
        query = select(play_seats).where(~play_seats.c.stored)
        if session_id is not None:
            query = query.where(play_seats.c.play_session == session_id)
        games: dict[str, dict[str, str]] = {}
        with self.store.read() as connection:
            for row in connection.execute(query):
                games.setdefault(row.game, {})[row.seat] = row.play_session
        return games

    def consenting_players(self, player_ids: set[int]) -> set[int]:
        """Return those of some players who have not withdrawn."""
        query = select(play_players.c.player).where(play_players.c.player.in_(player_ids))
        with self.store.read() as connection:
            return set(connection.execute(query).scalars())

    def withdrawn_pseudonyms(self) -> set[str]:
        """Return the pseudonyms of all who withdrew, to delete what is left of them.

        Who was removed stays so after a withdrawal, which deletes the row of their consent.
        """
        has_consent = players.c.id.in_(select(play_players.c.player))
        has_withdrawn = (players.c.state == "removed") & ~has_consent
        query = select(players.c.pseudonym)
        query = query.where((players.c.state == "withdrawn") | has_withdrawn)
        with self.store.read() as connection:
            return set(connection.execute(query).scalars())

    def add_episode(
        self, session_id: str, episode: EpisodeResult, statistics: Mapping[str, float] | None = None
    ) -> None:
        """Store an episode of a player, unless they have withdrawn.

        Parameters
        ----------
        session_id : str
            The play session.
        episode : EpisodeResult
            The episode.
        statistics : mapping of str to float, optional
            The session's statistics after it.
        """
        with self.store.write() as connection:
            row = self._lock_session(connection, session_id)
            if row is None:
                return
            self.store.insert_new(
                connection,
                play_episodes,
                player=row.player,
                play_session=session_id,
                task=row.task,
                **episode._asdict(),
            )
            if statistics is not None:
                change = update(play_sessions).where(play_sessions.c.id == session_id)
                connection.execute(change.values(statistics=_as_json(statistics)))

    def _lock_session(self, connection: Connection, session_id: str) -> Row[Any] | None:
        """Lock a session and its player; None if the player has withdrawn meanwhile.

        The session is locked too: PostgreSQL returns a row that is not as it was before the wait
        for the lock, and so one that another transaction has just ended would seem to be open.
        """
        query = (
            select(play_sessions, players.c.game_id)
            .join(players, players.c.id == play_sessions.c.player)
            .where(play_sessions.c.id == session_id)
            .with_for_update(of=(players, play_sessions))
        )
        return connection.execute(query).first()

    def end_session(
        self,
        session_id: str,
        task: Task,
        statistics: Mapping[str, float],
        coins: int,
        keeps_open: bool = False,
    ) -> Pay | None:
        """End an open session and book what it pays, once.

        Parameters
        ----------
        session_id : str
            The play session.
        task : Task
            Its task.
        statistics : mapping of str to float
            Its values over all episodes.
        coins : int
            How many of the game's coins one unit of the bonus's currency is.
        keeps_open : bool
            Leave a session open whose requirements are not met, or that has none.

        Returns
        -------
        Pay or None
            None if the player has withdrawn.
        """
        pay = estimated_pay(task.bonus, statistics, task.requirements)
        with self.store.write() as connection:
            row = self._lock_session(connection, session_id)
            if row is None:
                return None
            if row.state != "open":
                return pay
            values: dict[str, Any] = {"statistics": _as_json(statistics)}
            if not keeps_open or (pay.is_complete and task.requirements):
                values |= {"state": "done" if pay.is_complete else "ended", "pay": 0.0}
                if pay.is_complete and self.payments.book_work(connection, row, pay):
                    values["pay"] = pay.amount
                amount = round(values["pay"] * coins)
                if amount > 0:
                    owed = select(players.c.id, players.c.game_id, play_sessions.c.launch)
                    owed = owed.join(play_sessions, play_sessions.c.player == players.c.id)
                    owed = owed.where(play_sessions.c.id == session_id)
                    player: Any = connection.execute(owed).one()
                    reward = book_reward(connection, self.settings, player, amount)
                    values["reward"] = reward["id"]
            change = update(play_sessions).where(play_sessions.c.id == session_id)
            connection.execute(change.values(values))
        return pay


def _as_json(statistics: Mapping[str, float]) -> dict[str, float | None]:
    """Return statistics as JSON can hold them: null for those that are undefined."""
    return {name: None if math.isnan(value) else value for name, value in statistics.items()}
