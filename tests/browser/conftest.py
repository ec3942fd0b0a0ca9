"""A headless Chromium, and the demo with its two servers on free ports."""

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from examples.demo_game.backend import create_game
from gamelabel.games.pairs import Rules, Threshold
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.demo_run import make_demo_run
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pool import load_run
from gamelabel.service.pairs.start import player_app
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store


class Running(uvicorn.Server):
    """A server in a thread."""

    def __init__(self, app: Any, port: int) -> None:
        super().__init__(uvicorn.Config(app, port=port, log_level="warning"))
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self.thread.start()
        while not self.started and self.thread.is_alive():
            time.sleep(0.02)

    def install_signal_handlers(self) -> None:
        """Do nothing: only the main thread can handle signals."""

    def stop(self) -> None:
        self.should_exit = True
        self.thread.join()


@dataclass
class Demo:
    """The demo: addresses of the service and the game, and a service that can be restarted."""

    store: Store
    make_app: Callable[[], Any]
    service: str
    game: str
    server: Running

    def stop(self) -> None:
        self.server.stop()

    def restart(self) -> None:
        self.server = Running(self.make_app(), int(self.service.rsplit(":", 1)[1]))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the pairs of a demo, which every test copies."""
    folder = tmp_path_factory.mktemp("demo")
    make_demo_run(folder, preferences=20, comparisons=20)
    store = Store(f"sqlite:///{folder / 'game.db'}")
    load_run(store, folder, "study", size=64)
    store.close()
    return folder / "game.db"


@pytest.fixture
def demo(loaded: Path, tmp_path: Path) -> Iterator[Demo]:
    path = shutil.copy(loaded, tmp_path)
    store, settings = Store(f"sqlite:///{path}"), Settings(new_keys())
    key, (service, game) = (
        Ed25519PrivateKey.generate(),
        (f"http://127.0.0.1:{free_port()}" for _ in range(2)),
    )
    seven_hills = PairGame(
        game_id="demo",
        title="Seven Hills",
        origin=game,
        launch_keys=[public_text(key)],
        reward_url=f"{game}/rewards",
    )
    register_pair_game(store, seven_hills)
    backend = Running(
        create_game(key, "demo", service, settings.keys.public), int(game.rsplit(":", 1)[1])
    )
    port = int(service.rsplit(":", 1)[1])

    lenient = Rules(gate=Threshold(min_answers=10**6))  # tests answer at random

    def make_app() -> Any:
        return player_app(store, settings, PairSettings(rules=lenient, look_s=0.2))

    running = Demo(store, make_app, service, game, Running(make_app(), port))
    yield running
    running.stop()
    backend.stop()
    store.close()


@pytest.fixture(scope="module")  # while it is open, an event loop runs in the main thread
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page; it records console messages in `page.messages` and URLs in `page.urls`."""
    contexts = []

    def open_one(
        address: str, width: int = 360, height: int = 640, cookies: Any = (), **options: Any
    ) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        contexts[-1].add_cookies(list(cookies))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        page.messages, page.urls = [], []
        page.on("console", lambda message: page.messages.append(message.text))
        page.on("pageerror", lambda error: page.messages.append(str(error)))
        page.on("request", lambda request: page.urls.append(request.url))
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
