"""Batches of pairs, one transaction a step: dealt, shown, answered, judged and paid."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, update

from gamelabel.games.pairs import SERVICE_RULES, Rules
from gamelabel.games.pairs.pay import PAY_STEPS, START_LEVEL, reviewed_level
from gamelabel.service.calls import current_call
from gamelabel.service.database_tables import players
from gamelabel.service.outbox import book_reward
from gamelabel.service.pairs import batch_queries as queries
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_pool import renew_known_answers
from gamelabel.service.pairs.deal import count_dealt, deal_batch
from gamelabel.service.pairs.known_answers import renew_exam_points
from gamelabel.service.pairs.pair_games import (
    StoredStanding,
    coins_at_level,
    read_standing,
    standing_values,
)
from gamelabel.service.people import (
    current_player,
    require_active,
    require_consent,
    require_running,
    session_values,
)
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_LONGEST_RESPONSE_MS = 600_000  # longer times are not stored: nobody looked for that long


@dataclass(frozen=True)
class PairSettings:
    """The settings of the labeling game.

    Parameters
    ----------
    rules : Rules
        How comparison points are mixed in and players are judged.
    look_s : float
        How long a pair is shown before it can be answered, in seconds.
    rng : numpy.random.Generator
        Source of randomness.
    arena : Arena, optional
        A ranking of models, which chooses the preference points of its pool.
    """

    rules: Rules = SERVICE_RULES
    look_s: float = 1.0
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    arena: Arena | None = None


class Answer(NamedTuple):
    """A player's choice, "left", "right" or "tie", and the response time if it was sent."""

    choice: str
    response_ms: int | None


