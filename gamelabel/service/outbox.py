"""Rewards on their way to the games: booked, signed, and sent until the game has them.

A reward is booked in the transaction that stores the answers, and stays in its table until the
game answers 2xx. It may arrive more than once, always with the same `jti`: a game that pays each
`jti` once pays exactly once.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
import uuid
from operator import itemgetter
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
SEND_S = 8.0  # for a whole request: connecting, sending, and the status of the answer
_LONGEST_WAIT_S = 3600.0
_BATCH = 5  # rewards that are leased together
# For which only one process may send a reward: longer than a batch can take.
_LEASE_MS = int(1000 * (_BATCH * SEND_S + 20))
# How long a launch that has expired is remembered: it stays used if the clock jumps ahead and back.
_KEEP_LAUNCHES_MS = 86_400_000
_STOP_S = 5.0  # for which `stop` waits; what is not sent by then is sent again later
_POLL_S = 5.0
_HOUR_MS = 3_600_000
_IS_SETTLED = rewards.c.state != "waiting"
_IS_NEVER_SENT = rewards.c.game_id.in_(select(games.c.game_id).where(games.c.reward_url == ""))
# Rewards of players who withdrew that need not be sent any more.
_DELETE_FORGOTTEN = delete(rewards).where(rewards.c.player.is_(None), _IS_SETTLED | _IS_NEVER_SENT)
_GATHER_S = 0.1  # for which booked rewards are gathered before they are sent
_BUSY_POLL_S = 0.5  # while a game's rewards are being sent, and more of them may have come
_BOOK = insert(rewards)
_RECORD = update(rewards).where(rewards.c.id == bindparam("reward_id"))
_FORGET_HOUR = update(games).values(newcomers=0, newcomers_hour=0)
_FORGET_LINK_HOUR = update(games).values(link_newcomers=0, link_newcomers_hour=0)
_DUE = (
    (rewards.c.state == "waiting")
    & (rewards.c.due_at <= bindparam("now"))
    & (games.c.reward_url != "")
)


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
        _BOOK,
        {
            **reward,
            "game_id": player.game_id,
            "player": player.id,
            "launch": player.launch,
            "state": "waiting",
            "due_at": 0 if settings.minimal else settings.now_ms,
        },
    )
    return reward


def forget_rewards(connection: Connection, player: Row[Any]) -> None:
    """Delete a player's rewards; those that must still be sent are only unlinked from the player.

    The outbox deletes these once they are delivered or refused.
    """
    is_own = rewards.c.player == player.id
    # in the order in which the outbox records a lease, so that neither waits for the other for ever
    own = select(rewards.c.id).where(is_own).order_by(rewards.c.id)
    connection.execute(own.with_for_update()).all()
    connection.execute(update(rewards).where(is_own).values(player=None))
    # after the update, which waits for a reward that the outbox records at this moment
    connection.execute(_DELETE_FORGOTTEN)


class Outbox:
    """Sends rewards, those of each game from a thread of its own.

    A game whose backend is slow, broken or not there delays no other game's rewards. Any number of
    processes may have an outbox.

    Parameters
    ----------
    store : Store
        The database.
    settings : Settings
        Of the service.
    transport : httpx.AsyncBaseTransport, optional
        What sends.
    """

    def __init__(
        self, store: Store, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.store, self.settings = store, settings
        self._transport = transport
        self._tls = httpx.create_ssl_context()
        self._wake_up, self._stopped = threading.Event(), threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="outbox", daemon=True)
        self._senders: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Begin to send."""
        self._supervisor.start()

    def notify(self) -> None:
        """Look for rewards now: one has been booked."""
        self._wake_up.set()

    def stop(self) -> None:
        """Give the requests that are being sent some seconds; all else stays in the database."""
        self._stopped.set()
        self._wake_up.set()
        end = time.monotonic() + _STOP_S
        if self._supervisor.is_alive():
            self._supervisor.join(_STOP_S)
        for sender in list(self._senders.values()):
            sender.join(max(0.0, end - time.monotonic()))

    def _supervise(self) -> None:
        """Start a sender for each game with rewards that are due, again if one has failed."""
        clean_s = time.monotonic()
        while not self._stopped.is_set():
            wait_s = _POLL_S
            try:
                due = self.games_due()
                if time.monotonic() >= clean_s:
                    self.delete_expired()
                    clean_s = time.monotonic() + _POLL_S
                if any([not self._start_sender(game_id) for game_id in due]):
                    wait_s = _BUSY_POLL_S
            except SQLAlchemyError as error:
                _log.warning("the outbox waits for the database: %s", error)
            except Exception:
                _log.exception("the outbox failed, and goes on in %g s", wait_s)
            if self._wake_up.wait(wait_s):
                self._stopped.wait(_GATHER_S)
            self._wake_up.clear()

    def _start_sender(self, game_id: str) -> bool:
        """Start a game's sender; return False if it is at work already."""
        sender = self._senders.get(game_id)
        if sender and sender.is_alive():
            return False
        name = f"outbox-{game_id}"
        sender = threading.Thread(target=self._send_all, args=[game_id], name=name, daemon=True)
        self._senders[game_id] = sender
        sender.start()
        return True

    def _send_all(self, game_id: str) -> None:
        """Send a game's rewards until none is due."""
        try:
            asyncio.run(self._send_until_none_is_due(game_id))
        except SQLAlchemyError as error:
            _log.warning("the rewards of %s wait for the database: %s", game_id, error)
        except Exception:
            self.settings.sender_failures[game_id] += 1
            _log.exception("the sender of the rewards of %s failed, and is started again", game_id)

    def games_due(self) -> list[str]:
        """Return the games that have rewards to be sent now."""
        due = select(rewards.c.game_id).join(games, games.c.game_id == rewards.c.game_id)
        query = due.where(_DUE).distinct().order_by(rewards.c.game_id)
        with self.store.read() as connection:
            return list(connection.execute(query, {"now": self.settings.now_ms}).scalars())

    def send_due(self, game_id: str) -> int:
        """Send some rewards of a game that are due, and return how many there were."""

        async def send() -> int:
            async with self._client() as client:
                return await self._send_lease(client, game_id)

        return asyncio.run(send())

    async def _send_until_none_is_due(self, game_id: str) -> None:
        async with self._client() as client:
            while not self._stopped.is_set() and await self._send_lease(client, game_id):
                pass

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._tls, transport=self._transport, timeout=None)

    def delete_expired(self) -> None:
        """Delete what is not needed any more.

        These are expired sessions, launches a day after they expired, settled rewards of players
        who withdrew, and how many players were new in an hour that has passed.
        """
        now = self.settings.now_ms
        last = now // _HOUR_MS - 1
        expired = ((launches, now - _KEEP_LAUNCHES_MS), (sessions, now))
        deletes = [delete(table).where(table.c.expires_at < end) for table, end in expired]
        deletes.append(_DELETE_FORGOTTEN)
        with self.store.write() as connection:
            connection.execute(_FORGET_HOUR.where(games.c.newcomers_hour.between(1, last)))
            is_past = games.c.link_newcomers_hour.between(1, last)
            connection.execute(_FORGET_LINK_HOUR.where(is_past))
            counts = [connection.execute(statement).rowcount for statement in deletes]
        self.store.empty_log(deleted=any(counts))

    def _lease(self, game_id: str) -> list[Row[Any]]:
        """Return rewards that are due, and keep other processes from sending them meanwhile."""
        now = self.settings.now_ms
        due = (
            select(rewards, games.c.reward_url)
            .join(games, games.c.game_id == rewards.c.game_id)
            .where(_DUE, rewards.c.game_id == game_id)
            .order_by(rewards.c.due_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True, of=rewards)
        )
        with self.store.write() as connection:
            leased = list(connection.execute(due, {"now": now}))
            in_lease = rewards.c.id.in_([reward.id for reward in leased])
            connection.execute(update(rewards).where(in_lease).values(due_at=now + _LEASE_MS))
        return leased

    async def _send_lease(self, client: httpx.AsyncClient, game_id: str) -> int:
        """Lease rewards, send them one after another, and record all outcomes in a transaction."""
        leased, outcomes = self._lease(game_id), []
        try:
            for reward in leased:
                if self._stopped.is_set():
                    break
                outcomes.append(self._outcome(reward, await self._send(client, reward)))
        finally:
            if outcomes:
                with self.store.write() as connection:
                    self.store.only_write(connection)
                    connection.execute(_RECORD, sorted(outcomes, key=itemgetter("reward_id")))
        return len(leased)

    async def _send(self, client: httpx.AsyncClient, reward: Row[Any]) -> str:
        """Send a reward, and return what went wrong; empty if the game has it.

        Only the status of the answer is waited for, and none of its body is read. If it has none,
        the next reward is sent over the same connection.
        """
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
        status = None
        try:
            async with asyncio.timeout(SEND_S):
                url = reward.reward_url
                async with client.stream("POST", url, content=token, headers=headers) as reply:
                    status = reply.status_code
                    if status == 204 or reply.headers.get("Content-Length") == "0":
                        await reply.aread()  # nothing, which ends the request
        except TimeoutError:
            trouble = f"the game did not answer within {SEND_S:g} s"
        except (
            Exception
        ) as error:  # whatever a game's address or answer leads to, it is tried again
            trouble = f"{type(error).__name__}: {error}"
        if status is None:
            return trouble
        return "" if 200 <= status < 300 else f"the game answered {status}"

    def _outcome(self, reward: Row[Any], trouble: str) -> dict[str, Any]:
        """Return what to record of a try: delivered, waiting for the next one, or refused."""
        tries = reward.tries + 1
        if not trouble:
            state = "delivered"
        else:
            state = "refused" if tries >= MAX_TRIES else "waiting"
            game_id = reward.game_id
            # without its id: what a log says cannot be deleted when the player withdraws
            _log.warning("a reward for %s, try %d: %s", game_id, tries, trouble)
        wait_s = min(_LONGEST_WAIT_S, 2.0**tries) * random.uniform(0.8, 1.2)
        due_at = self.settings.now_ms + int(wait_s * 1000)
        if self.settings.minimal and state != "waiting":
            due_at = 0
        return {
            "reward_id": reward.id,
            "state": state,
            "tries": tries,
            "due_at": due_at,
            "trouble": trouble[:500] or None,
        }
