"""A service with the play activity on a real port, and players who speak its protocol."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from gamelabel.games.play.frame_codec import FrameDecoder
from gamelabel.games.play.tasks import (
    Bonus,
    Button,
    Pacing,
    Project,
    Requirement,
    Seat,
    Task,
    TaskGroup,
    TaskStatistic,
    Waiting,
)
from gamelabel.service.api import create_app
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.outbox import Outbox
from gamelabel.service.play.link_launches import link_key
from gamelabel.service.play.live_games import LiveGames
from gamelabel.service.play.play_games import PLAY, PlayGame
from gamelabel.service.play.play_start import PlaySettings, play_activity, register_play_game
from gamelabel.service.servers import server_config
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

OPERATOR_KEY = secrets.token_urlsafe()
WORLDS = "tests.service.play.small_worlds"
_SEEN = TaskStatistic("time", "play_time", {}, "Time")
_SCORE = TaskStatistic("points", "score", {}, "Score")


def small_task(name: str = "dots", world: str = "Dots", **fields: Any) -> Task:
    """Return a task of a world of these tests."""
    settings: dict[str, Any] = {
        "title": name.title(),
        "pacing": Pacing("real time", 30.0),
        "keys": {"ArrowLeft": 1, "ArrowRight": 2},
        "buttons": (Button("Left", 1), Button("Right", 2)),
        "statistics": (_SCORE, _SEEN),
    }
    return Task(name, f"{WORLDS}:{world}", **(settings | fields))


def pair_task(name: str = "two", **fields: Any) -> Task:
    """Return a task for two people, who meet at once."""
    times = Waiting(seconds=60.0, ready_seconds=20.0, countdown_seconds=0.1)
    seats = (Seat("left", label="the left dot"), Seat("right", label="the right dot"))
    return small_task(name, "TwoDots", **({"seats": seats, "waiting": times} | fields))


TASKS = (
    small_task(),
    small_task(
        "paid",
        requirements=(Requirement("time", 0.5, "Play time"),),
        bonus=Bonus("fixed", base=0.5),
    ),
    small_task(
        "prize",
        requirements=(Requirement("time", 0.2, "Play time"),),
        bonus=Bonus("raffle", prize="a book"),
    ),
    small_task("short", "ShortDots"),
    small_task("broken", "Broken"),
    small_task("hanging", "Hanging"),
    pair_task(),
)


def make_project(tasks: tuple[Task, ...] = TASKS) -> Project:
    """Return a project of tasks with a group of one and one that assigns."""
    groups = {
        "one": TaskGroup("one", ("dots",)),
        "assigned": TaskGroup("assigned", ("dots", "paid"), "assign"),
    }
    return Project(Path("tasks.yaml"), {task.name: task for task in tasks}, groups)


class PlayServer:
    """A service with the play activity in a thread, whose games run in processes of their own."""

    def __init__(
        self, url: str, folder: Path, project: Project, most_games: int = 32, **settings: Any
    ) -> None:
        self.url, self.folder, self.project = url, folder, project
        self.most_games = most_games
        self.sockets: list[GameSocket] = []
        self.paid: list[httpx.Request] = []
        keys = settings.pop("keys", None) or new_keys()
        self.launch_key = link_key(keys, "the game itself")  # the same for the same keys
        self.settings = Settings(keys, {OPERATOR_KEY: "anna"}, audience=PLAY, **settings)
        self.store = Store(url)
        self.start()

    def start(self) -> None:
        """Start the server, on another port at each start."""
        transport = httpx.MockTransport(self._receive)
        self.outbox = Outbox(self.store, self.settings, transport)
        channels = {"link": "", "mturk": "assigned", "social": "one", "email": ""}
        game = PlayGame(
            game_id="lab",
            title="Lab",
            origin="https://lab.example",
            launch_keys=[public_text(self.launch_key)],
            reward_url="https://lab.example/rewards",
            channels=channels,
        )
        register_play_game(self.store, self.settings.keys, game)
        play_settings = PlaySettings(self.project, [game], self.folder, self.most_games)
        self.activity = play_activity(self.store, self.settings, play_settings, self.outbox)
        self.live: LiveGames = self.activity.running.__self__
        self.app = create_app(self.store, self.settings, self.outbox, [self.activity])
        config = server_config(self.app)
        config.port = 0
        self._server = _Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.02)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.address, timeout=30)

    def stop(self) -> None:
        """Stop the server as SIGTERM does."""
        self.client.close()
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    def close(self) -> None:
        """Stop the server and close the database."""
        self.stop()
        self.store.close()

    def clear(self) -> None:
        """Close all connections and end all games, so that another test can use the server."""
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

        async def finish() -> None:
            players = list(self.live.players.values())
            await asyncio.gather(*(self.live._finish(p, keeps_open=True) for p in players))

        assert self.live._loop
        asyncio.run_coroutine_threadsafe(finish(), self.live._loop).result(30)

    def _receive(self, request: httpx.Request) -> httpx.Response:
        self.paid.append(request)
        return httpx.Response(200)

    def operator(self) -> httpx.Client:
        """Return a client of the operator's application."""
        app = create_operator(self.store, self.settings, [self.activity])
        from fastapi.testclient import TestClient

        return TestClient(app, headers={"Authorization": f"Bearer {OPERATOR_KEY}"})

    def launch(self, name: str, **options: Any) -> str:
        """Return a launch that the game signs."""
        jti, options = secrets.token_hex(8), {"audience": PLAY} | options
        return sign_launch(self.launch_key, "lab", name, jti, self.settings.clock(), **options)

    def player(self, name: str = "") -> PlayClient:
        """Return a player whom the game has sent; without a name it is a new one."""
        return self.enter(self.launch(name or secrets.token_hex(8)), {})

    def arrive(self, **link: str) -> PlayClient:
        """Return a player who comes by a link, and agrees."""
        reply = self.client.post("/v1/play/arrivals", json={"game": "lab", **link})
        assert reply.status_code == 201, reply.text
        return self.enter(reply.json()["launch"], without_channel(link))

    def enter(self, launch: str, consent: dict[str, str] | None) -> PlayClient:
        """Exchange a launch for a session."""
        reply = self.client.post("/v1/sessions", json={"launch": launch})
        assert reply.status_code == 201, reply.text
        player = PlayClient(self, reply.json()["session"])
        if consent is not None:
            player.call("PUT", "/v1/play/consent", 204, json=consent)
        return player


