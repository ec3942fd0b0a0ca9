"""Rewards on their way to the games: booked, signed, and sent until the game has them.

A reward is booked in the transaction that stores the answers, and stays in its table until the
game answers 2xx. It may arrive more than once, always with the same `jti`: a game that pays each
`jti` once pays exactly once.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from typing import Any

import httpx
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from gamelabel.service.database_tables import games, launches, rewards, sessions
from gamelabel.service.launch_tokens import sign_reward
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_log = logging.getLogger("gamelabel.service.outbox")
# The waits double from 2 s to at most an hour, so that a game may be away for half a day.
MAX_TRIES = 20
_LONGEST_WAIT_S = 3600.0
_LEASE_MS = 60_000  # for which only one process may send a reward
_POLL_S = 5.0
_BATCH = 20  # rewards that are sent before the next look into the table
_RECORD = update(rewards).where(rewards.c.id == bindparam("reward_id"))


def book_reward(
    connection: Connection, settings: Settings, player: Row[Any], amount: int
) -> dict[str, Any]:
    """Book a reward in an open transaction, and return its `id` and `amount`.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
    settings : Settings
        Of the service.
    player : Row
        From `people.current_player`.
    amount : int
        How many coins.
    """
    reward = {"id": str(uuid.uuid4()), "amount": amount}
    connection.execute(
        insert(rewards),
        {
            **reward,
            "game_id": player.game_id,
            "launch": player.launch,
            "state": "waiting",
            "due_at": settings.now_ms,
        },
    )
    return reward


class Outbox:
    """Sends rewards from a thread of its own. Any number of processes may run one each.

    Parameters
    ----------
    store : Store
        The database.
    settings : Settings
        Of the service.
    client : httpx.Client, optional
        What sends.
    """

    def __init__(
        self, store: Store, settings: Settings, client: httpx.Client | None = None
    ) -> None:
        self.store, self.settings = store, settings
        self.client = client or httpx.Client(timeout=10.0, follow_redirects=False)
        self._wake_up, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def notify(self) -> None:
        """Look for rewards now: one has been booked."""
        self._wake_up.set()

    def stop(self) -> None:
        """Finish the request that is being sent; the other rewards stay in the database."""
        self._stopped.set()
        self._wake_up.set()
        if self._thread.is_alive():
            self._thread.join()
        self.client.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                n_sent = self.send_due()
                if not n_sent:
                    self.delete_expired()
            except SQLAlchemyError as error:
                _log.warning("the outbox waits for the database: %s", error)
                n_sent = 0
            if not n_sent:
                self._wake_up.wait(_POLL_S)
                self._wake_up.clear()

    def send_due(self) -> int:
        """Send the rewards that are due, and return how many there were."""
        leased = self._lease()
        outcomes = []
        for reward in leased:
            if not self._stopped.is_set():
                outcomes.append(self._outcome(reward, self._send(reward)))
        if outcomes:
            with self.store.write() as connection:
                connection.execute(_RECORD, outcomes)
        return len(leased)

    def delete_expired(self) -> None:
        """Delete launches and sessions that have expired."""
        with self.store.write() as connection:
            for table in (launches, sessions):
                connection.execute(delete(table).where(table.c.expires_at < self.settings.now_ms))

    def _lease(self) -> list[Row[Any]]:
        """Return rewards that are due, and keep other processes from sending them meanwhile."""
        now = self.settings.now_ms
        due = (
            select(rewards, games.c.reward_url)
            .join(games, games.c.game_id == rewards.c.game_id)
            .where(rewards.c.state == "waiting", rewards.c.due_at <= now)
            .where(games.c.reward_url != "")
            .order_by(rewards.c.due_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True, of=rewards)
        )
        with self.store.write() as connection:
            leased = list(connection.execute(due))
            in_lease = rewards.c.id.in_([reward.id for reward in leased])
            connection.execute(update(rewards).where(in_lease).values(due_at=now + _LEASE_MS))
        return leased

    def _send(self, reward: Row[Any]) -> str:
        """Send a reward, and return what went wrong; empty if the game has it."""
        settings = self.settings
        token = sign_reward(
            settings.keys,
            reward.game_id,
            reward.id,
            reward.launch,
            reward.amount,
            settings.now_ms / 1000,
        )
        headers = {"Content-Type": "application/jwt"}
        try:
            reply = self.client.post(reward.reward_url, content=token, headers=headers)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return "" if reply.is_success else f"the game answered {reply.status_code}"

    def _outcome(self, reward: Row[Any], trouble: str) -> dict[str, Any]:
        """Return what to record of a try: delivered, waiting for the next one, or refused."""
        tries = reward.tries + 1
        if not trouble:
            state = "delivered"
        else:
            state = "refused" if tries >= MAX_TRIES else "waiting"
            game_id = reward.game_id
            _log.warning("reward %s for %s, try %d: %s", reward.id, game_id, tries, trouble)
        wait_s = min(_LONGEST_WAIT_S, 2.0**tries) * random.uniform(0.8, 1.2)
        return {
            "reward_id": reward.id,
            "state": state,
            "tries": tries,
            "due_at": self.settings.now_ms + int(wait_s * 1000),
            "trouble": trouble[:500] or None,
        }
