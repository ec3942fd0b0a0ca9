"""Start the service with an arena: people compare pictures of several models."""

from __future__ import annotations

from pathlib import Path

from gamelabel.games.annotation.model_ranking_file import RankedModels, read_models
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_pool import load_models
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.start import print_trial, register_pair_games, serve_pairs
from gamelabel.service.serving import LOCAL, open_ports, open_service, print_line
from gamelabel.service.store import Store, explain_errors


def serve_arena(
    path: Path,
    games: Path | None = None,
    database: str = "",
    keys: Path | None = None,
    host: str = LOCAL,
    port: int = 8000,
    look_s: float = 1.0,
    minimal: bool = False,
) -> None:
    """Serve pairs of pictures of several models until stopped, and rank the models by the votes.

    Parameters
    ----------
    path : Path
        A YAML file of models, see `read_models`. Its pairs are in the pool of the file's name.
    games : Path or None
        A YAML file of games; without one, print an address at which to try the service.
    database : str
        The address of the database; by default a SQLite file in `data/runs/arena-NAME`.
    keys : Path or None
        The file of the service's keys; by default in the same folder.
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
    models = read_models(path)
    with open_ports(host, port) as ports:
        folder = Path("data/runs") / f"arena-{models.pool}"
        store, settings = open_service(folder, database, keys, minimal)
        with explain_errors(store.engine):
            arena = open_arena(store, models)
            if games:
                register_pair_games(store, games)
            else:
                print_trial(store, f"http://{host}:{port}", models.pool, models.title)
        board = f"http://{LOCAL}:{port + 1}/leaderboards/{models.pool}"
        print_line(f"leaderboard: {board}")
        serve_pairs(store, settings, PairSettings(look_s=look_s, arena=arena), ports)


def open_arena(store: Store, models: RankedModels) -> Arena:
    """Load what is new of the models into their pool, and return their ranking."""
    n_new = load_models(store, models)
    print_line(f"{n_new} pairs of two models are new in the pool {models.pool!r}")
    return Arena(store, models)