def without_channel(link: dict[str, str]) -> dict[str, str]:
    """Return what is sent with consent: the channel is in the launch."""
    return {name: value for name, value in link.items() if name != "channel"}


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Do nothing: only the main thread can handle signals."""


@dataclass
class PlayClient:
    """A player's session and calls."""

    server: PlayServer
    session: str

    def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """Send a request and return the JSON of its reply, which has the expected status."""
        headers = {"Authorization": f"Bearer {self.session}"}
        reply = self.server.client.request(method, path, headers=headers, **options)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    def open(self, task: str | None = "dots") -> str:
        """Open a play session, and return its id."""
        body = {} if task is None else {"task": task}
        return self.call("POST", "/v1/play/sessions", 201, json=body)["play"]

    def connect(self, play: str, **options: Any) -> GameSocket:
        """Open the WebSocket of a play session and say hello."""
        socket = GameSocket(self.server, **options)
        self.server.sockets.append(socket)
        socket.say(hello={"session": self.session, "play": play})
        return socket

    def play(self, task: str = "dots") -> GameSocket:
        """Open a play session and its game, and wait for the first frame."""
        socket = self.connect(self.open(task))
        socket.until(lambda: socket.frame >= 0)
        return socket


@dataclass
class GameSocket:
    """A browser's side of the WebSocket, which keeps what it was told."""

    server: PlayServer
    origin: str | None = ""
    frame: int = -1
    episode: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    code: int | None = None
    acknowledges: bool = True
    picture: Any = None

    def __post_init__(self) -> None:
        address = f"ws://127.0.0.1:{self.server.port}/v1/play/socket?room=x"
        origin = self.server.address if self.origin == "" else self.origin
        self.wire: ClientConnection = connect(
            address, origin=origin, compression=None, legacy=True, close_timeout=1
        )
        self._decoder = FrameDecoder()

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.wire.send(json.dumps(message))

    def act(self, control: int, **fields: Any) -> None:
        """Hold a control, having seen the latest frame."""
        self.say(act=control, **({"frame": self.frame, "episode": self.episode} | fields))

    def receive(self, timeout: float = 0.2) -> bool:
        """Receive one message; return whether there was one."""
        try:
            message = self.wire.recv(timeout)
        except TimeoutError:
            return False
        except ConnectionClosed as closed:
            self.code = closed.rcvd.code if closed.rcvd else 1006
            return False
        if isinstance(message, bytes):
            self.picture = self._decoder.decode(message)
            self.frame = self._decoder.frame
            if self.acknowledges and self.frame % 10 == 0:
                with suppress(ConnectionClosed):
                    self.say(seen=self.frame, episode=self.episode)
        else:
            content = json.loads(message)
            if "episode" in content:
                self.episode, self.frame = content["episode"], -1
            self.told.append(content)
        return True

    def until(self, holds: Callable[[], object], seconds: float = 20.0) -> None:
        """Receive until a condition holds, which must be soon."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, (self.told[-5:], self.code, self.frame)
            if self.code is not None and not holds():
                raise AssertionError(f"closed with {self.code}: {self.told[-5:]}")
            self.receive()

    def until_told(self, kind: str, seconds: float = 20.0) -> dict[str, Any]:
        """Receive until a message of a kind comes that was not there before, and return it."""
        before = len(self.told)
        self.until(lambda: any(m["kind"] == kind for m in self.told[before:]), seconds)
        return next(m for m in self.told[before:] if m["kind"] == kind)

    def until_closed(self, seconds: float = 20.0) -> int:
        """Receive until the connection is closed, and return the code."""
        self.until(lambda: self.code is not None, seconds)
        assert self.code is not None
        return self.code

    def goals_are_met(self) -> bool:
        """Whether the browser has been told that all goals are reached."""
        statuses = [message for message in self.told if message["kind"] == "status"]
        return bool(statuses) and all(goal["is_met"] for goal in statuses[-1]["goals"])

    def finish(self) -> None:
        """Finish the play session."""
        self.say(finish=True)
        self.until_told("finished")
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.wire.close()
