"""A small service for tests: a run, games that sign launches, players who know the answers."""

import atexit
import itertools
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.outbox import Outbox
from gamelabel.service.pairs import known_answers
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pair_tables import assignments, pairs
from gamelabel.service.pairs.pool import load_run
from gamelabel.service.pairs.start import player_app
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from gamelabel.tables import write_table
from tests.service.databases import exists, make_database, new_url

KEYS, GAME_KEY, OTHER_KEY = new_keys(), Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
ORIGIN = "https://game.example"
OPERATOR_KEY = secrets.token_urlsafe()


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@cache
def make_run(preferences: int, comparisons: int) -> Path:
    """Write pairs with pictures of noise, which do not depend on the kind of the pair."""
    folder = Path(tempfile.mkdtemp(prefix="gamelabel-run-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    rng = np.random.default_rng(0)
    (folder / "images").mkdir()
    rows = []
    for i in rng.permutation(preferences + comparisons).tolist():
        kind = "preference" if i < preferences else "comparison"
        names = {side: f"images/x{len(rows):04d}-{side}.png" for side in "ab"}
        for name in names.values():
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / name)
        pair = {
            "pair_id": f"x{len(rows):04d}",
            "prompt_id": f"p{len(rows)}",
            "prompt": f"thing{len(rows)}",
        }
        gold = None if kind == "preference" else "ab"[int(rng.integers(2))]
        images = {"image_a": names["a"], "image_b": names["b"]}
        rows.append(
            {
                **pair,
                "kind": kind,
                **images,
                "seed_a": 1,
                "seed_b": 2,
                "model": "noise",
                "gold": gold,
            }
        )
    write_table(pd.DataFrame(rows), folder, "pairs")
    return folder


def template(kind: str, preferences: int = 0, comparisons: int = 0) -> str:
    """Return a database to copy: of this version, and with a pool if there are pairs for it.

    Making it takes longer than most tests.
    """
    share = known_answers.WATCH_SHARE  # which may be patched
    return _template(kind, preferences, comparisons, share)


@cache
def _template(kind: str, preferences: int, comparisons: int, _watch_share: float) -> str:
    folder = Path(tempfile.mkdtemp(prefix="gamelabel-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url = new_url(kind, folder)
    store = Store(url)
    if preferences or comparisons:
        load_run(store, make_run(preferences, comparisons), "study", size=16)
    store.close()
    return url


class Service:
    """A service on a database of its own with the games `chess` and `go` and a settable clock."""

    def __init__(
        self,
        url: str,
        preferences: int = 40,
        comparisons: int = 40,
        new_players_per_hour: int = 10**6,
        min_account_days: int = 0,
        **settings: Any,
    ) -> None:
        self.run = make_run(preferences, comparisons)
        self.clock = Clock()
        pair_settings = {
            name: settings.pop(name) for name in ("rules", "look_s", "rng") if name in settings
        }
        self.settings = replace(
            Settings(KEYS, {OPERATOR_KEY: "anna"}, clock=self.clock), **settings
        )
        self.pair_settings = PairSettings(**{"look_s": 0.0, **pair_settings})
        if exists(url):
            self.store = Store(url)
            load_run(self.store, self.run, "study", size=16)
        else:
            make_database(url, template(url.partition(":")[0], preferences, comparisons))
            self.store = Store(url)
        for game_id, key in {"chess": GAME_KEY, "go": OTHER_KEY}.items():
            game = PairGame(
                game_id=game_id,
                title=game_id,
                origin=ORIGIN,
                launch_keys=[public_text(key)],
                reward_url="https://game.example/rewards",
                new_players_per_hour=new_players_per_hour,
                min_account_days=min_account_days,
            )
            register_pair_game(self.store, game)
        self.paid: list[httpx.Request] = []
        self.reply_to_reward = httpx.Response(200)
        self.outbox = Outbox(self.store, self.settings, httpx.MockTransport(self._receive))
        self.client = TestClient(
            player_app(self.store, self.settings, self.pair_settings, self.outbox),
            raise_server_exceptions=False,
        )
        self._launches = itertools.count()

    def _receive(self, request: httpx.Request) -> httpx.Response:
        self.paid.append(request)
        return self.reply_to_reward

    def send_rewards(self) -> int:
        """Send the rewards that are due, and return how many there were."""
        # in a thread: Playwright leaves an event loop running in the main one
        with ThreadPoolExecutor(1) as thread:
            return sum(thread.map(self.outbox.send_due, self.outbox.games_due()))

    def launch(self, player: str = "ann", game: str = "chess", days: int | None = None) -> str:
        """Return a launch token signed by the game."""
        key, jti = GAME_KEY if game == "chess" else OTHER_KEY, f"launch-{next(self._launches)}"
        return sign_launch(key, game, player, jti, self.clock(), days)

    def player(self, name: str = "ann", game: str = "chess", consent: bool = True) -> "Player":
        """Return a player with a new session."""
        reply = self.client.post("/v1/sessions", json={"launch": self.launch(name, game)})
        assert reply.status_code == 201, reply.text
        player = Player(self, reply.json())
        if consent and player.entry["state"] == "active":
            assert player.call("PUT", "/v1/consent", json={}).status_code == 204
        return player

    def gold(self, batch: str) -> dict[str, str | None]:
        """Return the side of the gold answer of each item, or None for a preference point."""
        query = select(assignments.c.id, assignments.c.left, pairs.c.gold).join(
            pairs, pairs.c.id == assignments.c.pair
        )
        with self.store.read() as connection:
            rows = connection.execute(query.where(assignments.c.batch == batch)).all()
        return {row.id: row.gold and ("left" if row.gold == row.left else "right") for row in rows}


class Player:
    """A player's session and its calls."""

    def __init__(self, service: Service, entry: dict[str, Any]) -> None:
        self.service, self.entry = service, entry
        self.headers = {"Authorization": f"Bearer {entry['session']}"}

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request with the player's session."""
        return self.service.client.request(
            method, path, headers=self.headers | options.pop("headers", {}), **options
        )

    def batch(self) -> dict[str, Any]:
        """Open a batch, or return the open one."""
        reply = self.call("POST", "/v1/batches")
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def answers(self, batch: dict[str, Any], right: bool = True) -> dict[str, Any]:
        """Return answers to a batch, with all comparison points right or all wrong."""
        gold = self.service.gold(batch["batch"])
        opposite = {"left": "right", "right": "left"}
        sides = {
            item: side if right or side is None else opposite[side] for item, side in gold.items()
        }
        return {
            "answers": [
                {"item": item, "choice": side or "left", "ms": 900} for item, side in sides.items()
            ]
        }

    def send(self, batch: dict[str, Any], right: bool = True) -> httpx.Response:
        """Answer a batch."""
        return self.call(
            "POST", f"/v1/batches/{batch['batch']}/answers", json=self.answers(batch, right)
        )


def labels_of(store: Store) -> list[Any]:
    """Return all answered assignments."""
    with store.read() as connection:
        return list(
            connection.execute(select(assignments).where(assignments.c.choice.is_not(None)))
        )


def wait_until(holds: Any, seconds: float = 20.0) -> bool:
    """Wait until a condition holds; return whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def batches(player: Player, right: bool = True) -> Iterator[dict[str, Any]]:
    """Label batches and yield the replies until no more are served."""
    while (opened := player.call("POST", "/v1/batches")).status_code in (200, 201):
        yield player.send(opened.json(), right).json()
