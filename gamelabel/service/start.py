"""A service put together from files and started; the demo, with a game of its own."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from gamelabel.service.api import create_app
from gamelabel.service.demo import create_game, make_run
from gamelabel.service.games import Game, read_games, register
from gamelabel.service.keys import load_keys, text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.pairs.pool import load_run
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store


def serve(
    study: Path | None,
    games: Path | None,
    database: str,
    keys: Path | None,
    host: str,
    port: int,
    look_s: float,
    minimal: bool,
) -> None:
    """Serve players at `port`, the operator at the next one and on this machine alone, until stopped.

    Raises ValueError, or OSError, with what is missing.
    """
    if study is None and not database:
        raise ValueError(
            "nothing to serve: give --study and the folder of a run, such as data/runs/smoke, or --demo"
        )
    store, settings = _open(study or Path("data"), database, keys, look_s, minimal)
    if study:
        _say(f"{load_run(store, study, 'study')} pairs are new in the pool 'study'")
    here = f"http://{host}:{port}"
    if games:
        for game in read_games(games):
            register(store, game)
    else:
        trial = Ed25519PrivateKey.generate()
        register(store, Game("trial", "Trial", here, [_public(trial)]))
        launch = sign_launch(
            trial, "trial", secrets.token_urlsafe(), secrets.token_urlsafe(), time.time()
        )
        _say(f"label here, within five minutes: {here}/play/trial#{launch}")
    _run({(host, port): create_app(store, settings)} | _operator(store, settings, port + 1))


def demo(folder: Path, port: int, look_s: float, minimal: bool) -> None:
    """Serve drawn pictures to a demo game, all on this machine: the game at `port + 2`."""
    if not (folder / "pairs.parquet").is_file():
        _say("drawing the demo's pictures ...")
        make_run(folder)
    store, settings = _open(folder, "", None, look_s, minimal)
    load_run(store, folder, "study")
    service, game = (f"http://127.0.0.1:{p}" for p in (port, port + 2))
    key = Ed25519PrivateKey.generate()
    register(store, Game("demo", "Seven Hills", game, [_public(key)], f"{game}/rewards"))
    backend = create_game(key, "demo", service, settings.keys.public)
    _say(f"open {game} in a browser; Ctrl-C stops")
    apps = {("127.0.0.1", port): create_app(store, settings), ("127.0.0.1", port + 2): backend}
    _run(apps | _operator(store, settings, port + 1))


def _open(
    folder: Path, database: str, keys: Path | None, look_s: float, minimal: bool
) -> tuple[Store, Settings]:
    held = load_keys(keys or folder / "game" / "keys.json")
    return Store(database or f"sqlite:///{folder / 'game' / 'game.db'}"), Settings(
        held, look_s=look_s, minimal=minimal
    )


def _operator(store: Store, settings: Settings, port: int) -> dict[tuple[str, int], FastAPI]:
    _say(f"operator: http://127.0.0.1:{port}/#{settings.keys.operator}")
    return {("127.0.0.1", port): create_operator(store, settings)}


def _say(words: str) -> None:
    print(words, flush=True)  # into a log at once, too


def _public(key: Ed25519PrivateKey) -> str:
    return text(key.public_key().public_bytes_raw())


class _Server(uvicorn.Server):
    """A server that leaves signals to `_run`, which stops all of them together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _run(apps: dict[tuple[str, int], FastAPI]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    servers = [
        _Server(uvicorn.Config(app, host=host, port=port, log_level="warning", server_header=False))
        for (host, port), app in apps.items()
    ]

    async def together() -> None:
        def stop() -> None:
            for server in servers:
                server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await asyncio.gather(*(server.serve() for server in servers))

    asyncio.run(together())