class Batches:
    """The batches of all players.

    Parameters
    ----------
    store : Store
        The database.
    settings : Settings
        Of the service.
    pair_settings : PairSettings
        Of the labeling game.
    """

    def __init__(self, store: Store, settings: Settings, pair_settings: PairSettings) -> None:
        self.store, self.settings = store, settings
        self.rules, self.look_s = pair_settings.rules, pair_settings.look_s
        self.rng, self.arena = pair_settings.rng, pair_settings.arena
        # when batches were opened, with `minimal`: until they can be answered, and never stored
        self._opened_at: dict[str, int] = {}

    def open_batch(self, session: str, idempotency_key: str | None) -> tuple[dict[str, Any], bool]:
        """Return the player's open batch, or a new one, and whether it is new.

        A key that has been used returns the batch that it opened, even after it was answered.
        """
        if self.arena:
            self.arena.refresh()  # not while others wait to write
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            require_active(player)
            values = {"player": player.id, "key": idempotency_key}
            labeling = connection.execute(queries.OPEN_BATCH, values).first()
            if labeling is None:
                raise Problem(404, "missing", "Players of this game do not label pairs")
            if labeling.batch:
                return self._show(connection, labeling), False
            require_consent(player)
            require_running(player)
            batch = self._new_batch(connection, player, labeling, idempotency_key)
        if labeling.labels is None:  # for the exam of a new player
            arena = self._arena_of(labeling)
            if arena:
                renew_known_answers(self.store, arena.models)
            else:
                renew_exam_points(self.store, labeling.pool)
        return batch, True

    def show_batch(self, session: str, batch_id: str) -> dict[str, Any]:
        """Return a batch of the player."""
        with self.store.read() as connection:
            player = current_player(connection, self.settings, session)
            return self._show(connection, _find_batch(connection, player, batch_id))

    def answer_batch(
        self, session: str, batch_id: str, answers: Mapping[str, Answer]
    ) -> dict[str, Any]:
        """Store the answers to a batch, judge the player and book the reward: all or nothing.

        The same answers again return the same reply.
        """
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            labeling = _find_batch(connection, player, batch_id)
            items = {row.id: row for row in connection.execute(queries.ITEMS, {"batch": batch_id})}
            if items.keys() != answers.keys():
                title = "These are not the items of this batch"
                detail = f"Answer each of its {len(items)} items once."
                raise Problem(409, "items", title, detail)
            choices = {item: _side(answers[item].choice, row.left) for item, row in items.items()}
            if "tie" in choices.values() and not self._arena_of(labeling):
                detail = "Choose the left or the right picture of each item."
                raise Problem(422, "choice", "These pairs have no ties", detail)
            if labeling.reply is not None:
                if any(row.choice != choices[item] for item, row in items.items()):
                    title = "This batch has been answered"
                    raise Problem(409, "answered", title, "The first answers are kept.")
                reply: dict[str, Any] = labeling.reply
                return reply
            require_active(player)
            self._check_look(labeling, len(items))
            arena = self._arena_of(labeling)
            votes = arena.votes_of(connection, player.id, batch_id, choices) if arena else []
            self.store.only_write(connection)
            self._store_choices(connection, player, batch_id, choices, answers)
            if arena:
                arena.store_votes(connection, votes)
            is_right = [choices[item] == row.gold for item, row in items.items() if row.gold]
            return self._judge_and_pay(connection, player, labeling, is_right, len(items))

    def picture(self, session: str, name: str) -> bytes:
        """Return a picture by its name, which is valid for one assignment.

        All pictures of a pool have the same length.
        """
        values = {**session_values(self.settings, session), "name": name}
        with self.store.read() as connection:
            picture = connection.execute(queries.PICTURE, values).first()
            if picture is None:
                current_player(connection, self.settings, session)  # 401 if there is none
                raise _missing("picture")
        current_call().game = picture.game_id
        data: bytes = picture.data
        return data.ljust(picture.length, b"\0")

    def _arena_of(self, labeling: Row[Any]) -> Arena | None:
        """Return the ranking of models to which the player's pool belongs, if any."""
        return self.arena if self.arena and self.arena.pool == labeling.pool else None

    def _standing(self, player: Row[Any], labeling: Row[Any]) -> StoredStanding:
        standing = read_standing(labeling, player.state)
        if standing is None:
            start = self.rules.start(draws=self.rng.random(1))
            standing = StoredStanding(start, labels=0, level=START_LEVEL)
        return standing

    def _new_batch(
        self,
        connection: Connection,
        player: Row[Any],
        labeling: Row[Any],
        idempotency_key: str | None,
    ) -> dict[str, Any]:
        standing, labels, level = self._standing(player, labeling)
        is_comparison = self.rules.draw_comparisons(standing, self.rng)[0].tolist()
        in_exam = (standing.right + standing.wrong < standing.exam).item()
        arena = self._arena_of(labeling)
        if arena and arena.end:
            detail = "The ranking has as many votes as it needs. Thank you!"
            raise Problem(404, "decided", "No more votes are needed", detail)
        size = self.rules.batch_size
        chosen = arena.choose(connection, player.id, size, self.rng) if arena else []
        dealt = deal_batch(
            connection, player.id, labeling.pool, is_comparison, in_exam, self.rng, chosen
        )
        if dealt is None:
            title = "There are no pairs left"
            raise Problem(404, "finished", title, "This player has seen all pairs.")
        self.store.only_write(connection)
        count_dealt(connection, dealt)
        batch_id, *ids = _random_ids(1 + 3 * len(dealt))
        connection.execute(
            queries.NEW_BATCH,
            {
                "id": batch_id,
                "player": player.id,
                "number": labels // self.rules.batch_size,
                "level": level,
                "opened_key": idempotency_key,
                "opened_at": self._note_opened(batch_id, len(dealt)),
            },
        )
        sides = np.where(self.rng.random(len(dealt)) < 0.5, "a", "b").tolist()
        values, items = {"batch": batch_id, "player": player.id}, []
        for i, (pair, side) in enumerate(zip(dealt, sides, strict=True)):
            item, left, right = ids[3 * i : 3 * i + 3]
            values |= {f"id_{i}": item, f"pair_{i}": pair.id, f"place_{i}": i, f"left_{i}": side}
            values |= {f"picture_left_{i}": left, f"picture_right_{i}": right}
            items.append(_item(item, pair.prompt, left, right))
        connection.execute(queries.new_items(len(dealt)), values)
        return self._batch_body(labeling, batch_id, level, items, None)

    def _show(self, connection: Connection, labeling: Row[Any]) -> dict[str, Any]:
        items = [
            _item(row.id, row.prompt, row.picture_left, row.picture_right)
            for row in connection.execute(queries.ITEMS, {"batch": labeling.batch})
        ]
        level = labeling.batch_level
        return self._batch_body(labeling, labeling.batch, level, items, labeling.reply)

    def _batch_body(
        self,
        labeling: Row[Any],
        batch_id: str,
        level: int,
        items: list[dict[str, str]],
        reply: Any,
    ) -> dict[str, Any]:
        return {
            "batch": batch_id,
            "pays": coins_at_level(labeling.coins, level),
            "look_s": self.look_s,
            "ties": self._arena_of(labeling) is not None,
            "items": items,
            "reply": reply,
        }

    def _note_opened(self, batch_id: str, n_items: int) -> int | None:
        """Return the time to store for a new batch; with `minimal` it is only remembered."""
        now = self.settings.now_ms
        if not self.settings.minimal:
            return now
        for other, opened_at in list(self._opened_at.items()):
            if now - opened_at > 1000 * self.look_s * n_items:
                self._opened_at.pop(other, None)
        self._opened_at[batch_id] = now
        return None

    def _check_look(self, labeling: Row[Any], n_items: int) -> None:
        """Raise Problem 425 if the batch is answered faster than its pairs are shown."""
        opened_at = self._opened_at.get(labeling.batch, labeling.opened_at)
        if opened_at is None:  # another process opened it, with `minimal`
            return
        looked_s = (self.settings.now_ms - opened_at) / 1000
        needed_s = self.look_s * n_items
        # a negative time means that the clock was set back, for which nobody has to wait
        if 0 <= looked_s < needed_s:
            detail = "Every pair must be looked at for a moment."
            raise Problem(425, "early", "Too early", detail, retry_s=needed_s - looked_s)

    def _store_choices(
        self,
        connection: Connection,
        player: Row[Any],
        batch_id: str,
        choices: Mapping[str, str],
        answers: Mapping[str, Answer],
    ) -> None:
        keeps_times = player.times and not self.settings.minimal
        answered_at = None if self.settings.minimal else self.settings.now_ms
        values = {"of_batch": batch_id, "at": answered_at}
        for i, (item, side) in enumerate(choices.items()):
            response_ms = answers[item].response_ms if keeps_times else None
            if response_ms is not None and response_ms > _LONGEST_RESPONSE_MS:
                response_ms = None
            values |= {f"item_{i}": item, f"side_{i}": side, f"ms_{i}": response_ms}
        connection.execute(queries.store_choices(len(choices)), values)

    def _judge_and_pay(
        self,
        connection: Connection,
        player: Row[Any],
        labeling: Row[Any],
        is_right: list[bool],
        n_items: int,
    ) -> dict[str, Any]:
        """Update the player's standing, book the reward, and close the batch with the reply."""
        before, labels, level = self._standing(player, labeling)
        n_right, n_wrong = is_right.count(True), is_right.count(False)
        standing = self.rules.update(before, np.array([n_right]), np.array([n_wrong]))
        labels += n_items
        if (standing.right + standing.wrong >= standing.exam).item():
            draws = self.rng.random(1)
            level = reviewed_level(level, standing.right, standing.wrong, draws).item()
        values = {**standing_values(standing), "labels": labels, "level": level}
        if labeling.labels is None:
            connection.execute(queries.NEW_STANDING, {"player": player.id, **values})
        else:
            connection.execute(queries.STORE_STANDING, {"of_player": player.id, **values})
        state = "removed" if standing.removed.item() else "active"
        if state != player.state:
            row = players.c.id == player.id
            connection.execute(update(players).where(row).values(state=state))
        amount = coins_at_level(labeling.coins, labeling.batch_level)
        reply = {
            "state": state,
            "reward": book_reward(connection, self.settings, player, amount),
            "level": labeling.batch_level,
            "levels": len(PAY_STEPS),
            "labels": labels,
        }
        closed = {"batch": labeling.batch, "reply": reply, "opened_at": None}
        connection.execute(queries.CLOSE_BATCH, closed)
        return reply


def _find_batch(connection: Connection, player: Row[Any], batch_id: str) -> Row[Any]:
    values = {"player": player.id, "batch": batch_id}
    labeling = connection.execute(queries.BATCH, values).first()
    if labeling is None:
        raise _missing("batch")
    return labeling


def _item(item_id: str, prompt: str, left: str, right: str) -> dict[str, str]:
    return {"item": item_id, "prompt": prompt, "left": left, "right": right}


def _side(choice: str, left: str) -> str:
    """Return which image, "a" or "b", a choice of "left" or "right" means; a tie is none."""
    if choice == "tie":
        return choice
    other = "b" if left == "a" else "a"
    return left if choice == "left" else other


def _missing(noun: str) -> Problem:
    detail = f"This player has no {noun} with that id."
    return Problem(404, "missing", f"There is no such {noun}", detail)


def _random_ids(count: int) -> list[str]:
    """Return unguessable ids of 22 characters for a batch.

    They begin alike, so that what belongs to a batch is on few pages of the database's indexes.
    """
    beginning, rest = secrets.token_urlsafe(3), secrets.token_urlsafe(14 * count)
    return [beginning + rest[18 * i : 18 * (i + 1)] for i in range(count)]
