"""Assemble the service with the labeling game, and start it: for a run, or for the demo."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI
from sqlalchemy import Connection, select

from gamelabel.files import shipped
from gamelabel.service.activity import Activity
from gamelabel.service.api import create_app
from gamelabel.service.games import close_other_games, read_games
from gamelabel.service.keys import encode_base64url, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.outbox import Outbox
from gamelabel.service.pairs.arena_board import board_pages, board_routes, board_summary
from gamelabel.service.pairs.arena_tables import model_votes
from gamelabel.service.pairs.batches import Batches, PairSettings
from gamelabel.service.pairs.demo_run import make_demo_run
from gamelabel.service.pairs.known_answers import make_watch_points
from gamelabel.service.pairs.live_figures import batch_metrics, live_figures
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pair_routes import operator_routes, player_routes
from gamelabel.service.pairs.pair_tables import assignments, batches, pair_standings, pools
from gamelabel.service.pairs.pool import labels_left, load_run, points_needed
from gamelabel.service.serving import (
    LOCAL,
    Ports,
    open_ports,
    open_service,
    print_line,
    serve_activities,
)
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store, explain_errors

_STOP_S = 5.0
_USUAL_LABELS = 10_000  # of a study such as the paper's


def pairs_activity(
    store: Store, settings: Settings, pair_settings: PairSettings, outbox: Outbox
) -> Activity:
    """Return the labeling game as the service's applications take it."""
    service_batches, arena = Batches(store, settings, pair_settings), pair_settings.arena
    for_operator, pages = operator_routes(service_batches), APIRouter()
    if arena:
        for_operator.include_router(board_routes(arena))
        pages = board_pages(arena)

    def figures(connection: Connection, game_id: str) -> dict[str, Any]:
        of_game = live_figures(connection, game_id)
        is_ranked = arena is not None and of_game["pool"] == arena.pool
        return {**of_game, "arena": board_summary(arena) if arena and is_ranked else None}

    return Activity(
        name="pairs",
        static=Path(__file__).parent / "static",
        player_routes=player_routes(service_batches, outbox),
        operator_routes=for_operator,
        player_tables=(model_votes, assignments, batches, pair_standings),
        live_figures=figures,
        metrics=batch_metrics,
        operator_pages=pages,
    )


def player_app(
    store: Store, settings: Settings, pair_settings: PairSettings, outbox: Outbox | None = None
) -> FastAPI:
    """Return the players' application with the labeling game."""
    outbox = outbox or Outbox(store, settings)
    activity = pairs_activity(store, settings, pair_settings, outbox)
    return create_app(store, settings, outbox, [activity])


def operator_app(
    store: Store, settings: Settings, pair_settings: PairSettings | None = None
) -> FastAPI:
    """Return the operator's application with the labeling game."""
    pair_settings = pair_settings or PairSettings()
    activity = pairs_activity(store, settings, pair_settings, Outbox(store, settings))
    return create_operator(store, settings, [activity])


def serve_study(
    study: Path | None,
    games: Path | None = None,
    database: str = "",
    keys: Path | None = None,
    host: str = LOCAL,
    port: int = 8000,
    look_s: float = 1.0,
    minimal: bool = False,
) -> None:
    """Serve the pairs of a run to players until stopped.

    The operator's port is the next one, and open only on this machine.

    Parameters
    ----------
    study : Path or None
        A run's folder; its pairs are added to the pool `study`.
    games : Path or None
        A YAML file of games; without one, print an address at which to try the service.
    database : str
        The address of the database; by default a SQLite file in the run's folder.
    keys : Path or None
        The file of the service's keys; by default in the run's folder.
    host, port
        Where to serve players.
    look_s : float
        How long a pair is shown before it can be answered, in seconds.
    minimal : bool
        Store no times.

    Raises
    ------
    ValueError, OSError
        If something is missing. The message says what to do.
    """
    if study is None and not database:
        raise ValueError(
            "nothing to serve: give the folder of a run, such as `--study data/runs/smoke`, "
            "or use `--demo`"
        )
    with open_ports(host, port) as ports:
        store, settings = open_service(study or Path("data"), database, keys, minimal)
        with explain_errors(store.engine):
            _set_up(store, study, games, f"http://{host}:{port}")
        serve_pairs(store, settings, PairSettings(look_s=look_s), ports)


