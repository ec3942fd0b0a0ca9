"""A service put together from files and started."""

from __future__ import annotations

import logging
import secrets
import time
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.server.api import create_app
from gamelabel.server.games import Game, read_games, register
from gamelabel.server.keys import load_keys, text
from gamelabel.server.pool import load_run
from gamelabel.server.settings import Settings
from gamelabel.server.store import Store
from gamelabel.server.tokens import sign_launch


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
    """Serve until stopped. Raises ValueError, or OSError, with what is missing."""
    if study is None and not database:
        raise ValueError("nothing to serve: give --study and the folder of a run, such as data/runs/smoke")
    folder = (study or Path("data")) / "game"
    store = Store(database or f"sqlite:///{folder / 'game.db'}")
    settings = Settings(load_keys(keys or folder / "keys.json"), look_s=look_s, minimal=minimal)
    if study:
        print(f"{load_run(store, study, 'study')} pairs are new in the pool 'study'")
    here = f"http://{host}:{port}"
    if games:
        for game in read_games(games):
            register(store, game)
    else:
        trial = Ed25519PrivateKey.generate()
        register(store, Game("trial", "Trial", here, [text(trial.public_key().public_bytes_raw())]))
        launch = sign_launch(trial, "trial", secrets.token_urlsafe(), secrets.token_urlsafe(), time.time())
        print(f"label here, for the next five minutes: {here}/play/trial#{launch}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    uvicorn.run(create_app(store, settings), host=host, port=port, log_level="warning", server_header=False)
