"""A service with the teaching game, and teachers who speak its protocol."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from gamelabel.service.api import create_app
from gamelabel.service.dungeon.classroom import Classroom
from gamelabel.service.dungeon.teach_settings import TeachSettings
from gamelabel.service.dungeon.teach_start import make_descent, teach_activity
from gamelabel.service.games import Game, register_game
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.outbox import Outbox
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

GAME_KEY = Ed25519PrivateKey.generate()
OPERATOR_KEY = secrets.token_urlsafe()
MEMORY = "tests.service.dungeon.memory_learner:MemoryLearner"
SMALL = {"learner": MEMORY, "rounds": 2, "least": 2, "most": 5, "pilot": 0, "pay": 10}


class Clock:
    """A clock that tests move by hand."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class TeachService:
    """The service; `again()` is what a restart leaves."""

    def __init__(self, url: str, folder: Path, minimal: bool = False, **teach: Any) -> None:
        self.url, self.folder, self.clock, self.keys = url, folder, Clock(), new_keys()
        self.teach = TeachSettings(**{**SMALL, "bonuses": [30, 20], **teach})
        self.minimal = minimal
        self.open()

    def open(self) -> None:
        operators = {OPERATOR_KEY: "anna"}
        self.store = Store(self.url)
        self.settings = Settings(
            self.keys, operators, clock=self.clock, minimal=self.minimal, calls_per_minute=10**6
        )
        game = Game(
            game_id="hills",
            title="Hills",
            origin="https://game.example",
            launch_keys=[public_text(GAME_KEY)],
        )
        with self.store.write() as connection:
            register_game(self.store, connection, game)
        self.classroom = Classroom(make_descent(self.folder, self.teach), self.clock)
        outbox = Outbox(self.store, self.settings)
        activity = teach_activity(self.store, self.settings, self.classroom, self.teach, outbox)
        activities = [activity]
        self.players = TestClient(create_app(self.store, self.settings, outbox, activities))
        self.operator = TestClient(create_operator(self.store, self.settings, activities))
        self.operator.headers["Authorization"] = f"Bearer {OPERATOR_KEY}"
        self.players.__enter__()
        self.classroom.wait()

    def close(self) -> None:
        self.classroom.wait()
        self.players.__exit__(None, None, None)
        self.store.close()

    def again(self) -> None:
        self.close()
        self.open()

    def teacher(self, name: str) -> Teacher:
        return Teacher(self, name)

    def run(self, what: str, status: int = 0) -> Any:
        """Call the operator's `open`, `close` or `publish`."""
        path = {"open": "", "close": "/close", "publish": "/publish"}[what]
        reply = self.operator.post(f"/v1/dungeon/rounds{path}")
        assert reply.status_code == (status or {"open": 201, "close": 202, "publish": 200}[what]), (
            reply.text
        )
        if what == "close":
            self.classroom.wait()
        return reply.json()


class Teacher:
    """A person with a session and consent."""

    def __init__(self, service: TeachService, name: str) -> None:
        self.service = service
        launch = sign_launch(GAME_KEY, "hills", name, secrets.token_urlsafe(), service.clock.now)
        reply = service.players.post("/v1/sessions", json={"launch": launch})
        assert reply.status_code == 201, reply.text
        self.headers = {"Authorization": f"Bearer {reply.json()['session']}"}
        self.state = reply.json()["state"]
        self.call("PUT", "/v1/consent", {"times": False}, 204)

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        reply = self.service.players.request(method, path, json=body, headers=self.headers)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    def lesson(self) -> Any:
        return self.call("GET", "/v1/dungeon")

    def say(self, text: str, step: int, status: int = 200) -> Any:
        body = {"text": text, "step": step}
        return self.call("POST", "/v1/dungeon/commands", body, status)

    def act(self, n: int = 1) -> list[str]:
        """Do the first possible action n times, and return what was done."""
        scene = self.lesson()["scene"]
        for _ in range(n):
            scene = self.say(scene["actions"][0], len(scene["done"]))["scene"]
        return scene["done"]

    def teach(self, command: str, status: int = 200, number: int = 1, step: int = 1) -> Any:
        body = {"command": command, "round": number, "step": step}
        return self.call("POST", "/v1/dungeon/examples", body, status)

    def give(self, *commands: str, number: int = 1) -> list[Any]:
        """Give an example of one action for each command."""
        taught = []
        for command in commands:
            self.act()
            taught.append(self.teach(command, number=number))
        return taught
