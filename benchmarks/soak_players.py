"""The SIMULATED players of `soak`: they look, think, pause, leave, and resend what is not answered.

A player sees whether a picture belongs to the prompt, since each picture as sent is known by its
hash; so the players also check that every picture arrives whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.soak_game import Backend
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.pairs.pool import PICTURE_SIZE, encode_picture
from gamelabel.tables import read_table
from tests.service.http_client import HttpConnection

BATCHES_PER_PLAYER = 18  # as in the paper: 16,425 labels of 188 players
GUESSERS, WITHDRAWALS = 0.1, 0.1  # shares of players who guess, and who withdraw when they leave
_GIVE_UP_S = 20.0  # as the page does
_FRESH_S = 3.0  # after which a connection may have been closed by the server
_names = (f"simulated-{number}" for number in itertools.count())


class _FaultError(Exception):
    """An answer that no player should ever get."""


@dataclass(frozen=True)
class Pace:
    """How fast people play: seconds for a pair and between batches, both medians."""

    pair_s: float
    pause_s: float

    def pair(self) -> float:
        """Draw a time for a pair."""
        return self.pair_s * random.lognormvariate(0.0, 0.5)

    def pause(self) -> float:
        """Draw a time between batches."""
        return self.pause_s * random.lognormvariate(0.0, 0.8)


@dataclass
class Answered:
    """A batch whose answers were acknowledged."""

    game: str
    launch: str
    choices: dict[str, str]
    reply: dict[str, Any]
    at: float


@dataclass
class Record:
    """What the service has acknowledged to all players, and how long calls took."""

    answered: dict[str, Answered] = field(default_factory=dict)
    dealt: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    """Batches of players who withdrew."""
    players: int = 0
    resent: int = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    """Answers that no player should ever get."""


def picture_prompts(run: Path) -> dict[bytes, str]:
    """Return the prompt that each picture shows, by the hash of the picture as it is sent."""
    prompts = {}
    for row in read_table(run, "pairs").itertuples():
        for side, image in (("a", row.image_a), ("b", row.image_b)):
            is_decoy = row.kind == "comparison" and row.gold != side
            data = encode_picture(run / image, PICTURE_SIZE)
            prompts[hashlib.sha256(data).digest()] = "" if is_decoy else row.prompt
    return prompts


class SoakPlayer:
    """One player after another on one device.

    Parameters
    ----------
    ports : sequence of int
        Of the service's processes; which of them answers does not matter.
    game : Backend
        The game that they play.
    prompts : dict
        From `picture_prompts`.
    pace : Pace
        How fast they play.
    record : Record
        Is filled.
    over : asyncio.Event
        Set when the players should leave.
    """

    def __init__(
        self,
        ports: Sequence[int],
        game: Backend,
        prompts: dict[bytes, str],
        pace: Pace,
        record: Record,
        over: asyncio.Event,
    ) -> None:
        self.ports, self.game, self.prompts, self.pace = ports, game, prompts, pace
        self.record, self.over = record, over
        self.connection: HttpConnection | None = None
        self.used_at, self.session = 0.0, ""

    async def play(self) -> None:
        """Play until it is over."""
        await self._wait(random.uniform(0, self.pace.pause_s + 5 * self.pace.pair_s))
        while not self.over.is_set():
            try:
                await self._live(next(_names))
            except _FaultError as error:
                self.record.faults.append(str(error))
        if self.connection:
            self.connection.writer.close()

    async def _live(self, name: str) -> None:
        """Enter, label some batches, and leave."""
        launch, self.session = f"launch-{name}", ""
        token = sign_launch(self.game.key, self.game.game_id, name, launch, time.time())
        entry = await self._call("session", "POST", "/v1/sessions", {"launch": token}, name)
        self.session = entry["session"]
        self.record.players += 1
        await self._call("consent", "PUT", "/v1/consent", {"times": True})
        skill = 0.5 if random.random() < GUESSERS else random.betavariate(17, 3)
        batches: list[str] = []
        for _ in range(1 + int(random.expovariate(1 / BATCHES_PER_PLAYER))):
            batch = await self._call("open", "POST", "/v1/batches", None, secrets.token_urlsafe(12))
            batches.append(batch["batch"])
            self.record.dealt.add(batch["batch"])
            choices = await self._look(batch, skill)
            if self.over.is_set():
                return
            reply = await self._answer(batch, choices, launch)
            if reply["state"] == "removed":
                return
            await self._wait(self.pace.pause())
            if self.over.is_set():
                return
        if random.random() < WITHDRAWALS:
            await self._call("withdraw", "DELETE", "/v1/player")
            self.record.withdrawn.update(batches)

    async def _look(self, batch: dict[str, Any], skill: float) -> dict[str, str]:
        """Load the pictures of each pair, think, and choose."""
        choices = {}
        for item in batch["items"]:
            began = time.monotonic()
            fits = [await self._fits(item[side], item["prompt"]) for side in ("left", "right")]
            choice = random.choice(("left", "right"))
            if fits[0] != fits[1] and random.random() < 2 * skill - 1:
                choice = "left" if fits[0] else "right"
            choices[item["item"]] = choice
            look_s = batch["look_s"] + began - time.monotonic()
            await self._wait(max(look_s + 0.05, self.pace.pair()))
        return choices

    async def _fits(self, picture: str, prompt: str) -> bool:
        data = await self._call("picture", "GET", f"/v1/pictures/{picture}")
        digest = hashlib.sha256(data.rstrip(b"\0")).digest()
        if digest not in self.prompts:
            self.record.faults.append(f"a picture of {len(data)} bytes is none of the pool")
        return self.prompts.get(digest) == prompt

    async def _answer(
        self, batch: dict[str, Any], choices: dict[str, str], launch: str
    ) -> dict[str, Any]:
        answers = [{"item": item, "choice": side, "ms": 900} for item, side in choices.items()]
        path = f"/v1/batches/{batch['batch']}/answers"
        reply: dict[str, Any] = await self._call("answer", "POST", path, {"answers": answers})
        at = time.monotonic()
        answered = Answered(self.game.game_id, launch, choices, reply, at)
        self.record.answered[batch["batch"]] = answered
        return reply

    async def _call(
        self, name: str, method: str, path: str, body: Any = None, key: str = ""
    ) -> Any:
        """Send a request until it is answered, to one process after another."""
        for turn in itertools.count():
            began = time.monotonic()
            try:
                async with asyncio.timeout(_GIVE_UP_S):
                    connection = await self._connect(is_new=turn > 0)
                    connection.session = self.session
                    status, content = await connection.request(method, path, body, key)
                self.used_at = time.monotonic()
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                status, content = 0, b""
            if 200 <= status < 300:
                self.record.seconds[name].append(self.used_at - began)
                if name == "picture":
                    return content
                return json.loads(content) if content else None
            if (name, status) == ("withdraw", 401) and turn:
                return None  # the first request was carried out, and its answer was lost
            if status not in (0, 503):
                text = content[:300].decode(errors="replace")
                raise _FaultError(f"{method} {path}: {status} {text}")
            self.record.resent += 1
            await asyncio.sleep(min(5.0, 0.2 * 2**turn) * random.uniform(0.8, 1.2))

    async def _connect(self, is_new: bool) -> HttpConnection:
        is_stale = time.monotonic() - self.used_at > _FRESH_S
        if self.connection and not (is_new or is_stale):
            return self.connection
        if self.connection:
            self.connection.writer.close()
        self.connection = None
        connection = HttpConnection(random.choice(self.ports))
        await connection.open()
        self.connection = connection
        return connection

    async def _wait(self, seconds: float) -> None:
        """Wait, but not after it is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            pass