def _set_up(store: Store, study: Path | None, games: Path | None, origin: str) -> None:
    """Fill the pool of a run, and register the games of a file or one for a trial."""
    if study:
        print_line(f"{load_run(store, study, 'study')} pairs are new in the pool 'study'")
    with store.read() as connection:
        pool_names = connection.execute(select(pools.c.pool)).scalars().all()
    for pool in pool_names:  # those of a database of an earlier version have none
        make_watch_points(store, pool)
        print_line(_describe_size(store, pool))
    if games:
        register_pair_games(store, games)
    else:
        print_trial(store, origin, "study", "Trial")


def register_pair_games(store: Store, path: Path) -> None:
    """Register the games of a file, and close all others."""
    listed = read_games(path, PairGame)
    for game in listed:
        register_pair_game(store, game)
    for game_id in close_other_games(store, [game.game_id for game in listed]):
        print_line(f"the game {game_id} is closed: it is not in {path}")


def _describe_size(store: Store, pool: str) -> str:
    """Return for how many labels a pool is large enough; a warning if for none."""
    with store.read() as connection:
        left = labels_left(connection, pool)
    needed = points_needed(_USUAL_LABELS)
    advice = (
        f"{_USUAL_LABELS} labels need a run of {needed} preference points, {2 * needed} pictures"
    )
    if left:
        return f"the pool {pool!r} has new points for about {left} more labels; {advice}"
    return (
        f"warning: the pool {pool!r} has no new points left. Players who work together recognize "
        f"what comes back, and so find out which points are known: add a larger run; {advice}"
    )


def serve_demo(folder: Path, port: int, look_s: float, minimal: bool) -> None:
    """Serve drawn pictures to the demo game, all on this machine, until stopped.

    The demo game is a program of its own, `examples/demo_game/backend.py`, at `port + 2`.

    Parameters
    ----------
    folder : Path
        Where the demo's run, keys and database are, or will be made.
    port : int
        Where to serve players.
    look_s, minimal
        See `serve_study`.
    """
    with open_ports(LOCAL, port) as ports:
        if not (folder / "pairs.parquet").is_file():
            print_line("drawing the demo's pictures ...")
            make_demo_run(folder)
        store, settings = open_service(folder, "", None, minimal)
        load_run(store, folder, "study")
        game, key = f"http://{LOCAL}:{port + 2}", Ed25519PrivateKey.generate()
        register_pair_game(
            store,
            PairGame(
                game_id="demo",
                title="Seven Hills",
                origin=game,
                launch_keys=[public_text(key)],
                reward_url=f"{game}/rewards",
            ),
        )
        with _demo_game(key, settings.keys.public, f"http://{LOCAL}:{port}", port + 2):
            print_line(f"open {game} in a browser; stop with Ctrl-C")
            serve_pairs(store, settings, PairSettings(look_s=look_s), ports)


@contextmanager
def _demo_game(key: Ed25519PrivateKey, service_key: str, service: str, port: int) -> Iterator[None]:
    """Run the demo game's backend, a program as a studio has it, until the block ends."""
    command = [sys.executable, str(shipped("examples/demo_game/backend.py"))]
    command += ["--port", str(port), "--service", service, "--service-key", service_key]
    secret = encode_base64url(key.private_bytes_raw())
    process = subprocess.Popen(command, env={**os.environ, "DEMO_GAME_KEY": secret})
    try:
        _wait_for_game(process, f"http://{LOCAL}:{port}/coins", port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_game(process: subprocess.Popen[bytes], url: str, port: int) -> None:
    while process.poll() is None:
        try:
            httpx.get(url, timeout=1.0)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise OSError(
        f"the demo game did not start at port {port}: its message is above; is the port in use? "
        "Choose another one with --port"
    )


def print_trial(store: Store, origin: str, pool: str, title: str) -> None:
    """Register a game for trying the service with a pool, and print a launch address for it."""
    key = Ed25519PrivateKey.generate()
    game = PairGame(
        game_id="trial", title=title, origin=origin, launch_keys=[public_text(key)], pool=pool
    )
    register_pair_game(store, game)
    player, jti = secrets.token_urlsafe(), secrets.token_urlsafe()
    launch = sign_launch(key, "trial", player, jti, time.time())
    print_line(f"label here, within five minutes: {origin}/play/trial#{launch}")


def serve_pairs(
    store: Store, settings: Settings, pair_settings: PairSettings, ports: Ports
) -> None:
    """Serve the labeling game on open ports until stopped."""
    outbox = Outbox(store, settings)
    activity = pairs_activity(store, settings, pair_settings, outbox)
    serve_activities(store, settings, outbox, [activity], ports)
