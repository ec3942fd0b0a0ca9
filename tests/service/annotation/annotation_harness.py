"""A small annotation project, and people who speak its protocol."""

from __future__ import annotations

import io
import secrets
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from PIL import Image

from gamelabel.games.annotation.project_file import read_annotation_project
from gamelabel.service.annotation.annotation_start import ANNOTATE, annotation_activity
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.load_project import load_project
from gamelabel.service.api import create_app
from gamelabel.service.games import Game, register_game
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.outbox import Outbox
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.service.harness import Clock

GAME_KEY = Ed25519PrivateKey.generate()
OPERATOR_KEY = secrets.token_urlsafe()
NAME = "birds"
TASKS = """\
tasks:
  - kind: categorise
    categories: {animals: Animals, places: Places}
  - rate
  - issues
  - words
  - regions
  - rank
  - compare
"""
ANSWERS: dict[str, Any] = {
    "categorise": {"category": "animals", "problematic": False},
    "rate": {"overall": 5, "alignment": 7, "fidelity": 1},
    "issues": {"issues": ["blurry"]},
    "words": {"words": [0, 2]},
    "regions": {"points": [[0.25, 0.5]]},
    "rank": {"places": [[2], [0, 3], [1]]},
}


def write_project(
    folder: Path, tasks: str = TASKS, n_prompts: int = 2, n_pictures: int = 4
) -> Path:
    """Write a project with pictures of one color, red by their number in the prompt."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["title: Birds", "coins: 7", tasks.rstrip(), "prompts:"]
    if "stop:" not in tasks:
        lines.insert(0, "annotators: 2")
    for prompt in range(n_prompts):
        names = [f"p{prompt}-{number}.png" for number in range(n_pictures)]
        for number, name in enumerate(names):
            pixels = np.full((12, 16, 3), [40 * number, 0, 0], dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name)
        lines += [f"  - prompt: bird number {prompt}", f"    id: p{prompt}"]
        lines += [f"    pictures: [{', '.join(names)}]"]
    path = folder / f"{NAME}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class AnnotationService:
    """The service with a project, and its operator."""

    def __init__(self, url: str, project: Path, minimal: bool = False) -> None:
        self.clock = Clock()
        self.store = Store(url)
        self.settings = Settings(
            new_keys(),
            {OPERATOR_KEY: "anna"},
            clock=self.clock,
            minimal=minimal,
            calls_per_minute=10**6,
            audience=ANNOTATE,
        )
        game = Game(
            game_id="hills",
            title="Hills",
            origin="https://game.example",
            launch_keys=[public_text(GAME_KEY)],
            reward_url="https://game.example/rewards",
        )
        with self.store.write() as connection:
            register_game(self.store, connection, game, ANNOTATE)
        read = read_annotation_project(project)
        load_project(self.store, read, NAME)
        rng = np.random.default_rng(0)
        self.annotations = AnnotationWork(self.store, self.settings, read, NAME, rng)
        outbox = Outbox(self.store, self.settings)
        activities = [annotation_activity(self.annotations, outbox)]
        self.player_app = create_app(self.store, self.settings, outbox, activities)
        self.operator_app = create_operator(self.store, self.settings, activities)
        self.players = TestClient(self.player_app)
        self.operator = TestClient(self.operator_app)
        self.operator.headers["Authorization"] = f"Bearer {OPERATOR_KEY}"

    def launch(self, name: str, audience: str = ANNOTATE) -> str:
        now, jti = self.clock.now, secrets.token_urlsafe()
        return sign_launch(GAME_KEY, "hills", name, jti, now, audience=audience)

    def person(self, name: str, times: bool = False) -> Person:
        return Person(self, name, times)

    def tables(self) -> dict[str, Any]:
        """Return the exported tables as lists of rows."""
        reply = self.operator.get("/v1/annotation/export")
        assert reply.status_code == 200, reply.text
        with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
            return {
                name.removesuffix(".parquet"): pq.read_table(
                    io.BytesIO(archive.read(name))
                ).to_pylist()
                for name in archive.namelist()
            }


class Person:
    """Somebody with a session and consent."""

    def __init__(self, service: AnnotationService, name: str, times: bool) -> None:
        self.service = service
        launch = service.launch(name)
        reply = service.players.post("/v1/sessions", json={"launch": launch})
        assert reply.status_code == 201, reply.text
        self.headers = {"Authorization": f"Bearer {reply.json()['session']}"}
        self.state = reply.json()["state"]
        if self.state == "active":
            self.call("PUT", "/v1/consent", {"times": times}, 204)

    def call(self, method: str, path: str, body: Any = None, status: int | None = 200) -> Any:
        reply = self.service.players.request(method, path, json=body, headers=self.headers)
        assert status in (None, reply.status_code), reply.text
        return reply.json() if reply.content else None

    def item(self, status: int = 200) -> Any:
        return self.call("POST", "/v1/annotation/items", status=status)

    def item_returned(self) -> bool:
        """Whether an inspector has returned something to this person."""
        return bool(self.call("POST", "/v1/annotation/items", status=None).get("returned"))

    def answer(
        self, item: Any, step: int, answer: Any = None, status: int = 200, **body: Any
    ) -> Any:
        """Answer a step, as `ANSWERS` has it unless another answer is given."""
        asked = item["steps"][step]
        if answer is None:
            answer = ANSWERS.get(asked["kind"]) or {"chosen": asked["pictures"][0]}
        path = f"/v1/annotation/items/{item['item']}/steps/{step}"
        return self.call("PUT", path, {"answer": answer, **body}, status)

    def annotate(self) -> Any:
        """Answer all steps of a prompt, and return the last reply."""
        item = self.item()
        for step in range(len(item["steps"])):
            reply = self.answer(item, step)
        return reply
