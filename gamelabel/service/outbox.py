"""Rewards on their way to the games: signed, sent, and sent again until the game has them.

A reward is booked in the transaction that takes the answers, and stays in its table until the game answers 2xx. It may
arrive more than once, always with the same `jti`; a game that pays each `jti` once pays exactly once.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Any

import httpx
from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from gamelabel.service.database_tables import games, launches, rewards, sessions
from gamelabel.service.launch_tokens import sign_reward
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

log = logging.getLogger("gamelabel.service.outbox")
TRIES = 20  # with waits that double from 2 s to at most an hour: a game may be away for half a day
_LONGEST_S = 3600.0
_LEASE_MS = 60_000  # for which a reward is one process's to send
_AT_ONCE = 20
_NOTE = update(rewards).where(rewards.c.id == bindparam("this"))


class Outbox:
    """Sends rewards from a thread of its own until `stop`; any number of processes may run one each."""

    def __init__(
        self, store: Store, settings: Settings, client: httpx.Client | None = None
    ) -> None:
        self.store, self.settings = store, settings
        self.client = client or httpx.Client(timeout=10.0, follow_redirects=False)
        self._news, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin sending."""
        self._thread.start()

    def news(self) -> None:
        """There is a reward: do not wait for the next look."""
        self._news.set()

    def stop(self) -> None:
        """Finish what is being sent; the rest stays in the database."""
        self._over.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self.client.close()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                sent = self.send_due()
                if not sent:
                    self.forget()
            except SQLAlchemyError as error:
                log.warning("the outbox waits for the database: %s", error)
                sent = 0
            if not sent:
                self._news.wait(5.0)
                self._news.clear()

    def send_due(self) -> int:
        """Send every reward that is due; returns how many it tried."""
        mine = self._lease()
        tried = [
            self._outcome(reward, self._send(reward)) for reward in mine if not self._over.is_set()
        ]
        if tried:
            with self.store.write() as connection:
                connection.execute(_NOTE, tried)
        return len(mine)

    def forget(self) -> None:
        """Drop launches and sessions that have expired."""
        with self.store.write() as connection:
            for table in (launches, sessions):
                connection.execute(delete(table).where(table.c.expires_at < self.settings.now_ms))

    def _lease(self) -> list[Row]:
        """Due rewards, put off for as long as sending them may take, so that no other process sends them meanwhile."""
        now = self.settings.now_ms
        wanted = select(rewards, games.c.reward_url).join(
            games, games.c.game_id == rewards.c.game_id
        )
        due = wanted.where(
            rewards.c.state == "waiting", rewards.c.due_at <= now, games.c.reward_url != ""
        )
        ordered = (
            due.order_by(rewards.c.due_at)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True, of=rewards)
        )
        with self.store.write() as connection:
            mine = list(connection.execute(ordered))
            ids = [reward.id for reward in mine]
            connection.execute(
                update(rewards).where(rewards.c.id.in_(ids)).values(due_at=now + _LEASE_MS)
            )
        return mine

    def _send(self, reward: Row) -> str:
        """What went wrong, empty where the game has the reward."""
        now_s = self.settings.now_ms / 1000
        token = sign_reward(
            self.settings.keys, reward.game_id, reward.id, reward.launch, reward.amount, now_s
        )
        try:
            reply = self.client.post(
                reward.reward_url, content=token, headers={"Content-Type": "application/jwt"}
            )
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return "" if reply.is_success else f"the game answered {reply.status_code}"

    def _outcome(self, reward: Row, trouble: str) -> dict[str, Any]:
        """What is noted of a try: the reward is with the game, waits for the next, or is given up."""
        tries = reward.tries + 1
        wait_s = min(_LONGEST_S, 2.0**tries) * random.uniform(0.8, 1.2)
        state = "delivered" if not trouble else "refused" if tries >= TRIES else "waiting"
        if trouble:
            log.warning("reward %s for %s, try %d: %s", reward.id, reward.game_id, tries, trouble)
        due_at = self.settings.now_ms + int(wait_s * 1000)
        return {
            "this": reward.id,
            "state": state,
            "tries": tries,
            "due_at": due_at,
            "trouble": trouble[:500] or None,
        }
